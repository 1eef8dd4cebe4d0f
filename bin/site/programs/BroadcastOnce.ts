/** Tells every other node what it hears from a client, once. */
import * as Effect from "effect/Effect"
import { BroadcastProtocol } from "../../../src/schema/BroadcastProtocol.ts"
import { Json } from "../../../src/schema/Json.ts"
import * as Rpc from "../../../src/schema/Rpc.ts"
import { Node } from "../../../src/services/node/Node.ts"
import { Peers } from "../../../src/services/node/Peers.ts"

const Tell = Rpc.make("tell", { request: { message: Json } })

export const BroadcastOnce = Effect.gen(function*() {
  const node = yield* Node
  const peers = yield* Peers
  const seen = new Set<Json>()

  yield* peers.handle([Tell], {
    tell: ({ message }) => Effect.sync(() => (seen.add(message), {}))
  })
  yield* node.serve(BroadcastProtocol, {
    topology: () => Effect.succeed({}),
    broadcast: ({ message }) => {
      seen.add(message)
      return Effect.as(Effect.forEach(peers.ids, (peer) => peers.send(peer, Tell, { message })), {})
    },
    read: () => Effect.sync(() => ({ messages: [...seen] }))
  })
})
