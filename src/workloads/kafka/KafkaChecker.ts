/**
 * The checker of logs: clients send messages to keys at some nodes and poll them at others.
 *
 * It demands all that Jepsen's kafka workload demands as Maelstrom uses it. An offset **exists** if a send was told it or
 * a poll that was ok shows it; what exists, exists from the beginning on, whenever it became known:
 *
 * - **Nothing is lost**: who acknowledges a message sees to it that it is polled. It is `lost` if a later one of its key
 *   was polled, else merely `unseen`; both are faults.
 * - **One offset, one message**, and **one message, one offset**.
 * - **In order, without gaps**: within a poll, and from one poll of a process to its next, offsets rise and leave out
 *   none that exists, and from one send of a process to its next they rise. An assign ends that for the keys that it
 *   drops.
 * - **Nothing is invented**: a poll shows what was sent to this key before the poll ended, and was not refused with a
 *   definite error. (Jepsen finds the former as a cycle.)
 *
 * Beyond that:
 *
 * - **Sends of a process rise** whatever it is assigned meanwhile.
 * - A poll **answers what it is asked for**: no other keys, nothing below the offset asked for, and from there on without
 *   leaving out anything, even where it is the first of its process.
 * - **At the end** every node shows everything that was known when it was asked.
 * - **Commits are honoured**: see CommitChecker.
 *
 * It measures two things by the polls that **lack** a message: that begin when it is known, ask for its key from its offset
 * or from below, and answer nothing of the key at all. (One that answers something may just be a batch.)
 *
 * - **Realtime lag**: for how long the oldest message that a poll lacks has been known. No lag is a fault, since an answer
 *   may always be less than there is.
 * - **Stable latency** of a message: the time from when it was known, by its acknowledgement or the first poll that has
 *   it, to the beginning of the last poll that lacks it; in whole ms rounded down, 0 if there is none. What is polled at
 *   the end, from the beginning on, counts for neither.
 *
 * Near-linear in the length of the history: what is asked of each poll is a rank among the offsets of a key. What
 * concerns nodes needs the `node` of an `invoke`.
 */
import type { NodeId } from "../../schema/Address.ts"
import * as Json from "../../schema/Json.ts"
import type { Memory } from "../g-set/SetChecker.ts"
import * as History from "../history/History.ts"
import type { Event } from "../history/History.ts"
import * as Verdict from "../history/Verdict.ts"
import * as CommitChecker from "./CommitChecker.ts"
import { asked, end, isAssign, isPoll, keysOf, killedBy, polled, sent } from "./KafkaHistory.ts"

/** Something that somebody tried to send, or that was polled. */
export interface Message {
  readonly key: string
  readonly msg: Json.Json
  readonly acknowledged: Event | undefined
  readonly known: Event | undefined
  /** The end of the first poll that has it. */
  readonly polled: Event | undefined
  /** Where it is, and who was the first to be told so. */
  readonly offsets: ReadonlyMap<number, Event>
  /** It is gone, but together with every node that is known to have had it. */
  readonly excused: boolean
  /** From when it was known to the last poll that lacks it, in ms. */
  readonly latency: number | undefined
}

/** Two ends of operations that do not go together. */
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
  /** How many, and the first of them. */
  readonly count: number
  readonly skipped: number
  /** Who was the first to be told of that. */
  readonly known: Event
  /** The one that comes instead. */
  readonly offset: number
  readonly poll: Event
}

/** One message of one poll. */
export interface Sighting {
  readonly key: string
  readonly msg: Json.Json
  readonly offset: number
  readonly poll: Event
}

export interface Lag {
  readonly key: string
  /** From where on the poll asked, and got nothing. */
  readonly offset: number
  readonly poll: Event
  /** In ms. */
  readonly lag: number
}

export interface Analysis {
  /** In the order in which they were first heard of. */
  readonly messages: ReadonlyArray<Message>
  /** Acknowledged and never polled, and one with a higher offset was. */
  readonly lost: ReadonlyArray<{ readonly message: Message; readonly later: Sighting }>
  /** Acknowledged and never polled, nor is anything above it. */
  readonly unseen: ReadonlyArray<Message>
  readonly duplicated: ReadonlyArray<Message>
  readonly inconsistent: ReadonlyArray<readonly [offset: number, messages: ReadonlyArray<Message>]>
  readonly internalNonmonotonic: ReadonlyArray<Conflict>
  readonly externalNonmonotonic: ReadonlyArray<Conflict>
  readonly nonmonotonicSends: ReadonlyArray<Conflict>
  readonly internalSkips: ReadonlyArray<Skip>
  readonly externalSkips: ReadonlyArray<Skip>
  /** Of a key that was not asked for, or below the offset that was. */
  readonly unasked: ReadonlyArray<Sighting>
  readonly invented: ReadonlyArray<Sighting>
  readonly refused: ReadonlyArray<Sighting>
  /** What nodes do not show at the end. */
  readonly missing: ReadonlyArray<{ readonly message: Message; readonly node: NodeId }>
  /** Nodes that were asked to show all at the end, and never answered. */
  readonly silent: ReadonlyArray<NodeId>
  readonly worstLag: Lag | undefined
}

