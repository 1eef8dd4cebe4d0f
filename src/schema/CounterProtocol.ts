/**
 * Challenge 4, and a counter that goes both ways: clients add a delta at any node. A delta to a grow-only counter is
 * not negative.
 */
import * as Schema from "effect/Schema"
import * as Rpc from "./Rpc.ts"

export const Delta = Schema.Int
export const GrowOnlyDelta = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** The protocol of a counter that takes these deltas. */
export const CounterProtocol = (delta: Schema.Codec<number>) =>
  [
    Rpc.make("add", { request: { delta } }),
    Rpc.make("read", { reply: { value: Schema.Int } })
  ] as const
