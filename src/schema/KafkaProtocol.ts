/**
 * Challenge 5: logs, one for each key, to which anybody appends and which anybody reads from an offset on.
 */
import * as Schema from "effect/Schema"
import { Json } from "./Json.ts"
import * as Rpc from "./Rpc.ts"

/** The place of a message in the log of its key. Not every offset need hold one. */
export const Offset = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).pipe(Schema.brand("Offset"))
export type Offset = typeof Offset.Type

export const Offsets = Schema.Record(Schema.String, Offset)
export type Offsets = typeof Offsets.Type

export const Send = Rpc.make("send", { request: { key: Schema.String, msg: Json }, reply: { offset: Offset } })

/** What the logs hold from these offsets on, as far as the node likes to say. A key that has nothing is left out, or `null`. */
export const Poll = Rpc.make("poll", {
  request: { offsets: Offsets },
  reply: { msgs: Schema.Record(Schema.String, Schema.NullOr(Schema.Array(Schema.Tuple([Offset, Json])))) }
})

/** All up to and with these offsets has been processed. */
export const CommitOffsets = Rpc.make("commit_offsets", { request: { offsets: Offsets } })

/** A key of which nothing is committed is left out. */
export const ListCommittedOffsets = Rpc.make("list_committed_offsets", {
  request: { keys: Schema.Array(Schema.String) },
  reply: { offsets: Offsets }
})

export const KafkaProtocol = [Send, Poll, CommitOffsets, ListCommittedOffsets] as const
