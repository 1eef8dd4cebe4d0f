/**
 * The entries of a shared log, as they are stored and as nodes hand them to each other.
 */
import * as Schema from "effect/Schema"
import * as Rpc from "./Rpc.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** Each writer numbers its entries: 1, 2, 3 … */
export const Entry = <A, I>(operation: Schema.Codec<A, I>) => Schema.Tuple([Schema.NonEmptyString, Count, operation])
export type Entry<A> = readonly [writer: string, number: number, operation: A]

/** The entries from position `start` on. */
export interface Segment<A> {
  readonly start: number
  readonly entries: ReadonlyArray<Entry<A>>
}

const segment = <A, I>(operation: Schema.Codec<A, I>) => ({ start: Count, entries: Schema.Array(Entry(operation)) })
export const Segment = <A, I>(operation: Schema.Codec<A, I>) => Schema.Struct(segment(operation))

/**
 * Please see to it that these entries get into the log; answered, when they are there, by what the sender lacks: it has
 * all before `position`.
 */
export const append = <A>(operation: Schema.Codec<A, unknown>) =>
  Rpc.make("append_to_log", {
    request: { position: Count, entries: Schema.Array(Entry(operation)) },
    reply: segment(operation)
  })
