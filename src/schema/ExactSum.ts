/**
 * Sums that are exact, however large they grow. JavaScript reads whole numbers from JSON exactly only up to 2^53 − 1,
 * either way; so a sum beyond that is refused with a definite error, and not rounded.
 */
import * as Effect from "effect/Effect"
import * as ProtocolError from "./ProtocolError.ts"

const limit = BigInt(Number.MAX_SAFE_INTEGER)

const magnitude = (sum: bigint): bigint => sum < 0n ? -sum : sum

const beyond = Effect.fail(new ProtocolError.Abort({ text: "the sum is beyond 2^53 - 1" }))

/** The sum as a number, if it is one that JSON holds exactly. */
export const say = (sum: bigint): Effect.Effect<number, ProtocolError.Abort> =>
  magnitude(sum) > limit ? beyond : Effect.succeed(Number(sum))

/** Refuses a delta that would take the sum beyond what JSON holds exactly, or farther beyond. */
export const admit = (sum: bigint, delta: number): Effect.Effect<void, ProtocolError.Abort> => {
  const next = magnitude(sum + BigInt(delta))
  return next > limit && next > magnitude(sum) ? beyond : Effect.void
}
