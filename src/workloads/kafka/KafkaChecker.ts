/**
 * The checker of logs: clients send messages to keys at some nodes and poll them at others.
 *
 * It demands all that Jepsen's kafka workload demands as Maelstrom uses it (see Logs for what exists, and when):
 *
 * - **Nothing is lost**: who acknowledges a message sees to it that it is polled. It is `lost` if a later one of its key
 *   was polled, else merely `unseen`; both are faults.
 * - **One offset, one message**, and **one message, one offset**.
 * - **In order, without gaps**: within a poll, and from one poll of a process to its next, offsets rise and leave out
 *   none that exists, and from one send of a process to its next they rise. An assign ends that for the keys that it
 *   drops.
 * - **Nothing is invented**: a poll shows what was sent to this key before the poll ended, and was not refused with a
 *   definite error.
 *
 * Beyond that:
 *
 * - **Sends of a process rise** whatever it is assigned meanwhile.
 * - A poll **answers what it is asked for**: no other keys, nothing below the offset asked for, and from there on without
 *   leaving out anything, even where it is the first of its process.
 * - **At the end** every node shows everything that was known when it was asked.
 * - **Commits are honoured**: see CommitChecker.
 *
 * It measures how fresh polls are (see Lag). Near-linear in the length of the history. What concerns nodes needs the
 * `node` of an `invoke`.
 */
import type { NodeId } from "../../schema/Address.ts"
import * as History from "../history/History.ts"
import type { Event } from "../history/History.ts"
import * as Lives from "../history/Lives.ts"
import * as Operations from "../history/Operations.ts"
import * as Verdict from "../history/Verdict.ts"
import * as Anomalies from "./Anomalies.ts"
import * as CommitChecker from "./CommitChecker.ts"
import { isPoll } from "./KafkaHistory.ts"
import * as Lag from "./Lag.ts"
import * as Logs from "./Logs.ts"
import * as Readings from "./Readings.ts"

export interface Options {
  readonly memory?: Lives.Memory
}

/** All that is wrong, and what was measured. */
export interface Analysis {
  /** In the order in which they were first heard of. */
  readonly messages: ReadonlyArray<Logs.Message>
  readonly lost: ReadonlyArray<Anomalies.Lost>
  readonly unseen: ReadonlyArray<Logs.Message>
  readonly duplicates: ReadonlyArray<Logs.Message>
  readonly inconsistentOffsets: ReadonlyArray<Anomalies.Shared>
  readonly nonmonotonicWithin: ReadonlyArray<Readings.Conflict>
  readonly nonmonotonicPolls: ReadonlyArray<Readings.Conflict>
  readonly nonmonotonicSends: ReadonlyArray<Readings.Conflict>
  readonly skippedWithin: ReadonlyArray<Readings.Skip>
  readonly skippedBetween: ReadonlyArray<Readings.Skip>
  readonly skippedFromStart: ReadonlyArray<Readings.Skip>
  readonly unasked: ReadonlyArray<Logs.Sighting>
  readonly invented: ReadonlyArray<Logs.Sighting>
  readonly refused: ReadonlyArray<Logs.Sighting>
  readonly missing: ReadonlyArray<Anomalies.Missing>
  readonly silent: ReadonlyArray<NodeId>
  readonly listings: ReadonlyArray<CommitChecker.Listing>
  readonly latencies: ReadonlyMap<Logs.Message, number>
  readonly worstLag: Lag.Lag | undefined
}

export const analyse = (history: History.History, { memory = "replicated" }: Options = {}): Analysis => {
  const operations = Operations.fold(history)
  const lives = Lives.make(history, memory)
  const logs = Logs.make(operations, lives)
  const readings = Readings.make(operations, logs)
  return {
    messages: logs.all.flatMap(({ messages }) => [...messages.values()]),
    lost: Anomalies.lost(logs),
    unseen: Anomalies.unseen(logs),
    duplicates: Anomalies.duplicates(logs),
    inconsistentOffsets: Anomalies.inconsistentOffsets(logs),
    nonmonotonicWithin: readings.flatMap(Readings.nonmonotonicWithin),
    nonmonotonicPolls: readings.flatMap(Readings.nonmonotonicPolls),
    nonmonotonicSends: Anomalies.nonmonotonicSends(operations, logs),
    skippedWithin: readings.flatMap(Readings.skippedWithin),
    skippedBetween: readings.flatMap(Readings.skippedBetween),
    skippedFromStart: readings.flatMap(Readings.skippedFromStart),
    unasked: readings.flatMap(Readings.unasked),
    invented: Anomalies.invented(logs),
    refused: Anomalies.refused(logs),
    missing: Anomalies.missing(operations, logs),
    silent: Anomalies.silent(operations),
    listings: CommitChecker.listings(operations, lives, memory),
    latencies: Lag.latencies(logs.all),
    worstLag: Lag.worst(logs.all)
  }
}