interface Entry {
  readonly key: string
  readonly msg: Json.Json
  sent: boolean
  /** A send of it was not refused. */
  possible: boolean
  acknowledged: Event | undefined
  known: Event | undefined
  polled: Event | undefined
  firstPoll: Sighting | undefined
  /** It was polled before it was sent. */
  isInvented: boolean
  isThereAtEnd: boolean
  readonly offsets: Map<number, Event>
  /** Nodes that are known to have had it, with the index of the beginning of the last operation that says so. */
  readonly had: Map<NodeId, number>
  excused: boolean
  latency: number | undefined
}

interface Log {
  readonly key: string
  readonly entries: Map<Json.Json, Entry>
  readonly offsets: Map<number, Array<Entry>>
  /** The offsets from which on polls answered nothing, each with the beginning of the last poll that did. */
  readonly empty: Map<number, Event>
  /** How far each node got at the end. */
  readonly shown: Map<NodeId, number>
  highest: Sighting | undefined
  /** The offsets that exist, in order. */
  existing: ReadonlyArray<number>
}

const identity = (msg: Json.Json): Json.Json => typeof msg === "object" && msg !== null ? Json.canonical(msg) : msg

/** How many of the sorted offsets are below this one. */
const rank = (offsets: ReadonlyArray<number>, offset: number): number => {
  let low = 0
  let high = offsets.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (offsets[middle]! < offset) low = middle + 1
    else high = middle
  }
  return low
}

/** In whole ms; times are in whole microseconds. */
const elapsed = (from: Event, to: Event): number =>
  Math.max(0, Math.floor((Math.round(to.time * 1000) - Math.round(from.time * 1000)) / 1000))

const logs = () => {
  const all = new Map<string, Log>()
  const logOf = (key: string): Log => {
    let log = all.get(key)
    if (log === undefined) {
      const nothing = { highest: undefined, existing: [] }
      log = { key, entries: new Map(), offsets: new Map(), empty: new Map(), shown: new Map(), ...nothing }
      all.set(key, log)
    }
    return log
  }
  const entryOf = ({ entries, key }: Log, msg: Json.Json): Entry => {
    const id = identity(msg)
    let entry = entries.get(id)
    if (entry === undefined) {
      entry = {
        key,
        msg,
        sent: false,
        possible: false,
        acknowledged: undefined,
        known: undefined,
        polled: undefined,
        firstPoll: undefined,
        isInvented: false,
        isThereAtEnd: false,
        offsets: new Map(),
        had: new Map(),
        excused: false,
        latency: undefined
      }
      entries.set(id, entry)
    }
    return entry
  }
  return { all, logOf, entryOf }
}

/** What is wrong with the order of what was polled, within each poll and from one to the next. */
const inOrder = (
  reads: ReadonlyArray<readonly [invoke: Event, completion: Event]>,
  logOf: (key: string) => Log
) => {
  const internalNonmonotonic: Array<Conflict> = []
  const externalNonmonotonic: Array<Conflict> = []
  const internalSkips: Array<Skip> = []
  const externalSkips: Array<Skip> = []
  const unasked: Array<Sighting> = []
  /** The last offset of each key that each process polled, and the end of the poll that did. */
  const positions = new Map<Event["process"], Map<string, readonly [offset: number, poll: Event]>>()

  for (const [invoke, completion] of reads) {
    const { process } = completion
    let own = positions.get(process)
    if (own === undefined) positions.set(process, own = new Map())
    if (isAssign(invoke)) {
      const assigned = new Set(keysOf(invoke))
      for (const key of own.keys()) if (!assigned.has(key)) own.delete(key)
      continue
    }
    const from = asked(invoke)
    const answer = polled(completion)
    for (const key in answer) {
      const pairs = answer[key]!
      if (pairs.length === 0) continue
      const { existing, offsets } = logOf(key)
      const [first, msg] = pairs[0]!
      const last = own.get(key)
      const position = from[key]
      if (last !== undefined && first <= last[0]) {
        const [formerOffset, former] = last
        externalNonmonotonic.push({ key, offset: first, event: completion, formerOffset, former })
      } else if (position === undefined || first < position) {
        unasked.push({ key, msg, offset: first, poll: completion })
      }
      let expected = rank(existing, Math.min(position ?? first, last === undefined ? Infinity : last[0] + 1))
      let former: number | undefined
      for (const [offset] of pairs) {
        const at = rank(existing, offset)
        if (former !== undefined && offset <= former) {
          internalNonmonotonic.push({ key, offset, event: completion, formerOffset: former, former: completion })
        } else if (at > expected) {
          const skipped = existing[expected]!
          const { known } = offsets.get(skipped)![0]!
          const skip = { key, count: at - expected, skipped, known: known!, offset, poll: completion }
          if (former === undefined) externalSkips.push(skip)
          else internalSkips.push(skip)
        }
        expected = rank(existing, offset + 1)
        former = offset
      }
      own.set(key, [former!, completion])
    }
  }
  return { internalNonmonotonic, externalNonmonotonic, internalSkips, externalSkips, unasked }
}

