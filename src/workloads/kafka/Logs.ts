/**
 * What a history tells of the log of each key: which messages there are, at which offsets, and who knew of them when.
 *
 * An offset **exists** if a send was told it or a poll that was ok shows it. What exists, exists from the beginning on,
 * whenever it became known. A message is **excused** if it is gone together with every node that is known to have had it
 * (see Lives); an offset that holds nothing else does not exist, and may be used again.
 *
 * An offset is **demanded** of polls if it exists and its message is not to blame for something else: one that nobody ever
 * polled is lost, and one that was never sent, or refused, should not be there at all.
 *
 * One pass over the history, and a sort of the offsets of each key.
 */
import type { NodeId } from "../../schema/Address.ts"
import * as Json from "../../schema/Json.ts"
import type { Event } from "../history/History.ts"
import type { Lives } from "../history/Lives.ts"
import { type Completed, type Operations, outcome, walk } from "../history/Operations.ts"
import { asked, end, isPoll, isSend, polled, sent } from "./KafkaHistory.ts"

/** One message of one poll. */
export interface Sighting {
  readonly key: string
  readonly msg: Json.Json
  readonly offset: number
  /** The end of the poll. */
  readonly poll: Event
}

/** The offset of a message, and the event by which a client first learned it. */
export interface Place {
  readonly offset: number
  readonly event: Event
}

/** A message that a client tried to send, or that a poll has. */
export interface Message {
  readonly key: string
  readonly msg: Json.Json
  /** Whether some send of the message was not refused. */
  readonly possible: boolean
  readonly acknowledged: Event | undefined
  readonly known: Event | undefined
  readonly places: ReadonlyArray<Place>
  readonly firstPoll: Sighting | undefined
  /** Whether a poll had the message before any client had sent it. */
  readonly isInvented: boolean
  readonly excused: boolean
}

export interface Log {
  readonly key: string
  readonly messages: ReadonlyMap<Json.Json, Message>
  readonly at: ReadonlyMap<number, ReadonlyArray<Message>>
  /** The offsets from which on polls answered nothing, each with the beginning of the last poll that did. */
  readonly empty: ReadonlyMap<number, Event>
  /** How far each node got at the end. */
  readonly shown: ReadonlyMap<NodeId, number>
  readonly highest: Sighting | undefined
  /** The offsets that exist, in ascending order. */
  readonly existing: ReadonlyArray<number>
  /** Those offsets that polls have to show. */
  readonly demanded: ReadonlyArray<number>
  /** Whether some messages are gone, and kills excuse that. */
  readonly hasExcused: boolean
}

export interface Logs {
  readonly all: ReadonlyArray<Log>
  readonly of: (key: string) => Log | undefined
  readonly message: (key: string, msg: Json.Json) => Message | undefined
}

/** A log while the history is being read. */
interface Entry extends Message {
  isSent: boolean
  possible: boolean
  acknowledged: Event | undefined
  known: Event | undefined
  readonly places: Array<Place>
  firstPoll: Sighting | undefined
  isInvented: boolean
  /** Whether a poll at the end shows the message. */
  isThereAtEnd: boolean
  /** Whether some node that had the message has it still. */
  isKept: boolean
  excused: boolean
}

interface Draft extends Log {
  readonly messages: Map<Json.Json, Entry>
  readonly at: Map<number, Array<Entry>>
  readonly empty: Map<number, Event>
  readonly shown: Map<NodeId, number>
  highest: Sighting | undefined
  existing: ReadonlyArray<number>
  demanded: ReadonlyArray<number>
  hasExcused: boolean
}

export const identity = (msg: Json.Json): Json.Json =>
  typeof msg === "object" && msg !== null ? Json.canonical(msg) : msg

const drafts = () => {
  const all = new Map<string, Draft>()
  const logOf = (key: string): Draft => {
    let log = all.get(key)
    if (log === undefined) {
      const nothing = { highest: undefined, existing: [], demanded: [], hasExcused: false }
      log = { key, messages: new Map(), at: new Map(), empty: new Map(), shown: new Map(), ...nothing }
      all.set(key, log)
    }
    return log
  }
  const entryOf = ({ key, messages }: Draft, msg: Json.Json): Entry => {
    const id = identity(msg)
    let entry = messages.get(id)
    if (entry === undefined) {
      entry = {
        key,
        msg,
        isSent: false,
        possible: false,
        acknowledged: undefined,
        known: undefined,
        places: [],
        firstPoll: undefined,
        isInvented: false,
        isThereAtEnd: false,
        isKept: false,
        excused: false
      }
      messages.set(id, entry)
    }
    return entry
  }
  return { all, logOf, entryOf }
}

