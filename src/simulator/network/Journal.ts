/**
 * Every message of a run: from whom to whom, what it was, when it was sent, and what became of it.
 *
 * It costs memory, so a run keeps one only when it is told to. It is bounded: it keeps the first {@link limit} messages,
 * of {@link characterLimit} characters together, from sending to end, and of the others no more than their number. While
 * a run goes on, it keeps lines as they are; what they say is read when somebody asks.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Address } from "../../schema/Address.ts"
import * as Envelope from "../../schema/Envelope.ts"
import * as ExactNumbers from "../../workloads/history/ExactNumbers.ts"

/**
 * What became of a message.
 *
 * - `delivered`: it came to its receiver's address. Whether a process lives there, the network does not know.
 * - `cut`: dropped at its receiver by a partition.
 * - `lost`: dropped on its way, by chance.
 * - `nobody`: nobody had that address, when it was sent or when it arrived.
 * - `under way`: the run ended first.
 */
export const Fate = Schema.Literals(["delivered", "cut", "lost", "nobody", "under way"])
export type Fate = typeof Fate.Type

/**
 * Times are in ms since the run began, as in the history: what came before, such as `init`, is below 0. `ended` is when
 * its fate was decided. `size` is in bytes, with its newline. A message that the network delivers twice is two entries
 * with the same id. `body` is the text of the rest of the body. The `type` is `?` where a line says none.
 */
export const Message = Schema.Struct({
  id: Schema.Int,
  src: Address,
  dest: Address,
  type: Schema.String,
  msg_id: Schema.optionalKey(Schema.Int),
  in_reply_to: Schema.optionalKey(Schema.Int),
  size: Schema.Int,
  sent: Schema.Finite,
  ended: Schema.optionalKey(Schema.Finite),
  fate: Fate,
  body: Schema.String
})
export type Message = typeof Message.Type

/** The messages of a run, as its journal holds them in the end. */
export interface Messages {
  /** Messages, in the order in which they were sent. */
  readonly messages: ReadonlyArray<Message>
  /**
   * How many more messages were sent, of which the journal keeps nothing; a message that was delivered twice counts
   * once.
   */
  readonly unrecorded: number
}

/** Where a message stands in a journal; below 0 if it is not in there. */
export type Place = number

export interface Journal {
  readonly send: (src: Address, dest: Address, line: string, size: number) => Place
  /** The same message once more: the network delivers it twice. */
  readonly copy: (place: Place) => Place
  readonly end: (place: Place, fate: Exclude<Fate, "under way">) => void
  /** The run begins: times are counted from here. */
  readonly begin: () => void
  readonly messages: () => Messages
}

/** How many messages a journal keeps: more than any of fly.io's challenges needs. */
export const limit = 200_000

/** How many characters of lines it keeps. */
export const characterLimit = 1 << 26

const integer = <K extends string>(key: K, value: unknown): { readonly [_ in K]?: number } =>
  // a computed key is no literal type
  typeof value === "number" && Number.isSafeInteger(value) ? { [key]: value } as { readonly [_ in K]: number } : {}

/** What a line says as a message, as far as it can be read. */
const read = (line: string): Pick<Message, "type" | "msg_id" | "in_reply_to" | "body"> => {
  const envelope = Envelope.decode(line)
  if (Result.isFailure(envelope)) return { type: "?", body: line }
  const { in_reply_to, msg_id, type, ...rest } = envelope.success.body
  return {
    type: typeof type === "string" ? type : "?",
    ...integer("msg_id", msg_id),
    ...integer("in_reply_to", in_reply_to),
    body: ExactNumbers.text(rest)
  }
}

interface Draft {
  readonly id: number
  readonly src: Address
  readonly dest: Address
  readonly line: string
  readonly size: number
  readonly sent: number
  ended: number | undefined
  fate: Fate
}

/** `now` is in ms. */
export const make = (now: () => number, keep = limit, keepCharacters = characterLimit): Journal => {
  const drafts: Array<Draft> = []
  let characters = 0
  let unrecorded = 0
  let begun = 0

  const add = (draft: Draft): Place => {
    characters += draft.line.length
    if (drafts.length < keep && characters <= keepCharacters) return drafts.push(draft) - 1
    unrecorded++
    return -1
  }
  const sinceBeginning = (time: number): number => Math.round((time - begun) * 1000) / 1000

  return {
    send: (src, dest, line, size) =>
      add({ id: drafts.length, src, dest, line, size, sent: now(), ended: undefined, fate: "under way" }),
    copy: (place) => {
      const draft = drafts[place]
      return draft === undefined ? -1 : add({ ...draft, ended: undefined, fate: "under way" })
    },
    end: (place, fate) => {
      const draft = drafts[place]
      if (draft === undefined) return
      draft.fate = fate
      draft.ended = now()
    },
    begin: () => {
      begun = now()
    },
    messages: () => ({
      messages: drafts.map(({ dest, ended, fate, id, line, sent, size, src }): Message => ({
        id,
        src,
        dest,
        ...read(line),
        size,
        sent: sinceBeginning(sent),
        ...ended !== undefined && { ended: sinceBeginning(ended) },
        fate
      })),
      unrecorded
    })
  }
}

/** The last line, if not all messages are there. */
const Rest = Schema.Struct({ unrecorded: Schema.Int })

const Line = Schema.fromJsonString(Schema.Union([Message, Rest]))
const encodeLine = Schema.encodeSync(Line)
const decodeLine = Schema.decodeUnknownResult(Line)

/** One JSON object a line, each made when it is asked for. */
export const lines = function*({ messages, unrecorded }: Messages): Iterable<string> {
  for (const message of messages) yield `${encodeLine(message)}\n`
  if (unrecorded > 0) yield `${encodeLine({ unrecorded })}\n`
}

/** Reads {@link lines}, with or without their ends. */
export const fromLines = (lines: ReadonlyArray<string>): Result.Result<Messages, Schema.SchemaError> =>
  Result.gen(function*() {
    const messages: Array<Message> = []
    let unrecorded = 0
    for (const line of lines) {
      if (line === "") continue
      const decoded = yield* decodeLine(line)
      if ("unrecorded" in decoded) unrecorded = decoded.unrecorded
      else messages.push(decoded)
    }
    return { messages, unrecorded }
  })
