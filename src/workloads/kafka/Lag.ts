/**
 * How fresh polls are, which is no fault: an answer may always be less than there is.
 *
 * A poll **lacks** a message if it begins when it is known, asks for its key from its offset or from below, and answers
 * nothing of the key at all. (One that answers something may just be a batch.) What is polled at the end, from the
 * beginning on, does not count.
 */
import { elapsed, type Event } from "../history/History.ts"
import { rank } from "../history/Sorted.ts"
import type { Log, Message } from "./Logs.ts"

/** The poll that lacks what had been known for longest. */
export interface Lag {
  readonly key: string
  /** The offset from which on the poll asked, and got nothing. */
  readonly offset: number
  readonly poll: Event
  /** How long the message had been known, in ms. */
  readonly lag: number
}

/** By rank among the offsets that exist: since when anything there or above has been known. */
const knownSince = ({ at, existing }: Log): ReadonlyArray<Event> => {
  const since: Array<Event> = []
  for (let i = existing.length - 1; i >= 0; i--) {
    for (const { known } of at.get(existing[i]!)!) {
      const earliest = since[i] ?? since[i + 1]
      since[i] = earliest !== undefined && earliest.index < known!.index ? earliest : known!
    }
  }
  return since
}

/** **Realtime lag**: for how long the oldest message that a poll lacks has been known. */
export const worst = (logs: Iterable<Log>): Lag | undefined => {
  let worst: Lag | undefined
  for (const log of logs) {
    const since = knownSince(log)
    for (const [offset, poll] of [...log.empty].toSorted(([a], [b]) => a - b)) {
      const known = since[rank(log.existing, offset)]
      const lag = known === undefined ? 0 : poll.time - known.time
      if (lag > (worst?.lag ?? 0)) worst = { key: log.key, offset, poll, lag: Math.round(lag * 1000) / 1000 }
    }
  }
  return worst
}

/**
 * **Stable latency** of a message: the time from when it was known, by its acknowledgement or the first poll that has it,
 * to the beginning of the last poll that lacks it; in whole ms rounded down, 0 if there is none. What was never polled
 * has none.
 */
export const latencies = (logs: Iterable<Log>): ReadonlyMap<Message, number> => {
  const all = new Map<Message, number>()
  for (const { empty, messages } of logs) {
    const polls = [...empty].toSorted(([a], [b]) => a - b)
    const from = polls.map(([offset]) => offset)
    /** Of the polls that answered nothing from this offset on or from below, the beginning of the last. */
    const last: Array<Event> = []
    for (const [i, [, poll]] of polls.entries()) {
      last[i] = i > 0 && last[i - 1]!.index > poll.index ? last[i - 1]! : poll
    }
    for (const message of messages.values()) {
      if (message.firstPoll === undefined) continue
      const poll = last[rank(from, message.places[0]!.offset + 1) - 1]
      all.set(message, poll === undefined ? 0 : elapsed(message.known!, poll))
    }
  }
  return all
}
