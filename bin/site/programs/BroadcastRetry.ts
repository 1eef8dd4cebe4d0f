/** Tells every other node, again and again until it says that it has heard: right, for two messages a node and value. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { BroadcastProtocol } from "../../../src/schema/BroadcastProtocol.ts"
import { Json } from "../../../src/schema/Json.ts"
import * as Rpc from "../../../src/schema/Rpc.ts"
import { Node } from "../../../src/services/node/Node.ts"
import { Peers } from "../../../src/services/node/Peers.ts"
import { Timers } from "../../../src/services/node/Timers.ts"

const Tell = Rpc.make("tell", { request: { message: Json } })

export const BroadcastRetry = Effect.gen(function*() {
  const node = yield* Node
  const peers = yield* Peers
  const timers = yield* Timers
  const seen = new Set<Json>()

  const tell = (message: Json) =>
    Effect.forEach(
      peers.ids,
      (peer) =>
        timers.after(
          0,
          peers.ask(peer, Tell, { message }).pipe(Effect.retry(Schedule.spaced("100 millis")), Effect.ignore)
        )
    )

  yield* peers.handle([Tell], {
    tell: ({ message }) => Effect.sync(() => (seen.add(message), {}))
  })
  yield* node.serve(BroadcastProtocol, {
    topology: () => Effect.succeed({}),
    broadcast: ({ message }) => {
      seen.add(message)
      return Effect.as(tell(message), {})
    },
    read: () => Effect.sync(() => ({ messages: [...seen] }))
  })
})
