/**
 * The checker of sets that only grow: clients add values at some nodes and read the set at others.
 *
 * It demands all that Jepsen's `set-full` demands as Maelstrom uses it, that is without demanding linearizability:
 *
 * - A value is **known** as of the moment its `broadcast` or `add` is acknowledged, or the first read that has it ends,
 *   whichever comes first.
 * - Reads are ordered by their beginnings. Among those that ended after the value was first added: if the last one that
 *   has the value began after the last one that lacks it, the value is **stable**. Else, if the last one that lacks it
 *   began after the value was known, it is **lost**. Else it was **never read**: no fault, if it was not known.
 * - The **stable latency** is the time from when the value was known to the beginning of the last read that lacks it, in
 *   whole milliseconds rounded down; 0 if that is before, or if no read lacks it. A stable value whose latency is not 0
 *   is **stale**, which is no fault. (Maelstrom adds a nanosecond to the latter moment: it never shows.) The **lost
 *   latency** goes to the beginning of the last read that has it instead.
 * - A quantile q of n latencies is the one at index ⌊q·n⌋ in ascending order, the last one for q = 1.
 * - No value may be lost, and at least one must be stable.
 *
 * Beyond that, because it lets much pass:
 *
 * - **At the end** every node that was asked anything answers a final read, and every final read has every value that was
 *   known before it began. A final read is the last operation of a process, if it began after every add had ended.
 * - **Nothing vanishes** at a node: a read has whatever was in a read of the same node that had ended before it began.
 * - **Nothing is invented**: what is read was being added before that read ended, and not every attempt at it was
 *   refused with a definite error, which promises that it never happened.
 * - **No duplicates** within a read. (Jepsen means to find them as well, but compares the wrong way round.)
 *
 * Values are compared by value. One that is added more than once counts as added once, at the first attempt.
 * What concerns nodes needs the `node` of an `invoke`.
 */
import type { NodeId } from "../../schema/Address.ts"
import * as Json from "../../schema/Json.ts"
import * as Finding from "../finding/Finding.ts"
import * as Verdict from "../finding/Verdict.ts"
import type { Event, History } from "../history/History.ts"

/**
 * What a kill excuses, found in the history as `start-kill` of the nemesis, whose value lists the nodes.
 *
 * - `durable`: nothing.
 * - `replicated`: a node may forget what it has shown before it was killed. The cluster may not.
 * - `volatile`: a value may be gone if every node that is known to have had it was killed afterwards. Such a value is
 *   counted as `excused`.
 */
export type Memory = "durable" | "replicated" | "volatile"

export interface Options {
  readonly memory?: Memory
}

export type Outcome = "stable" | "lost" | "never-read"

/** What became of a value that somebody tried to add. Latencies are in ms. */
export interface Fate {
  readonly value: Json.Json
  readonly outcome: Outcome
  readonly acknowledged: boolean
  /** The beginning of the first attempt. */
  readonly added: Event | undefined
  readonly known: Event | undefined
  /** When the last read that has it, and the last one that lacks it, began. */
  readonly lastPresent: Event | undefined
  readonly lastAbsent: Event | undefined
  /** Of a stable value to its stability, of a lost one to its loss. */
  readonly latency: number | undefined
  /** Lost or missing at the end, but together with every node that had it. */
  readonly excused: boolean
}

/** A value in a read, or missing from one. */
export interface Sighting {
  readonly value: Json.Json
  readonly node: NodeId | undefined
  /** The end of the read. */
  readonly read: Event
  /** Indices of the events that it contradicts, such as that of an earlier read that has the value. */
  readonly against: ReadonlyArray<number>
}

export interface Analysis {
  /** In the order in which they were first added. */
  readonly fates: ReadonlyArray<Fate>
  /** From a final read. */
  readonly missing: ReadonlyArray<Sighting>
  /** Nodes without a final read. */
  readonly silent: ReadonlyArray<NodeId>
  /** The first time that each value vanishes at each node. */
  readonly vanished: ReadonlyArray<Sighting>
  /** The first time that each value was read before anybody had added it. */
  readonly invented: ReadonlyArray<Sighting>
  /** The first time that each value was read of which every add was refused. */
  readonly refused: ReadonlyArray<Sighting>
  /** The first time that each value was twice in a read. */
  readonly duplicated: ReadonlyArray<Sighting>
}

