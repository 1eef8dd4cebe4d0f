/**
 * Sums that are exact however large they grow, and what can be said of them in JSON: as JavaScript reads its numbers,
 * whole ones up to 2^53 − 1, either way. A sum beyond is refused with a definite error rather than rounded.
 */
import * as Effect from "effect/Effect"
import * as ProtocolError from "./ProtocolError.ts"

const limit = BigInt(Number.MAX_SAFE_INTEGER)

const magnitude = (sum: bigint): bigint => sum < 0n ? -sum : sum

const beyond = Effect.fail(new ProtocolError.Abort({ text: "the sum is beyond 2^53 - 1" }))

/** The sum, if it can be said. */
export const say = (sum: bigint): Effect.Effect<number, ProtocolError.Abort> =>
  magnitude(sum) > limit ? beyond : Effect.succeed(Number(sum))

/** Refuses a delta that would take the sum beyond what can be said, or farther beyond. */
export const admit = (sum: bigint, delta: number): Effect.Effect<void, ProtocolError.Abort> => {
  const next = magnitude(sum + BigInt(delta))
  return next > limit && next > magnitude(sum) ? beyond : Effect.void
}
