/**
 * Challenge 5: a log for each key, to which clients append messages, and which they read from an offset on.
 */
import * as Schema from "effect/Schema"
import { Json } from "./Json.ts"
import * as Rpc from "./Rpc.ts"

/** The place of a message in the log of its key. A log may have offsets without a message. */
export const Offset = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).pipe(Schema.brand("Offset"))
export type Offset = typeof Offset.Type

export const Offsets = Schema.Record(Schema.String, Offset)
export type Offsets = typeof Offsets.Type

export const Send = Rpc.make("send", { request: { key: Schema.String, msg: Json }, reply: { offset: Offset } })

/**
 * Asks for the messages of these keys, from these offsets on. The node may answer with fewer than it has. A key without
 * messages is left out, or `null`.
 */
export const Poll = Rpc.make("poll", {
  request: { offsets: Offsets },
  reply: { msgs: Schema.Record(Schema.String, Schema.NullOr(Schema.Array(Schema.Tuple([Offset, Json])))) }
})

/** Says that all messages up to these offsets, inclusive, have been processed. */
export const CommitOffsets = Rpc.make("commit_offsets", { request: { offsets: Offsets } })

/** Asks for the highest committed offsets. A key of which nothing is committed is left out. */
export const ListCommittedOffsets = Rpc.make("list_committed_offsets", {
  request: { keys: Schema.Array(Schema.String) },
  reply: { offsets: Offsets }
})

export const KafkaProtocol = [Send, Poll, CommitOffsets, ListCommittedOffsets] as const