/** A distinct value. */
interface Entry {
  readonly value: Json.Json
  added: Event | undefined
  acknowledged: boolean
  /** An add of it was not refused. */
  possible: boolean
  known: Event | undefined
  lastPresent: Event | undefined
  lastAbsent: Event | undefined
  firstRead: Sighting | undefined
  /** It was read before it was added. */
  isInvented: boolean
  duplicated: Sighting | undefined
  /** The number of the last read that has it: whether the read at hand has it needs no set. */
  mark: number
  /** The number of the last read of a node that had shown it before. */
  shownMark: number
}

interface Place {
  readonly node: NodeId | undefined
  /** The index of the last event that killed it. */
  killed: number
  /** What its reads have shown in this life, with the index of the first one's end, in that order. */
  shown: Array<{ readonly entry: Entry; readonly since: number; vanished: boolean }>
  /** What it is known to have had, with the index of the beginning of the last operation that says so. */
  readonly had: Map<Entry, number>
}

/** The one entry of each value. A primitive is its own key, and a text that was seen before need not be sorted again. */
const catalogue = () => {
  const entries: Array<Entry> = []
  const primitives = new Map<Json.Json, Entry>()
  const texts = new Map<string, Entry>()
  const canonicalTexts = new Map<string, Entry>()

  const make = (value: Json.Json): Entry => {
    const entry: Entry = {
      value,
      added: undefined,
      acknowledged: false,
      possible: false,
      known: undefined,
      lastPresent: undefined,
      lastAbsent: undefined,
      firstRead: undefined,
      isInvented: false,
      duplicated: undefined,
      mark: 0,
      shownMark: 0
    }
    entries.push(entry)
    return entry
  }
  const find = <K>(known: Map<K, Entry>, key: K, orElse: () => Entry): Entry => {
    let entry = known.get(key)
    if (entry === undefined) known.set(key, entry = orElse())
    return entry
  }
  const entryOf = (value: Json.Json): Entry =>
    typeof value !== "object" || value === null
      ? find(primitives, value, () => make(value))
      : find(texts, JSON.stringify(value), () => find(canonicalTexts, Json.canonical(value), () => make(value)))

  return { entries, entryOf }
}

const isList = (value: Json.Json): value is ReadonlyArray<Json.Json> => Array.isArray(value)

/** From when it was known, in whole ms; times are in whole microseconds. */
const latency = (known: Event, until: Event | undefined): number =>
  until === undefined
    ? 0
    : Math.max(0, Math.floor((Math.round(until.time * 1000) - Math.round(known.time * 1000)) / 1000))

const outcome = ({ known, lastAbsent, lastPresent }: Entry): Outcome => {
  const present = lastPresent?.index ?? -1
  const absent = lastAbsent?.index ?? -1
  if (absent < present) return "stable"
  return known !== undefined && present < absent && known.index < absent ? "lost" : "never-read"
}

