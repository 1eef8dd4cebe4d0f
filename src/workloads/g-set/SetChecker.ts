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
 * It looks at each value of each read once, and at what a read lacks, the newest first, until all of that is found: so it
 * takes time in proportion to the history, whose reads are long. In memory it has a fifth of a kilobyte for each value,
 * and some 20 bytes for each value and node.
 *
 * Values are compared by value. One that is added more than once counts as added once, at the first attempt.
 * What concerns nodes needs the `node` of an `invoke`.
 */
import type { NodeId } from "../../schema/Address.ts"
import * as Json from "../../schema/Json.ts"
import * as Finding from "../finding/Finding.ts"
import * as Kinds from "../finding/Kinds.ts"
import * as Verdict from "../finding/Verdict.ts"
import type { Event, History } from "../history/History.ts"
import * as Lives from "../history/Lives.ts"
import * as Operations from "../history/Operations.ts"
import * as Fates from "./Fates.ts"
import * as Shown from "./Shown.ts"
import * as Values from "./Values.ts"

export interface Options {
  readonly memory?: Lives.Memory
}

export interface Analysis {
  readonly operations: Operations.Operations
  /** Values, in the order in which clients first added them. */
  readonly fates: ReadonlyArray<Fates.Fate>
  /** Values that final reads lack. */
  readonly missing: ReadonlyArray<Values.Sighting>
  /** Nodes without a final read. */
  readonly silent: ReadonlyArray<NodeId>
  /** The first time that each value vanishes at each node. */
  readonly vanished: ReadonlyArray<Values.Sighting>
  /** The first time that each value was read before anybody had added it. */
  readonly invented: ReadonlyArray<Values.Sighting>
  /** The first time that each value was read of which every add was refused. */
  readonly refused: ReadonlyArray<Values.Sighting>
  /** The first time that each value was twice in a read. */
  readonly duplicated: ReadonlyArray<Values.Sighting>
}

const isRead = ({ f }: Event): boolean => f === "read"
const isAdd = (invoke: Event): boolean => !isRead(invoke)

const later = (one: Event | undefined, other: Event): Event =>
  one === undefined || one.index < other.index ? other : one

/** What was added, in order, and what vanished, with all that reads tell of each value. */
const follow = (operations: Operations.Operations, lives: Lives.Lives, values: Values.Values) => {
  const added: Array<Values.Value> = []
  const vanished: Array<Values.Sighting> = []
  const shown = Shown.make(lives)
  let reads = 0

  const begin = (operation: Operations.Operation): void => {
    if (!isAdd(operation.invoke)) return
    const value = values.of(operation.invoke.value)
    if (value.added === undefined) added.push(value)
    value.added ??= operation.invoke
    value.isPossible ||= Operations.isPossible(operation)
  }

  const acknowledge = ({ completion, invoke }: Operations.Completed): void => {
    const value = values.of(invoke.value)
    value.acknowledged = true
    value.known ??= completion
    value.isKept ||= lives.keeps(invoke)
  }

  /** Mostly the newest values are lacking, so a search from the end of the list soon finds all of them. */
  const lack = (invoke: Event, count: number): void => {
    for (let i = added.length - 1, left = count; left > 0; i--) {
      const value = added[i]!
      if (value.mark === reads) continue
      value.lastAbsent = later(value.lastAbsent, invoke)
      left--
    }
  }

  const read = (operation: Operations.Completed): void => {
    const { completion, invoke } = operation
    const isKept = lives.keeps(invoke)
    const list = Values.listOf(operation)
    const present = values.read(invoke.node, list)
    let distinct = 0
    let ofAdded = 0
    reads++
    for (let i = 0; i < present.length; i++) {
      const value = present[i]!
      if (value.mark === reads) {
        value.duplicated ??= { value: list[i]!, read: operation, against: [] }
        continue
      }
      distinct++
      value.mark = reads
      value.firstRead ??= operation
      value.isKept ||= isKept
      if (value.added === undefined) continue
      ofAdded++
      value.known ??= completion
      value.lastPresent = later(value.lastPresent, invoke)
    }
    lack(invoke, added.length - ofAdded)
    for (const one of shown.next(operation, present, distinct, reads)) vanished.push(one)
  }

  Operations.walk(operations, {
    begin,
    end: (operation) => {
      if (operation.completion.type !== "ok") return
      if (isRead(operation.invoke)) read(operation)
      else acknowledge(operation)
    }
  })
  return { added, vanished }
}

/** What final reads lack of what was known before they began, also what is excused. */
const lacking = (
  finalReads: ReadonlyArray<Operations.Completed>,
  added: ReadonlyArray<Values.Value>,
  values: Values.Values
): ReadonlyArray<readonly [Values.Value, Values.Sighting]> =>
  finalReads.flatMap((read) => {
    const present = new Set(values.read(read.invoke.node, Values.listOf(read)))
    return added.flatMap((value) => {
      const { json, known } = value
      const isDue = known !== undefined && known.index < read.invoke.index
      return isDue && !present.has(value) ? [[value, { value: json, read, against: [known.index] }] as const] : []
    })
  })

