/**
 * What is wrong with the order of what was polled: within a poll, and from one poll of a process to its next.
 *
 * A process goes on from where it was. An assign ends that for the keys that it drops. What is asked of a poll is a rank
 * among the offsets of a key, so each takes a search for each message that it shows.
 *
 * Where a message is excused, since it is gone with all who had it, nothing is said of what comes right before and after
 * it: the log that it stood in is not the one that is there now.
 */
import type { Json } from "../../schema/Json.ts"
import type { Event } from "../history/History.ts"
import { type Operations, walk } from "../history/Operations.ts"
import { rank } from "../history/Sorted.ts"
import { asked, isAssign, isPoll, keysOf, polled } from "./KafkaHistory.ts"
import { identity, type Log, type Logs, type Sighting } from "./Logs.ts"

/** What one poll shows of one key. */
export interface Reading {
  readonly log: Log
  /** The end of the poll. */
  readonly poll: Event
  readonly pairs: ReadonlyArray<readonly [offset: number, msg: Json]>
  /** The offset from which on the poll asked for this key, if it asked for it. */
  readonly from: number | undefined
  /** The offset at which the process of the poll had left off. */
  readonly last: Left | undefined
}

interface Left {
  readonly offset: number
  readonly msg: Json
  readonly poll: Event
}

/** The ends of two operations that contradict each other. */
export interface Conflict {
  readonly key: string
  readonly offset: number
  readonly event: Event
  readonly formerOffset: number
  readonly former: Event
}

/** Offsets that exist, and that a poll left out. */
export interface Skip {
  readonly key: string
  /** How many offsets, and the first of them. */
  readonly count: number
  readonly skipped: number
  /** The event by which a client first learned of that offset. */
  readonly known: Event
  /** The offset that comes instead. */
  readonly offset: number
  readonly poll: Event
}

/** Readings, in the order in which the polls ended. */
export const make = (operations: Operations, logs: Logs): ReadonlyArray<Reading> => {
  const readings: Array<Reading> = []
  const positions = new Map<Event["process"], Map<string, Left>>()
  walk(operations, {
    end: ({ completion, invoke }) => {
      if (completion.type !== "ok") return
      const own = positions.get(completion.process) ?? new Map<string, Left>()
      positions.set(completion.process, own)
      if (isAssign(invoke)) {
        const assigned = new Set(keysOf(invoke))
        for (const key of own.keys()) if (!assigned.has(key)) own.delete(key)
      } else if (isPoll(invoke)) {
        const answer = polled(completion)
        for (const key in answer) {
          const pairs = answer[key]!
          const log = logs.of(key)
          if (pairs.length === 0 || log === undefined) continue
          readings.push({ log, poll: completion, pairs, from: asked(invoke)[key], last: own.get(key) })
          const [offset, msg] = pairs.at(-1)!
          own.set(key, { offset, msg, poll: completion })
        }
      }
    }
  })
  return readings
}

type Pair = Reading["pairs"][number]

const isExcused = ({ hasExcused, messages }: Log, msg: Json): boolean =>
  hasExcused && messages.get(identity(msg))?.excused === true

/** The offsets of which a poll shows all messages, if elsewhere: it gets them in another order, or twice. */
const elsewhere = ({ log: { at, messages }, pairs }: Reading): ReadonlySet<number> => {
  const shown = new Set(pairs.map(([, msg]) => messages.get(identity(msg))))
  const offsets = [...shown].flatMap((message) => message?.places ?? []).map(({ offset }) => offset)
  return new Set(offsets.filter((offset) => at.get(offset)!.every((message) => shown.has(message))))
}

/** What polls have to show from `start` on and before a message, and this one does not. */
const skip = (reading: Reading, start: number, [offset, msg]: Pair): ReadonlyArray<Skip> => {
  const { log, poll } = reading
  const first = rank(log.demanded, start)
  const end = rank(log.demanded, offset)
  if (end <= first || isExcused(log, msg)) return []
  const other = elsewhere(reading)
  const left = log.demanded.slice(first, end).filter((skipped) => !other.has(skipped))
  const [skipped] = left
  return skipped === undefined
    ? []
    : [{ key: log.key, count: left.length, skipped, known: log.at.get(skipped)![0]!.known!, offset, poll }]
}

/** Each message of a poll with the one before it. */
const pairwise = <A>(
  { pairs }: Reading,
  compare: (former: Pair, pair: Pair) => ReadonlyArray<A>
): ReadonlyArray<A> => {
  const found: Array<A> = []
  for (let i = 1; i < pairs.length; i++) found.push(...compare(pairs[i - 1]!, pairs[i]!))
  return found
}

/** **Nonmonotonic within a poll**: an offset that is not above the one before it. (Jepsen: `int-nonmonotonic-poll`.) */
export const nonmonotonicWithin = (reading: Reading): ReadonlyArray<Conflict> =>
  pairwise(reading, ([formerOffset], [offset]) => {
    const { log: { key }, poll } = reading
    return offset > formerOffset ? [] : [{ key, offset, event: poll, formerOffset, former: poll }]
  })

/** **Skipped within a poll**: between two messages there is one that polls have to show. (Jepsen: `int-poll-skip`.) */
export const skippedWithin = (reading: Reading): ReadonlyArray<Skip> =>
  pairwise(reading, ([former, msg], pair) => isExcused(reading.log, msg) ? [] : skip(reading, former + 1, pair))

/** Where its process had left off, unless what it had got there is gone and excused. */
const leftOff = ({ last, log }: Reading): Left | undefined =>
  last === undefined || isExcused(log, last.msg) ? undefined : last

/** **Nonmonotonic polls**: a process gets what it had got, or what is below. (Jepsen: `nonmonotonic-poll`.) */
export const nonmonotonicPolls = (reading: Reading): ReadonlyArray<Conflict> => {
  const { log: { key }, pairs, poll } = reading
  const last = leftOff(reading)
  const [offset] = pairs[0]!
  return last === undefined || offset > last.offset
    ? []
    : [{ key, offset, event: poll, formerOffset: last.offset, former: last.poll }]
}

/** **Skipped by a poll**: between what a process had got, and what it gets next. (Jepsen: `poll-skip`.) */
export const skippedBetween = (reading: Reading): ReadonlyArray<Skip> => {
  const last = leftOff(reading)
  return last === undefined ? [] : skip(reading, last.offset + 1, reading.pairs[0]!)
}

/**
 * **Skipped from where it asked**: from the offset on that the poll asked for, and before the first that it shows. It is
 * the first of its process, or the process had not come that far: else the polls between are to blame.
 */
export const skippedFromStart = (reading: Reading): ReadonlyArray<Skip> => {
  const { from, last, pairs } = reading
  return from === undefined || skippedBetween(reading).length > 0 || (last !== undefined && last.offset < from)
    ? []
    : skip(reading, from, pairs[0]!)
}

/** A message that a poll did not ask for. */
export interface Unasked extends Sighting {
  /** The offset that it asked for, if it asked for the key. */
  readonly from: number | undefined
}

/** **Not asked for**: a key that the poll did not ask for, or less than the offset that it did. */
export const unasked = (reading: Reading): ReadonlyArray<Unasked> => {
  const { from, log: { key }, pairs, poll } = reading
  const [offset, msg] = pairs[0]!
  return (from !== undefined && offset >= from) || nonmonotonicPolls(reading).length > 0
    ? []
    : [{ key, msg, offset, poll, from }]
}