export const analyse = (history: History, { memory = "replicated" }: Options = {}): Analysis => {
  const { entries, entryOf } = catalogue()
  const attempts: Array<Entry> = []
  const places = new Map<NodeId | undefined, Place>()
  const open = new Map<Event["process"], Event>()
  const lastOperations = new Map<Event["process"], readonly [invoke: Event, completion: Event]>()
  const vanished: Array<Sighting> = []
  const isVolatile = memory === "volatile"
  let lastAddEnded = -1
  let reads = 0

  const placeOf = (node: NodeId | undefined): Place => {
    let place = places.get(node)
    if (place === undefined) {
      places.set(node, place = { node, killed: -1, shown: [], had: new Map() })
    }
    return place
  }

  const have = ({ had }: Place, entry: Entry, { index }: Event): void =>
    void had.set(entry, Math.max(had.get(entry) ?? -1, index))

  /** The distinct values of a read, which bear its mark until the next one is looked at. */
  const mark = (read: Event, node: NodeId | undefined): ReadonlyArray<Entry> => {
    reads++
    const present: Array<Entry> = []
    for (const value of isList(read.value) ? read.value : []) {
      const entry = entryOf(value)
      if (entry.mark === reads) entry.duplicated ??= { value, node, read, against: [] }
      else present.push(entry)
      entry.mark = reads
    }
    return present
  }

  const see = (invoke: Event, read: Event): void => {
    const { node } = invoke
    const place = placeOf(node)
    const present = mark(read, node)
    for (const entry of attempts) {
      if (entry.mark === reads) {
        entry.known ??= read
        if (entry.lastPresent === undefined || entry.lastPresent.index < invoke.index) entry.lastPresent = invoke
      } else if (entry.lastAbsent === undefined || entry.lastAbsent.index < invoke.index) {
        entry.lastAbsent = invoke
      }
    }
    for (const entry of present) {
      if (entry.firstRead === undefined) {
        entry.firstRead = {
          value: entry.value,
          node,
          read,
          against: entry.added === undefined ? [] : [entry.added.index]
        }
        entry.isInvented = entry.added === undefined
      }
      if (isVolatile) have(place, entry, invoke)
    }
    if (node === undefined || invoke.index < place.killed) return
    for (const shown of place.shown) {
      shown.entry.shownMark = reads
      if (shown.entry.mark === reads || shown.since > invoke.index || shown.vanished) continue
      shown.vanished = true
      vanished.push({ value: shown.entry.value, node, read, against: [shown.since] })
    }
    for (const entry of present) {
      if (entry.shownMark !== reads) place.shown.push({ entry, since: read.index, vanished: false })
    }
  }

  const kill = (event: Event): void => {
    if (memory === "durable" || event.f !== "start-kill" || !isList(event.value)) return
    for (const place of places.values()) {
      if (place.node === undefined || !event.value.includes(place.node)) continue
      place.killed = event.index
      place.shown = []
    }
  }

  const add = (invoke: Event, completion: Event): void => {
    const entry = entryOf(invoke.value)
    lastAddEnded = completion.index
    if (completion.type === "fail") return
    entry.possible = true
    if (completion.type !== "ok") return
    entry.acknowledged = true
    entry.known ??= completion
    if (isVolatile) have(placeOf(invoke.node), entry, invoke)
  }

  for (const event of history) {
    if (event.process === "nemesis") {
      kill(event)
    } else if (event.type === "invoke") {
      open.set(event.process, event)
      placeOf(event.node)
      if (event.f === "read") continue
      const entry = entryOf(event.value)
      if (entry.added === undefined) attempts.push(entry)
      entry.added ??= event
    } else {
      const invoke = open.get(event.process)
      if (invoke === undefined) continue
      open.delete(event.process)
      lastOperations.set(event.process, [invoke, event])
      if (invoke.f !== "read") add(invoke, event)
      else if (event.type === "ok") see(invoke, event)
    }
  }
  // an add that never ended may have happened
  for (const { f, value } of open.values()) if (f !== "read") entryOf(value).possible = true

  const isExcused = (entry: Entry): boolean =>
    isVolatile && [...places.values()].every(({ had, killed }) => (had.get(entry) ?? -1) <= killed)

  const missing: Array<Sighting> = []
  const excused = new Set<Entry>()
  const answered = new Set<NodeId>()
  for (const [invoke, read] of lastOperations.values()) {
    const { node } = invoke
    if (node === undefined || invoke.f !== "read" || read.type !== "ok" || invoke.index < lastAddEnded) continue
    answered.add(node)
    mark(read, node)
    for (const entry of attempts) {
      if (entry.known === undefined || entry.known.index > invoke.index || entry.mark === reads) continue
      if (isExcused(entry)) excused.add(entry)
      else missing.push({ value: entry.value, node, read, against: [entry.known.index] })
    }
  }

  const fates = attempts.map((entry): Fate => {
    const { acknowledged, added, known, lastAbsent, lastPresent, value } = entry
    const result = outcome(entry)
    if (result === "lost" && isExcused(entry)) excused.add(entry)
    const until = result === "stable" ? lastAbsent : lastPresent
    return {
      value,
      outcome: result,
      acknowledged,
      added,
      known,
      lastPresent,
      lastAbsent,
      latency: result === "never-read" || known === undefined ? undefined : latency(known, until),
      excused: excused.has(entry)
    }
  })

  return {
    fates,
    missing,
    silent: [...places.keys()].filter((node) => node !== undefined).filter((node) => !answered.has(node)),
    vanished,
    invented: entries.flatMap(({ firstRead, isInvented }) => isInvented ? firstRead ?? [] : []),
    refused: entries.flatMap(({ firstRead, isInvented, possible }) => isInvented || possible ? [] : firstRead ?? []),
    duplicated: entries.flatMap(({ duplicated }) => duplicated ?? [])
  }
}

