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
import type { Json } from "../../schema/Json.ts"
import * as Finding from "../finding/Finding.ts"
import * as Kinds from "../finding/Kinds.ts"
import * as Verdict from "../finding/Verdict.ts"
import type { Event, History } from "../history/History.ts"
import * as Lives from "../history/Lives.ts"
import * as Operations from "../history/Operations.ts"
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
  readonly operations: Operations.Operations
  /** In the order in which they were first heard of. */
  readonly messages: ReadonlyArray<Logs.Message>
  readonly lost: ReadonlyArray<Anomalies.Lost>
  readonly unseen: ReadonlyArray<Logs.Message>
  readonly duplicates: ReadonlyArray<Logs.Message>
  readonly inconsistentOffsets: ReadonlyArray<Anomalies.Shared>
  readonly nonmonotonicWithin: ReadonlyArray<Readings.Conflict>
  readonly nonmonotonicPolls: ReadonlyArray<Readings.Conflict>
  readonly nonmonotonicSends: ReadonlyArray<Anomalies.SendConflict>
  readonly skippedWithin: ReadonlyArray<Readings.Skip>
  readonly skippedBetween: ReadonlyArray<Readings.Skip>
  readonly skippedFromStart: ReadonlyArray<Readings.Skip>
  readonly unasked: ReadonlyArray<Readings.Unasked>
  readonly invented: ReadonlyArray<Logs.Sighting>
  readonly refused: ReadonlyArray<Logs.Sighting>
  readonly missing: ReadonlyArray<Anomalies.Missing>
  readonly silent: ReadonlyArray<NodeId>
  readonly listings: ReadonlyArray<CommitChecker.Listing>
  readonly latencies: ReadonlyMap<Logs.Message, number>
  readonly worstLag: Lag.Lag | undefined
}

