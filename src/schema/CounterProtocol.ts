/**
 * Challenge 4 and its sibling: a counter to which anybody adds. What is added to a grow-only counter is not negative.
 */
import * as Schema from "effect/Schema"
import * as Rpc from "./Rpc.ts"

export const Delta = Schema.Int
export const GrowOnlyDelta = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** The counter of what this schema lets through. */
export const CounterProtocol = (delta: Schema.Codec<number>) =>
  [
    Rpc.make("add", { request: { delta } }),
    Rpc.make("read", { reply: { value: Schema.Int } })
  ] as const