const at = ({ process, time }: Event): string => `process ${process} at ${time} ms`

const spellMessage = ({ key, msg }: Pick<Logs.Message, "key" | "msg">): string =>
  `message ${Verdict.text(msg)} of key ${key}`

const spellMissing = (message: Logs.Message): string => {
  const places = message.places.map(({ event, offset }) =>
    `${offset} (${event.f === "send" ? "acknowledged to" : "polled by"} ${at(event)})`
  )
  return `${spellMessage(message)} at offset ${places.join(" and ")}`
}

const spellSighting = (sighting: Logs.Sighting): string =>
  `${spellMessage(sighting)} at offset ${sighting.offset}, polled by ${at(sighting.poll)}`

const spellConflict = ({ event, former, formerOffset, key, offset }: Readings.Conflict): string =>
  `key ${key}: offset ${offset} by ${at(event)}, after ${formerOffset}${event === former ? "" : ` by ${at(former)}`}`

const spellSkip = ({ count, key, offset, poll, skipped }: Readings.Skip): string =>
  `key ${key}: offset ${skipped}${count > 1 ? ` and ${count - 1} more` : ""} before ${offset}, by ${at(poll)}`

const indices = (events: Iterable<Event>): ReadonlyArray<number> => [...events].map(({ index }) => index)

const messageEvidence = (message: Logs.Message, ...more: ReadonlyArray<Event>): Verdict.Finding["evidence"] => [
  { about: spellMessage(message), events: indices([...message.places.map(({ event }) => event), ...more]) }
]

const sightingEvidence = (sighting: Logs.Sighting): Verdict.Finding["evidence"] => [
  { about: spellMessage(sighting), events: [sighting.poll.index] }
]

const conflictEvidence = ({ event, former, key }: Readings.Conflict): Verdict.Finding["evidence"] => [
  { about: `key ${key}`, events: indices([former, event]) }
]

const skipEvidence = ({ key, known, poll, skipped }: Readings.Skip): Verdict.Finding["evidence"] => [
  { about: `offset ${skipped} of key ${key}`, events: indices([known, poll]) }
]

type Broken = readonly [CommitChecker.Listing, CommitChecker.Promised | undefined]

const spellBroken = ([{ key, list, listed, node }, promised]: Broken): string => {
  const offset = listed < 0 ? "nothing" : `offset ${listed}`
  const other = promised === undefined
    ? "nothing was ever polled"
    : `offset ${promised.offset} was ${isPoll(promised.event) ? "polled" : "listed"} by ${at(promised.event)}`
  return `key ${key}: ${node} listed ${offset} to ${at(list)}, though ${other}`
}

const brokenEvidence = ([{ key, list }, promised]: Broken): Verdict.Finding["evidence"] => [
  { about: `key ${key}`, events: [...promised === undefined ? [] : [promised.event.index], list.index] }
]

const commitFindings = (listings: ReadonlyArray<CommitChecker.Listing>): ReadonlyArray<Verdict.Finding> => {
  const against = (
    which: (listing: CommitChecker.Listing) => CommitChecker.Promised | undefined
  ): ReadonlyArray<Broken> =>
    listings.flatMap((listing): ReadonlyArray<Broken> => {
      const promised = which(listing)
      return promised === undefined ? [] : [[listing, promised]]
    })
  const ahead = listings.filter(CommitChecker.isAhead).map((listing): Broken => [listing, listing.polled])
  return [
    ...Verdict.finding("commit went back", against(CommitChecker.back), spellBroken, brokenEvidence),
    ...Verdict.finding("commit ahead of what was polled", ahead, spellBroken, brokenEvidence),
    ...Verdict.finding("commit missing at the end", against(CommitChecker.missing), spellBroken, brokenEvidence)
  ]
}