/** Gives every message that was polled its latency, and finds the worst lag. */
const measure = (logs: Iterable<Log>): Lag | undefined => {
  let worst: Lag | undefined
  for (const { empty, entries, existing, key, offsets } of logs) {
    /** Since when anything at this rank or above has been known. */
    const since: Array<Event> = []
    for (let i = existing.length - 1; i >= 0; i--) {
      for (const { known } of offsets.get(existing[i]!)!) {
        const earliest = since[i] ?? since[i + 1]
        since[i] = earliest !== undefined && earliest.index < known!.index ? earliest : known!
      }
    }
    const polls = [...empty].toSorted(([a], [b]) => a - b)
    const from = polls.map(([offset]) => offset)
    /** Of the polls that answered nothing from this offset on or from below, the beginning of the last. */
    const last: Array<Event> = []
    for (const [i, [offset, poll]] of polls.entries()) {
      last[i] = i > 0 && last[i - 1]!.index > poll.index ? last[i - 1]! : poll
      const known = since[rank(existing, offset)]
      const lag = known === undefined ? 0 : poll.time - known.time
      if (lag > (worst?.lag ?? 0)) worst = { key, offset, poll, lag: Math.round(lag * 1000) / 1000 }
    }
    for (const entry of entries.values()) {
      if (entry.polled === undefined) continue
      const [offset] = entry.offsets.keys()
      const poll = last[rank(from, offset! + 1) - 1]
      entry.latency = poll === undefined ? 0 : elapsed(entry.known!, poll)
    }
  }
  return worst
}

