import * as Effect from "effect/Effect"
import { Timestamps } from "gossip-girl/services/Timestamps"

/** Greater than whatever any node got before. */
export const timestamp = Effect.gen(function*() {
  const timestamps = yield* Timestamps
  return yield* timestamps.next
}).pipe(Effect.provide(Timestamps.layer))