const findings = (analysis: Analysis, history: History.History): ReadonlyArray<Verdict.Finding | string> => [
  ...Verdict.finding(
    "lost",
    analysis.lost,
    ({ later, message }) =>
      `${spellMissing(message)}, never polled, though offset ${later.offset} was by ${at(later.poll)}`,
    ({ later, message }) => messageEvidence(message, later.poll)
  ),
  ...Verdict.finding(
    "unseen",
    analysis.unseen,
    (message) => `${spellMissing(message)}, never polled`,
    (message) => messageEvidence(message)
  ),
  ...analysis.messages.some(({ firstPoll }) => firstPoll !== undefined)
    ? []
    : ["no message was polled: there is nothing to judge by"],
  ...Verdict.finding("duplicate", analysis.duplicates, spellMissing, (message) => messageEvidence(message)),
  ...Verdict.finding(
    "inconsistent offsets",
    analysis.inconsistentOffsets,
    ({ messages, offset }) => `offset ${offset} holds ${messages.map(spellMissing).join("; and ")}`,
    ({ messages }) => messages.flatMap((message) => messageEvidence(message))
  ),
  ...Verdict.finding("nonmonotonic within a poll", analysis.nonmonotonicWithin, spellConflict, conflictEvidence),
  ...Verdict.finding("nonmonotonic polls", analysis.nonmonotonicPolls, spellConflict, conflictEvidence),
  ...Verdict.finding("nonmonotonic sends", analysis.nonmonotonicSends, spellConflict, conflictEvidence),
  ...Verdict.finding("skipped within a poll", analysis.skippedWithin, spellSkip, skipEvidence),
  ...Verdict.finding(
    "skipped by a poll",
    [...analysis.skippedBetween, ...analysis.skippedFromStart].toSorted((a, b) => a.poll.index - b.poll.index),
    spellSkip,
    skipEvidence
  ),
  ...Verdict.finding("polled but not asked for", analysis.unasked, spellSighting, sightingEvidence),
  ...Verdict.finding("polled but never sent before", analysis.invented, spellSighting, sightingEvidence),
  ...Verdict.finding("polled though refused", analysis.refused, spellSighting, sightingEvidence),
  ...Verdict.finding(
    "missing at the end",
    analysis.missing,
    ({ message, node }) => `${spellMissing(message)}, at ${node}`,
    ({ message, node }) => messageEvidence(message, ...[History.lastAsked(history, node, "final-poll") ?? []].flat())
  ),
  ...Verdict.silent("final poll", analysis.silent, history),
  ...commitFindings(analysis.listings)
]

const figures = ({ latencies, lost, messages, unseen, worstLag }: Analysis): Verdict.Verdict["figures"] => {
  const stable = [...latencies].filter(([{ excused }]) => !excused).map(([, latency]) => latency)
  return {
    attempted: messages.length,
    acknowledged: messages.filter(({ acknowledged }) => acknowledged !== undefined).length,
    polled: messages.filter(({ firstPoll }) => firstPoll !== undefined).length,
    lost: lost.length,
    unseen: unseen.length,
    excused: messages.filter(({ excused }) => excused).length,
    stale: stable.filter((latency) => latency > 0).length,
    ...worstLag === undefined ? {} : {
      worstRealtimeLag: {
        lag: worstLag.lag,
        key: worstLag.key,
        process: worstLag.poll.process,
        time: worstLag.poll.time
      }
    },
    ...Verdict.quantiles("stableLatencies", stable)
  }
}

export const check = (history: History.History, options: Options = {}): Verdict.Verdict => {
  const analysis = analyse(history, options)
  const points = [...analysis.latencies].flatMap(([{ excused, known }, latency]) =>
    excused ? [] : [[known!.time, latency] as const]
  )
  return Verdict.make(findings(analysis, history), figures(analysis), {
    series: [{ name: "stable latency", points: points.toSorted(([a], [b]) => a - b) }]
  })
}