export const analyse = (history: History, { memory = "replicated" }: Options = {}): Analysis => {
  const operations = Operations.fold(history)
  const lives = Lives.make(history, memory)
  const logs = Logs.make(operations, lives)
  const readings = Readings.make(operations, logs)
  return {
    operations,
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

const indices = (events: Iterable<Event>): ReadonlyArray<number> => [...events].map(({ index }) => index)

/** Where a message is, and who was the first to be told so. */
const places = ({ places }: Logs.Message): ReadonlyArray<Json> =>
  places.map(({ event: { f, process, time }, offset }) => ({
    offset,
    by: f === "send" ? "send" : "poll",
    process,
    time
  }))

const placed = (message: Logs.Message, about: Finding.Example["about"] = {}, ...more: ReadonlyArray<Event>) => {
  const events = [...message.places.map(({ event }) => event), ...more]
  const { key, msg } = message
  return Finding.example([], { key, value: msg, offsets: places(message), ...about }, indices(events))
}

const sighted = ({ key, msg, offset, poll }: Logs.Sighting, about: Finding.Example["about"] = {}): Finding.Example =>
  Finding.example([], { key, value: msg, offset, process: poll.process, time: poll.time, ...about }, [poll.index])

const conflicting = ({ event, former, formerOffset, key, offset }: Readings.Conflict): Finding.Example =>
  Finding.example([], {
    key,
    offset,
    process: event.process,
    time: event.time,
    formerOffset,
    ...event !== former && { formerProcess: former.process, formerTime: former.time }
  }, indices([former, event]))

const skipping = ({ count, key, known, offset, poll, skipped }: Readings.Skip): Finding.Example =>
  Finding.example([], { key, offset, skipped, count, process: poll.process, time: poll.time }, indices([known, poll]))

type Broken = readonly [CommitChecker.Listing, CommitChecker.Promised | undefined]

const broken = ([{ key, list, listed, node }, promised]: Broken): Finding.Example =>
  Finding.example([node], {
    key,
    ...listed >= 0 && { listed },
    process: list.process,
    time: list.time,
    ...promised && {
      offset: promised.offset,
      by: isPoll(promised.event) ? "poll" : "list",
      formerProcess: promised.event.process,
      formerTime: promised.event.time
    }
  }, [promised?.event.index, list.index])

const jepsen = (name: string): string => `\`jepsen.tests.kafka\`: \`:${name}\``

export const kinds = Kinds.make("kafka", {
  lost: {
    rules: "maelstrom",
    means: "a message that exists is never polled, though a later one is",
    there: jepsen("lost-write")
  },
  unseen: {
    rules: "maelstrom",
    means: "a message that exists is never polled, nor any later one",
    there: jepsen("unseen")
  },
  "nothing to judge by": {
    rules: "strict",
    unknownBy: ["strict"],
    means: "no message was ever polled",
    there: Kinds.nothing
  },
  duplicate: { rules: "maelstrom", means: "a message at more than one offset", there: jepsen("duplicate") },
  "inconsistent offsets": {
    rules: "maelstrom",
    means: "an offset with more than one message",
    there: jepsen("inconsistent-offsets")
  },
  "nonmonotonic within a poll": {
    rules: "maelstrom",
    means: "in a poll, an offset that is not above the one before it",
    there: jepsen("int-nonmonotonic-poll")
  },
  "nonmonotonic polls": {
    rules: "maelstrom",
    means: "a process polls what it had polled, or what is below",
    there: jepsen("nonmonotonic-poll")
  },
  "nonmonotonic sends": {
    rules: "maelstrom",
    means: "a process is told an offset that is not above that of its last send",
    there: jepsen("nonmonotonic-send")
  },
  "nonmonotonic sends across an assign": {
    rules: "strict",
    means: "the same, after an assign that drops the key",
    there: "an assign ends what it compares"
  },
  "skipped within a poll": {
    rules: "maelstrom",
    means: "between two messages of a poll there is one that it does not show",
    there: jepsen("int-poll-skip")
  },
  "skipped by a poll": {
    rules: "maelstrom",
    means: "a process polls on behind a message that it has not seen",
    there: jepsen("poll-skip")
  },
  "skipped from where it asked": {
    rules: "strict",
    means: "a poll leaves out what is at the offset that it asked for",
    there: "compares polls with each other alone"
  },
  "polled but not asked for": {
    rules: "strict",
    means: "a poll shows another key, or what is below the offset that it asked for",
    there: Kinds.nothing
  },
  "polled but never sent before": {
    rules: "maelstrom",
    means: "a poll shows what nobody had sent to that key",
    there: "breaks off: `:no-writer-of-value`, and `:G1c-realtime` for what was sent later"
  },
  "polled though refused": {
    rules: "maelstrom",
    means: "a poll shows what was refused with a definite error",
    there: jepsen("G1a")
  },
  "missing at the end": {
    rules: "strict",
    means: "a node that is asked for all does not show what others show",
    there: Kinds.nothing
  },
  "no final poll": { rules: "strict", means: "a node answers no poll at the end", there: Kinds.nothing },
  "commit went back": {
    rules: "strict",
    means: "a node lists an offset below what it had acknowledged or listed",
    there: "its documentation allows lower ones"
  },
  "commit ahead of what was polled": {
    rules: "strict",
    means: "a node lists an offset above all that was polled, 0 apart",
    there: "its documentation forbids it; its checker does not look"
  },
  "commit missing at the end": {
    rules: "strict",
    means: "at the end a node lists less than was acknowledged",
    there: "its documentation allows lower ones"
  }
})

const commitFindings = (listings: ReadonlyArray<CommitChecker.Listing>): ReadonlyArray<Finding.Finding> => {
  const against = (
    which: (listing: CommitChecker.Listing) => CommitChecker.Promised | undefined
  ): ReadonlyArray<Broken> =>
    listings.flatMap((listing): ReadonlyArray<Broken> => {
      const promised = which(listing)
      return promised === undefined ? [] : [[listing, promised]]
    })
  const ahead = listings.filter(CommitChecker.isAhead).map((listing): Broken => [listing, listing.polled])
  return [
    ...kinds.of("commit went back", against(CommitChecker.back), broken),
    ...kinds.of("commit ahead of what was polled", ahead, broken),
    ...kinds.of("commit missing at the end", against(CommitChecker.missing), broken)
  ]
}

/** What is wrong with the order of what polls show, and of what senders are told. */
const orderFindings = (analysis: Analysis): ReadonlyArray<Finding.Finding> => {
  const { nonmonotonicPolls, nonmonotonicSends, nonmonotonicWithin } = analysis
  const { skippedBetween, skippedFromStart, skippedWithin } = analysis
  const kept = nonmonotonicSends.filter(({ hasDropped }) => !hasDropped)
  const dropped = nonmonotonicSends.filter(({ hasDropped }) => hasDropped)
  return [
    ...kinds.of("nonmonotonic within a poll", nonmonotonicWithin, conflicting),
    ...kinds.of("nonmonotonic polls", nonmonotonicPolls, conflicting),
    ...kinds.of("nonmonotonic sends", kept, conflicting),
    ...kinds.of("nonmonotonic sends across an assign", dropped, conflicting),
    ...kinds.of("skipped within a poll", skippedWithin, skipping),
    ...kinds.of("skipped by a poll", skippedBetween, skipping),
    ...kinds.of("skipped from where it asked", skippedFromStart, skipping)
  ]
}

const findings = (analysis: Analysis): ReadonlyArray<Finding.Finding> => [
  ...kinds.of(
    "lost",
    analysis.lost,
    ({ later: { offset, poll }, message }) =>
      placed(message, { laterOffset: offset, laterProcess: poll.process, laterTime: poll.time }, poll)
  ),
  ...kinds.of("unseen", analysis.unseen, (message) => placed(message)),
  ...analysis.messages.some(({ firstPoll }) => firstPoll !== undefined)
    ? []
    : [kinds.once("nothing to judge by")],
  ...kinds.of("duplicate", analysis.duplicates, (message) => placed(message)),
  ...kinds.of("inconsistent offsets", analysis.inconsistentOffsets, ({ key, messages, offset }) => {
    const there = messages.map((message) => ({ key, value: message.msg, offsets: places(message) }))
    const events = messages.flatMap(({ places }) => places.map(({ event }) => event))
    return Finding.example([], { key, offset, messages: there }, indices(events))
  }),
  ...orderFindings(analysis),
  ...kinds.of(
    "polled but not asked for",
    analysis.unasked,
    (one) => sighted(one, one.from === undefined ? {} : { from: one.from })
  ),
  ...kinds.of("polled but never sent before", analysis.invented, (one) => sighted(one)),
  ...kinds.of("polled though refused", analysis.refused, (one) => sighted(one)),
  ...kinds.of("missing at the end", analysis.missing, ({ message, node }) => ({
    ...placed(message, { missingAt: node }, Operations.lastAsked(analysis.operations, node, "final-poll")!.invoke),
    nodes: [node]
  })),
  ...Verdict.silent(kinds, "no final poll", analysis.silent, analysis.operations),
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

export const check = (history: History, options: Options = {}): Verdict.Verdict => {
  const analysis = analyse(history, options)
  const points = [...analysis.latencies].flatMap(([{ excused, known }, latency]) =>
    excused ? [] : [[known!.time, latency] as const]
  )
  return Verdict.make(findings(analysis), figures(analysis), [
    { name: "stable latency", points: points.toSorted(([a], [b]) => a - b) }
  ])
}