/** Whether some client has been told that the message is there. */
const place = (log: Draft, entry: Entry, offset: number, event: Event): void => {
  entry.known ??= event
  if (entry.places.some((place) => place.offset === offset)) return
  entry.places.push({ offset, event })
  const there = log.at.get(offset)
  if (there === undefined) log.at.set(offset, [entry])
  else there.push(entry)
}

const isDemanded = ({ excused, firstPoll, isInvented, possible }: Message): boolean =>
  !excused && firstPoll !== undefined && possible && !isInvented

/** What is gone with those who had it, and what exists without it. */
const settle = (logs: Iterable<Draft>): void => {
  for (const log of logs) {
    for (const entry of log.messages.values()) {
      entry.excused = entry.known !== undefined && !entry.isThereAtEnd && !entry.isKept
      log.hasExcused ||= entry.excused
    }
    const offsets = (those: (message: Message) => boolean): ReadonlyArray<number> =>
      [...log.at].filter(([, there]) => there.some(those)).map(([offset]) => offset).toSorted((a, b) => a - b)
    log.existing = offsets(({ excused }) => !excused)
    log.demanded = offsets(isDemanded)
  }
}

export const make = (operations: Operations, lives: Lives): Logs => {
  const { all, entryOf, logOf } = drafts()

  const endSend = ({ completion, invoke }: Completed): void => {
    if (completion.type !== "ok") return
    const { key, msg } = sent(invoke)
    const log = logOf(key)
    const entry = entryOf(log, msg)
    entry.acknowledged ??= completion
    entry.isKept ||= lives.keeps(invoke)
    place(log, entry, sent(completion).offset, completion)
  }

  /** What a poll shows of a key. */
  const show = (
    log: Draft,
    pairs: ReadonlyArray<readonly [number, Json.Json]>,
    { completion, invoke }: Completed
  ): void => {
    const isKept = lives.keeps(invoke)
    for (const [offset, msg] of pairs) {
      const entry = entryOf(log, msg)
      const sighting = (): Sighting => ({ key: log.key, msg, offset, poll: completion })
      if (entry.firstPoll === undefined) {
        entry.firstPoll = sighting()
        entry.isInvented = !entry.isSent
      }
      if (invoke.f === "final-poll") entry.isThereAtEnd = true
      entry.isKept ||= isKept
      if (log.highest === undefined || offset > log.highest.offset) log.highest = sighting()
      place(log, entry, offset, completion)
    }
  }

  const endPoll = (operation: Completed): void => {
    const { completion, invoke } = operation
    const answer = polled(completion)
    for (const key in answer) if (answer[key]!.length > 0) show(logOf(key), answer[key]!, operation)
    const from = asked(invoke)
    for (const key in from) {
      const { empty, shown } = logOf(key)
      const next = end(from[key]!, answer[key])
      if (invoke.f !== "final-poll") {
        if (next === from[key] && (empty.get(next)?.index ?? -1) < invoke.index) empty.set(next, invoke)
      } else if (invoke.node !== undefined) {
        shown.set(invoke.node, Math.max(shown.get(invoke.node) ?? 0, next))
      }
    }
  }

  walk(operations, {
    begin: (operation) => {
      const { invoke } = operation
      if (!isSend(invoke)) return
      const entry = entryOf(logOf(sent(invoke).key), sent(invoke).msg)
      entry.isSent = true
      entry.possible ||= outcome(operation) !== "fail"
    },
    end: (operation) => {
      if (isSend(operation.invoke)) endSend(operation)
      else if (isPoll(operation.invoke) && operation.completion.type === "ok") endPoll(operation)
    }
  })
  settle(all.values())
  return {
    all: [...all.values()],
    of: (key) => all.get(key),
    message: (key, msg) => all.get(key)?.messages.get(identity(msg))
  }
}
