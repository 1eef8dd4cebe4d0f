/**
 * The entries of a shared log on lin-kv, as they are stored, and as nodes hand them to each other.
 */
import * as Schema from "effect/Schema"
import * as Rpc from "./Rpc.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** Each writer numbers its entries: 1, 2, 3 … */
export const Entry = <A, I>(operation: Schema.Codec<A, I>) => Schema.Tuple([Schema.NonEmptyString, Count, operation])
export type Entry<A> = readonly [writer: string, number: number, operation: A]

/** A part of the log: its entries from position `start` on. */
export interface Segment<A> {
  readonly start: number
  readonly entries: ReadonlyArray<Entry<A>>
}

const segment = <A, I>(operation: Schema.Codec<A, I>) => ({ start: Count, entries: Schema.Array(Entry(operation)) })
export const Segment = <A, I>(operation: Schema.Codec<A, I>) => Schema.Struct(segment(operation))

/**
 * Hands entries to a node, which appends them. When they are in the log, the reply brings the sender what it lacks, as
 * far as the root holds it: the sender has executed all before `position`.
 */
export const append = <A>(operation: Schema.Codec<A, unknown>) =>
  Rpc.make("append_to_log", {
    request: { position: Count, entries: Schema.Array(Entry(operation)) },
    reply: segment(operation)
  })
