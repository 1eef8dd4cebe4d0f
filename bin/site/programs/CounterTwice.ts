/** Tells every other node what is added, again until it says that it has heard. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { CounterProtocol, Delta } from "../../../src/schema/CounterProtocol.ts"
import * as Rpc from "../../../src/schema/Rpc.ts"
import { Node } from "../../../src/services/node/Node.ts"
import { Peers } from "../../../src/services/node/Peers.ts"
import { Timers } from "../../../src/services/node/Timers.ts"

const Tell = Rpc.make("tell", { request: { delta: Delta } })

export const CounterTwice = Effect.gen(function*() {
  const node = yield* Node
  const peers = yield* Peers
  const timers = yield* Timers
  let sum = 0

  const tell = (delta: number) =>
    Effect.forEach(
      peers.ids,
      (peer) =>
        timers.after(
          0,
          peers.ask(peer, Tell, { delta }).pipe(Effect.retry(Schedule.spaced("100 millis")), Effect.ignore)
        )
    )

  yield* peers.handle([Tell], {
    tell: ({ delta }) => Effect.sync(() => (sum += delta, {}))
  })
  yield* node.serve(CounterProtocol(Delta), {
    add: ({ delta }) => {
      sum += delta
      return Effect.as(tell(delta), {})
    },
    read: () => Effect.sync(() => ({ value: sum }))
  })
})