export const analyse = (
  history: History.History,
  { memory = "replicated" }: { readonly memory?: Memory } = {}
): Analysis => {
  const { all, entryOf, logOf } = logs()
  const nodes = new Set<NodeId>()
  const answered = new Set<NodeId>()
  const killed = new Map<NodeId, number>()
  const open = new Map<Event["process"], Event>()
  const lastSends = new Map<Event["process"], Map<string, Event>>()
  const nonmonotonicSends: Array<Conflict> = []
  /** Polls and assigns that were ok, as they ended. */
  const reads: Array<readonly [invoke: Event, completion: Event]> = []

  const told = (log: Log, entry: Entry, offset: number, invoke: Event, completion: Event): void => {
    entry.known ??= completion
    if (invoke.node !== undefined) {
      entry.had.set(invoke.node, Math.max(entry.had.get(invoke.node) ?? -1, invoke.index))
    }
    if (entry.offsets.has(offset)) return
    entry.offsets.set(offset, completion)
    const there = log.offsets.get(offset)
    if (there === undefined) log.offsets.set(offset, [entry])
    else there.push(entry)
  }

  const endSend = (invoke: Event, completion: Event): void => {
    const { key, msg } = sent(invoke)
    const log = logOf(key)
    const entry = entryOf(log, msg)
    if (completion.type === "fail") return
    entry.possible = true
    if (completion.type !== "ok") return
    const { offset } = sent(completion)
    entry.acknowledged ??= completion
    told(log, entry, offset, invoke, completion)
    let own = lastSends.get(completion.process)
    if (own === undefined) lastSends.set(completion.process, own = new Map())
    const former = own.get(key)
    if (former !== undefined && offset <= sent(former).offset) {
      nonmonotonicSends.push({ key, offset, event: completion, former, formerOffset: sent(former).offset })
    }
    own.set(key, completion)
  }

  const endPoll = (invoke: Event, completion: Event): void => {
    const isFinal = invoke.f === "final-poll"
    if (isFinal && invoke.node !== undefined) answered.add(invoke.node)
    const answer = polled(completion)
    for (const key in answer) {
      const pairs = answer[key]!
      if (pairs.length === 0) continue
      const log = logOf(key)
      for (const [offset, msg] of pairs) {
        const entry = entryOf(log, msg)
        const sighting = { key, msg, offset, poll: completion }
        if (entry.polled === undefined) {
          entry.polled = completion
          entry.firstPoll = sighting
          entry.isInvented = !entry.sent
        }
        if (isFinal) entry.isThereAtEnd = true
        if (log.highest === undefined || offset > log.highest.offset) log.highest = sighting
        told(log, entry, offset, invoke, completion)
      }
    }
    const from = asked(invoke)
    for (const key in from) {
      const { empty, shown } = logOf(key)
      const offset = from[key]!
      const next = end(offset, answer[key])
      if (!isFinal) {
        if (next === offset && (empty.get(offset)?.index ?? -1) < invoke.index) empty.set(offset, invoke)
      } else if (invoke.node !== undefined) {
        shown.set(invoke.node, Math.max(shown.get(invoke.node) ?? 0, next))
      }
    }
  }

  let firstFinal = Infinity
  for (const event of history) {
    if (event.process === "nemesis") {
      if (event.f !== "start-kill" || memory !== "volatile") continue
      for (const node of killedBy(event)) killed.set(node, event.index)
    } else if (event.type === "invoke") {
      open.set(event.process, event)
      if (event.node !== undefined) nodes.add(event.node)
      if (event.f === "final-poll") firstFinal = Math.min(firstFinal, event.index)
      if (event.f === "send") entryOf(logOf(sent(event).key), sent(event).msg).sent = true
    } else {
      const invoke = open.get(event.process)
      open.delete(event.process)
      if (event.type === "info") lastSends.delete(event.process)
      if (invoke?.f === "send") endSend(invoke, event)
      if (invoke === undefined || invoke.f === "send" || event.type !== "ok") continue
      reads.push([invoke, event])
      if (isPoll(invoke)) endPoll(invoke, event)
    }
  }
  // a send that never ended may have happened
  for (const invoke of open.values()) {
    if (invoke.f === "send") entryOf(logOf(sent(invoke).key), sent(invoke).msg).possible = true
  }

  const entries = [...all.values()].flatMap((log) => [...log.entries.values()])
  for (const entry of entries) {
    entry.excused = memory === "volatile" && entry.known !== undefined && !entry.isThereAtEnd
      && [...entry.had].every(([node, index]) => index < (killed.get(node) ?? -1))
  }
  for (const log of all.values()) {
    log.existing = [...log.offsets].filter(([, there]) => there.some(({ excused }) => !excused))
      .map(([offset]) => offset).toSorted((a, b) => a - b)
  }

  const gone = entries.filter(({ acknowledged, excused, polled }) =>
    acknowledged !== undefined && polled === undefined && !excused
  )
  const laterThan = ({ key, offsets }: Entry): Sighting | undefined => {
    const { highest } = logOf(key)
    return [...offsets.keys()].some((offset) => highest !== undefined && offset < highest.offset) ? highest : undefined
  }

  const missing: Array<Analysis["missing"][number]> = []
  for (const { existing, offsets, shown } of all.values()) {
    for (const node of answered) {
      for (const offset of existing.slice(rank(existing, shown.get(node) ?? 0))) {
        for (const message of offsets.get(offset)!) {
          if (message.known!.index < firstFinal && !message.excused) missing.push({ message, node })
        }
      }
    }
  }

  return {
    messages: entries,
    lost: gone.flatMap((message) => {
      const later = laterThan(message)
      return later === undefined ? [] : [{ message, later }]
    }),
    unseen: gone.filter((entry) => laterThan(entry) === undefined),
    duplicated: entries.filter(({ offsets }) => offsets.size > 1),
    inconsistent: [...all.values()].flatMap(({ offsets }) => [...offsets])
      .map(([offset, there]) => [offset, there.filter(({ excused }) => !excused)] as const)
      .filter(([, there]) => there.length > 1),
    nonmonotonicSends: nonmonotonicSends.filter(({ former, key }) => !entryOf(logOf(key), sent(former).msg).excused),
    ...inOrder(reads, logOf),
    invented: entries.flatMap(({ firstPoll, isInvented }) => isInvented ? firstPoll ?? [] : []),
    refused: entries.flatMap(({ firstPoll, isInvented, possible }) => isInvented || possible ? [] : firstPoll ?? []),
    missing,
    silent: firstFinal === Infinity ? [] : [...nodes].filter((node) => !answered.has(node)),
    worstLag: measure(all.values())
  }
}

