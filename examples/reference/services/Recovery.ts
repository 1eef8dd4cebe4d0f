import * as Effect from "effect/Effect"
import type { Replica } from "gossip-girl/services/Gossip"
import * as Recovery from "gossip-girl/services/Recovery"

/** No answer before this life has what earlier lives of the node may have shown. */
export const guarded = (replica: Replica<number>, answer: Effect.Effect<number>) =>
  Effect.gen(function*() {
    const recovery: Recovery.Recovery = yield* Recovery.make(replica)
    yield* recovery.ready // at the latest after seven seconds
    return yield* recovery.guard(() => answer) // refused with error 11 while not all peers have been reached
  })