/** Something that was read, and what that read contradicts. */
const sighting = ({ against, node, read, value }: Sighting): Finding.Example =>
  Finding.example([node], { value, process: read.process, time: read.time }, [...against, read.index])

const moment = (event: Event | undefined) =>
  event && { ...event.node !== undefined && { node: event.node }, time: event.time }

const fate = ({ added, known, lastAbsent, lastPresent, value }: Fate): Finding.Example =>
  Finding.example([lastAbsent?.node], {
    value,
    knownSince: known?.time,
    lastSeen: moment(lastPresent),
    missingFrom: moment(lastAbsent)
  }, [added, known, lastPresent, lastAbsent].map((event) => event?.index))

/** How many of the stalest values are listed. */
const worst = 8

export const check = (history: History, options: Options = {}): Verdict.Verdict => {
  const { duplicated, fates, invented, missing, refused, silent, vanished } = analyse(history, options)
  const having = (outcome: Outcome): ReadonlyArray<Fate> => fates.filter((fate) => fate.outcome === outcome)
  const latencies = (of: ReadonlyArray<Fate>): ReadonlyArray<number> => of.flatMap(({ latency }) => latency ?? [])
  const stable = having("stable")
  const lost = having("lost").filter(({ excused }) => !excused)
  const stale = stable.filter(({ latency = 0 }) => latency > 0)
  const worstStale = stale.toSorted((a, b) => b.latency! - a.latency!).slice(0, worst)

  const findings = [
    ...Finding.of("set", "lost", "maelstrom", lost, fate),
    ...stable.length > 0 ? [] : [Finding.unknown("set", "nothing to judge by", "maelstrom", ["maelstrom", "strict"])],
    ...Finding.of("set", "missing at the end", "strict", missing, sighting),
    ...Verdict.silent("set", "no final read", "strict", silent, history),
    ...Finding.of("set", "vanished", "strict", vanished, sighting),
    ...Finding.of("set", "read but never added before", "strict", invented, sighting),
    ...Finding.of("set", "read though refused", "strict", refused, sighting),
    ...Finding.of("set", "twice in one read", "strict", duplicated, sighting)
  ]
  return Verdict.make(findings, {
    attempted: fates.length,
    acknowledged: fates.filter(({ acknowledged }) => acknowledged).length,
    stable: stable.length,
    lost: lost.length,
    neverRead: having("never-read").length,
    excused: fates.filter(({ excused }) => excused).length,
    missingAtEnd: new Set(missing.map(({ value }) => Json.canonical(value))).size,
    vanished: vanished.length,
    invented: invented.length + refused.length,
    duplicated: duplicated.length,
    stale: stale.length,
    ...worstStale.length === 0
      ? {}
      : { worstStale: worstStale.map(({ latency, value }) => ({ value, latency: latency! })) },
    ...Verdict.quantiles("stableLatencies", latencies(stable)),
    ...Verdict.quantiles("lostLatencies", latencies(lost))
  }, [{
    name: "stable latency",
    points: stable.map(({ known, latency }) => [known!.time, latency!] as const).toSorted(([a], [b]) => a - b)
  }])
}
