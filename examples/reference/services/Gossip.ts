import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Gossip, type Options, type Replica, type State } from "gossip-girl/services/Gossip"

/** A sum to which every node adds: each gets what any of them adds, exactly once. */
export const program = Effect.gen(function*() {
  let sum = 0
  const state: State<number> = {
    part: Schema.Int,
    snapshot: () => [sum], // for a node that lacks what all others have forgotten
    restore: () => {
      let restored = 0
      return { add: (part) => void (restored += part), install: () => void (sum = restored) }
    }
  }
  const options: Options<number, number> = { state, onDelivery: (entry) => void (sum += entry.operation) }
  const gossip = yield* Gossip
  const replica: Replica<number> = yield* gossip.join(Schema.Int, options)
  yield* replica.publish(5)
  return yield* replica.read(() => sum)
})

export const star = Effect.provide(program, Gossip.layerStar)