const at = ({ process, time }: Event): string => `process ${process} at ${time} ms`

const spellMessage = ({ key, msg }: Pick<Message, "key" | "msg">): string =>
  `message ${Verdict.text(msg)} of key ${key}`

const spellOffsets = ({ offsets }: Message): string =>
  [...offsets]
    .map(([offset, event]) => `${offset} (${event.f === "send" ? "acknowledged to" : "polled by"} ${at(event)})`)
    .join(" and ")

const spellMissing = (message: Message): string => `${spellMessage(message)} at offset ${spellOffsets(message)}`

const spellSighting = (sighting: Sighting): string =>
  `${spellMessage(sighting)} at offset ${sighting.offset}, polled by ${at(sighting.poll)}`

const spellConflict = ({ event, former, formerOffset, key, offset }: Conflict): string =>
  `key ${key}: offset ${offset} by ${at(event)}, after ${formerOffset}${event === former ? "" : ` by ${at(former)}`}`

const spellSkip = ({ count, key, offset, poll, skipped }: Skip): string =>
  `key ${key}: offset ${skipped}${count > 1 ? ` and ${count - 1} more` : ""} before ${offset}, by ${at(poll)}`

const indices = (events: Iterable<Event>): ReadonlyArray<number> => [...events].map(({ index }) => index)

const messageEvidence = (message: Message, ...more: ReadonlyArray<Event>): Verdict.Finding["evidence"] => [
  { about: spellMessage(message), events: indices([...message.offsets.values(), ...more]) }
]

const sightingEvidence = (sighting: Sighting): Verdict.Finding["evidence"] => [
  { about: spellMessage(sighting), events: [sighting.poll.index] }
]

const conflictEvidence = ({ event, former, key }: Conflict): Verdict.Finding["evidence"] => [
  { about: `key ${key}`, events: indices([former, event]) }
]

const skipEvidence = ({ key, known, poll, skipped }: Skip): Verdict.Finding["evidence"] => [
  { about: `offset ${skipped} of key ${key}`, events: indices([known, poll]) }
]

export const check = (history: History.History, options: { readonly memory?: Memory } = {}): Verdict.Verdict => {
  const analysis = analyse(history, options)
  const { messages, worstLag } = analysis
  const commits = CommitChecker.analyse(history, options)
  const acknowledged = messages.filter((message) => message.acknowledged !== undefined)
  const stable = messages.filter(({ excused, latency }) => latency !== undefined && !excused)

  const findings = [
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
    ...messages.some((message) => message.polled !== undefined)
      ? []
      : ["no message was polled: there is nothing to judge by"],
    ...Verdict.finding("duplicate", analysis.duplicated, spellMissing, (message) => messageEvidence(message)),
    ...Verdict.finding(
      "inconsistent offsets",
      analysis.inconsistent,
      ([offset, there]) => `offset ${offset} holds ${there.map(spellMissing).join("; and ")}`,
      ([, there]) => there.flatMap((message) => messageEvidence(message))
    ),
    ...Verdict.finding("nonmonotonic within a poll", analysis.internalNonmonotonic, spellConflict, conflictEvidence),
    ...Verdict.finding("nonmonotonic polls", analysis.externalNonmonotonic, spellConflict, conflictEvidence),
    ...Verdict.finding("nonmonotonic sends", analysis.nonmonotonicSends, spellConflict, conflictEvidence),
    ...Verdict.finding("skipped within a poll", analysis.internalSkips, spellSkip, skipEvidence),
    ...Verdict.finding("skipped by a poll", analysis.externalSkips, spellSkip, skipEvidence),
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
    ...CommitChecker.findings(commits)
  ]
  return Verdict.make(findings, {
    attempted: messages.length,
    acknowledged: acknowledged.length,
    polled: messages.filter((message) => message.polled !== undefined).length,
    lost: analysis.lost.length,
    unseen: analysis.unseen.length,
    excused: messages.filter(({ excused }) => excused).length,
    stale: stable.filter(({ latency }) => latency! > 0).length,
    ...worstLag === undefined
      ? {}
      : {
        worstRealtimeLag: {
          lag: worstLag.lag,
          key: worstLag.key,
          process: worstLag.poll.process,
          time: worstLag.poll.time
        }
      },
    ...Verdict.quantiles("stableLatencies", stable.map(({ latency }) => latency!))
  }, {
    series: [{
      name: "stable latency",
      points: stable.map(({ known, latency }) => [known!.time, latency!] as const).toSorted(([a], [b]) => a - b)
    }]
  })
}
