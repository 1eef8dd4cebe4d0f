/**
 * What happened in a run, as its clients and its nemesis saw it: the one thing that checkers judge.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { NodeId } from "../../schema/Address.ts"
import { Json } from "../../schema/Json.ts"
import * as ExactNumbers from "./ExactNumbers.ts"

/**
 * Why an operation did not succeed.
 *
 * - `Refused`: the node said so, with an error.
 * - `NoReply`: no reply came in time. `stray` is what the node sent to the client instead, which answers nothing that it
 *   had asked: else a node that mistakes `in_reply_to` looks like a silent one. A late reply is no such thing.
 * - `Malformed`: the reply is none, for an unexpected field, or as a whole. `form` is what it should be like.
 */
export const Failure = Schema.Union([
  Schema.Struct({
    _tag: Schema.tag("Refused"),
    name: Schema.String,
    code: Schema.Int,
    text: Schema.String
  }),
  Schema.Struct({
    _tag: Schema.tag("NoReply"),
    stray: Schema.optionalKey(Schema.Struct({
      src: Schema.String,
      dest: Schema.String,
      type: Schema.String,
      inReplyTo: Schema.optionalKey(Json),
      expected: Schema.Int
    }))
  }),
  Schema.Struct({
    _tag: Schema.tag("Malformed"),
    field: Schema.optionalKey(Schema.String),
    reply: Schema.optionalKey(Schema.String),
    form: Schema.optionalKey(Schema.String)
  })
])
export type Failure = typeof Failure.Type

/**
 * Every operation begins with `invoke` and ends with `ok` (it happened), `fail` (it did not) or `info` (nobody knows).
 * What the nemesis does is `info`, and so is the crash of a client on purpose. `time` is in ms since the run began.
 * `node` is whom an `invoke` asks. `tries` is how often it was asked until this came of it, if more than once.
 */
export const Event = Schema.Struct({
  index: Schema.Int,
  time: Schema.Number,
  process: Schema.Union([Schema.Int, Schema.Literal("nemesis")]),
  type: Schema.Literals(["invoke", "ok", "fail", "info"]),
  f: Schema.String,
  value: Json,
  error: Schema.optionalKey(Failure),
  node: Schema.optionalKey(NodeId),
  tries: Schema.optionalKey(Schema.Int)
})
export type Event = typeof Event.Type

export type History = ReadonlyArray<Event>

/** The time between two events, as Maelstrom tells it: in whole ms, rounded down. Times are in whole microseconds. */
export const elapsed = (from: Event, to: Event): number =>
  Math.max(0, Math.floor((Math.round(to.time * 1000) - Math.round(from.time * 1000)) / 1000))

const encodeEvent = Schema.encodeSync(Event)

/** One JSON object a line, each made when it is asked for: all of them together may be longer than a string can be. */
export const lines = function*(history: History): Iterable<string> {
  for (const event of history) yield `${ExactNumbers.text(encodeEvent(event))}\n`
}

/** These lines in one text. */
export const toText = (history: History): string => [...lines(history)].join("")

const decodeEvent = Schema.decodeUnknownResult(Schema.fromJsonString(Event))

/** Reads {@link lines}, with or without their ends. */
export const fromLines = (lines: ReadonlyArray<string>): Result.Result<History, Schema.SchemaError> =>
  Result.all(lines.filter((line) => line !== "").map((line) => decodeEvent(ExactNumbers.read(line))))