/** The first reads of what should not be there: those before it was added, and those of what was only ever refused. */
const unfounded = ({ all }: Values.Values) => {
  const invented: Array<Values.Sighting> = []
  const refused: Array<Values.Sighting> = []
  for (const { added, firstRead: read, isPossible, json: value } of all) {
    if (read === undefined) continue
    if (added === undefined || read.completion.index < added.index) invented.push({ value, read, against: [] })
    else if (!isPossible) refused.push({ value, read, against: [added.index] })
  }
  return { invented, refused }
}

export const analyse = (history: History, { memory = "replicated" }: Options = {}): Analysis => {
  const operations = Operations.fold(history)
  const values = Values.make()
  const { added, vanished } = follow(operations, Lives.make(history, memory), values)
  const finalReads = Operations.finalReads(operations, { isRead, isWrite: isAdd })
    .filter(({ invoke }) => invoke.node !== undefined)
  const lacks = lacking(finalReads, added, values)
  const missing = new Set(lacks.map(([value]) => value))
  const answered = new Set(finalReads.map(({ invoke }) => invoke.node))
  return {
    operations,
    fates: added.map((value) => Fates.of(value, missing.has(value))),
    missing: lacks.flatMap(([{ isKept }, sighting]) => isKept ? sighting : []),
    silent: operations.nodes.filter((node) => !answered.has(node)),
    vanished,
    ...unfounded(values),
    duplicated: values.all.flatMap(({ duplicated }) => duplicated ?? [])
  }
}

/** A value in a read, with the events that the read contradicts. */
const sighting = ({ against, read: { completion, invoke }, value }: Values.Sighting): Finding.Example => {
  const { index, process, time } = completion
  return Finding.example([invoke.node], { value, process, time }, [...against, index])
}

const moment = (event: Event | undefined) =>
  event && { ...event.node !== undefined && { node: event.node }, time: event.time }

const fate = ({ added, known, lastAbsent, lastPresent, value }: Fates.Fate): Finding.Example =>
  Finding.example([lastAbsent?.node], {
    value,
    knownSince: known?.time,
    lastSeen: moment(lastPresent),
    missingFrom: moment(lastAbsent)
  }, [added, known, lastPresent, lastAbsent].map((event) => event?.index))

/** How many of the stalest values are listed. */
const worst = 8

export const kinds = Kinds.make("set", {
  lost: {
    rules: "maelstrom",
    means: "from some moment on a value that was known is in no read",
    there: "`set-full`: `:lost`"
  },
  "nothing to judge by": {
    rules: "maelstrom",
    unknownBy: ["maelstrom", "strict"],
    means: "no value is in all reads from some moment on",
    there: "`set-full`: `:unknown`"
  },
  "missing at the end": {
    rules: "strict",
    means: "the last read of a node lacks a value that was known, though others show it",
    there: "`set-full` asks for one read that shows it"
  },
  "no final read": { rules: "strict", means: "a node answers no read at the end", there: Kinds.nothing },
  vanished: {
    rules: "strict",
    means: "a node no longer shows what it has shown",
    there: "`set-full`: unless for ever"
  },
  "read but never added before": {
    rules: "strict",
    means: "a read shows what nobody had added",
    there: "`set-full` looks only for what was added"
  },
  "read though refused": {
    rules: "strict",
    means: "a read shows what was refused with a definite error",
    there: "`set-full` knows of no refusal"
  },
  "twice in one read": {
    rules: "strict",
    means: "a read shows a value more than once",
    there: "`set-full` compares with the wrong number, and never finds it"
  }
})

/** What is missing at the end and is no part of another finding: nothing is blamed twice. */
const merelyMissing = (
  lost: ReadonlyArray<Fates.Fate>,
  { missing, vanished }: Pick<Analysis, "missing" | "vanished">
): ReadonlyArray<Values.Sighting> => {
  const nameOf = ({ read, value }: Values.Sighting): string => `${read.invoke.node} ${Json.canonical(value)}`
  const isLost = new Set(lost.map(({ value }) => Json.canonical(value)))
  const isVanished = new Set(vanished.map(nameOf))
  return missing.filter((one) => !isLost.has(Json.canonical(one.value)) && !isVanished.has(nameOf(one)))
}

export const check = (history: History, options: Options = {}): Verdict.Verdict => {
  const { duplicated, fates, invented, missing, operations, refused, silent, vanished } = analyse(history, options)
  const having = (outcome: Fates.Outcome): ReadonlyArray<Fates.Fate> => fates.filter((fate) => fate.outcome === outcome)
  const latencies = (of: ReadonlyArray<Fates.Fate>): ReadonlyArray<number> => of.flatMap(({ latency }) => latency ?? [])
  const stable = having("stable")
  const lost = having("lost").filter(({ excused }) => !excused)
  const stale = stable.filter(({ latency = 0 }) => latency > 0)
  const worstStale = stale.toSorted((a, b) => b.latency! - a.latency!).slice(0, worst)

  const findings = [
    ...kinds.of("lost", lost, fate),
    ...stable.length > 0 ? [] : [kinds.once("nothing to judge by")],
    ...kinds.of("missing at the end", merelyMissing(lost, { missing, vanished }), sighting),
    ...Verdict.silent(kinds, "no final read", silent, operations),
    ...kinds.of("vanished", vanished, sighting),
    ...kinds.of("read but never added before", invented, sighting),
    ...kinds.of("read though refused", refused, sighting),
    ...kinds.of("twice in one read", duplicated, sighting)
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
