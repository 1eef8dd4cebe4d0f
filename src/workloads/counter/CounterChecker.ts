/**
 * The checker of counters: clients add at some nodes and read the sum at others.
 *
 * It demands what Maelstrom demands: **at the end** every read is the sum of all acknowledged adds and of any of those
 * whose outcome is unknown. Beyond that, because it lets much pass:
 *
 * - **At the end** every node that was asked anything answers a read, and all of them the same. A final read is the last
 *   operation of a process, if it began after every add had ended.
 * - **Nothing too large, nothing too small**, at any time: a read has what its node acknowledged before it began, and
 *   nothing but what somebody had begun to add before it ended; nothing that was refused with a definite error, which
 *   promises that it never happened. Of what may be in it or not, bounds are checked, not each sum.
 * - **Nothing goes back** in a counter that only grows: a read is not below one of the same node that had ended before
 *   it began, and what the node acknowledged since comes on top.
 *
 * The **stable latency** of an add to a counter that only grows is the time from its acknowledgement to the beginning of
 * the last read that proves to lack it, or another one acknowledged before it; 0 if there is none. What a node adds
 * itself it reads at once: so a read of a node is set against what was acknowledged by others. What it has of them may
 * stand for another that it lacks, so that this is a lower bound: exact when one node adds, and close when many do.
 *
 * What concerns nodes needs the `node` of an `invoke`. Sums are exact, however large.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Json } from "../../schema/Json.ts"
import * as Finding from "../finding/Finding.ts"
import * as Verdict from "../finding/Verdict.ts"
import type { Event, History } from "../history/History.ts"
import * as IntervalSet from "./IntervalSet.ts"

/**
 * What a kill excuses, found in the history as `start-kill` of the nemesis, whose value lists the nodes.
 *
 * - `durable`: nothing.
 * - `volatile`: what a node acknowledged in the life that ended may be gone, or not. And a node that starts again may
 *   have forgotten what it alone had shown; but a counter that only grows does not go back behind what any node had
 *   shown by then that has lived on since.
 */
export type Memory = "durable" | "volatile"

export interface Options {
  readonly growOnly: boolean
  readonly memory: Memory
}

interface Operation {
  readonly invoke: Event
  completion: Event | undefined
}

type Ended = Operation & { readonly completion: Event }

/** A value that a read had, when that read ended, and what its node was told to add, and acknowledged, after that. */
interface Shown {
  readonly value: bigint
  readonly read: Event
  readonly since: bigint
}

interface Place {
  /** The index of the last event that killed it. */
  killed: number
  /** What was acknowledged in this life. */
  acknowledged: Sum
  /** Of the reads in this life the one that demands most of the next. */
  highest: Shown | undefined
  /** The same of others that live, when this life began. */
  inherited: Map<Place, Shown>
}

/** Of what was added: all that is above 0, all that is below, and the last of it. */
interface Sum {
  readonly up: bigint
  readonly down: bigint
  readonly last: ReadonlyArray<Event>
}

/** How many events are shown of many. */
const examples = 5

const nothing: Sum = { up: 0n, down: 0n, last: [] }
const plus = ({ down, last, up }: Sum, add: Event): Sum => {
  const delta = numberOf(add)
  return {
    up: delta < 0n ? up : up + delta,
    down: delta < 0n ? down + delta : down,
    last: [...last.slice(1 - examples), add]
  }
}

interface Read {
  readonly node: NodeId | undefined
  readonly invoke: Event
  readonly completion: Event
  readonly value: bigint
  /** The least that its node had acknowledged itself, when it began. */
  readonly own: bigint
}

interface Wrong {
  readonly read: Event
  readonly node: NodeId | undefined
  readonly value: bigint
  /** What it contradicts, and the events that say so, if they are few. */
  readonly about: { readonly [name: string]: Json }
  readonly against: ReadonlyArray<Event>
}

const isList = (value: Json): value is ReadonlyArray<Json> => Array.isArray(value)
const numberOf = ({ value }: Event): bigint => BigInt(Number(value))

const pair = (history: History): ReadonlyArray<Operation> => {
  const open = new Map<Event["process"], Operation>()
  const operations: Array<Operation> = []
  for (const event of history) {
    if (event.process === "nemesis") continue
    const operation = open.get(event.process)
    if (event.type !== "invoke") {
      if (operation !== undefined) operation.completion = event
    } else {
      const begun = { invoke: event, completion: undefined }
      open.set(event.process, begun)
      operations.push(begun)
    }
  }
  return operations
}

/** In whole ms; times are in whole microseconds. */
const elapsed = (from: Event, to: Event): number =>
  Math.max(0, Math.floor((Math.round(to.time * 1000) - Math.round(from.time * 1000)) / 1000))

/**
 * How long each add was missing as seen by the reads of one node. The adds are those of others, in the order of their
 * acknowledgement; the reads are in that of their beginning.
 */
const latenciesAt = (adds: ReadonlyArray<Ended>, reads: ReadonlyArray<Read>): ReadonlyArray<number> => {
  /** At most this much of what others have added is in the read, or in one of the later ones. */
  const most = reads.map(({ own, value }) => value - own)
  for (let i = most.length - 2; i >= 0; i--) if (most[i + 1]! < most[i]!) most[i] = most[i + 1]!
  let acknowledged = 0n
  let lacking = -1 // the last read that lacks something of what is acknowledged so far
  return adds.map(({ completion, invoke }) => {
    acknowledged += numberOf(invoke)
    while (lacking + 1 < most.length && most[lacking + 1]! < acknowledged) lacking++
    return lacking === -1 ? 0 : elapsed(completion, reads[lacking]!.invoke)
  })
}

/** Of each add above 0, by when it was acknowledged, the longest time that any node lacked it. */
const stableLatencies = (adds: ReadonlyArray<Operation>, reads: ReadonlyArray<Read>): Verdict.Series["points"] => {
  const ended = adds
    .flatMap(({ completion, invoke }): Ended | [] =>
      completion === undefined || numberOf(invoke) === 0n ? [] : { invoke, completion }
    )
    .toSorted((a, b) => a.completion.index - b.completion.index)
  const longest = new Map(ended.map((add) => [add, 0]))
  for (const node of new Set(reads.map(({ node }) => node))) {
    const others = ended.filter(({ invoke }) => invoke.node !== node)
    const here = reads.filter((read) => read.node === node).toSorted((a, b) => a.invoke.index - b.invoke.index)
    latenciesAt(others, here).forEach((latency, i) => {
      longest.set(others[i]!, Math.max(latency, longest.get(others[i]!) ?? 0))
    })
  }
  return [...longest].map(([{ completion }, latency]) => [completion.time, latency])
}

export const check = (history: History, { growOnly, memory }: Options): Verdict.Verdict => {
  const operations = pair(history)
  const completions = new Map(operations.map(({ completion, invoke }) => [invoke, completion]))
  const places = new Map<NodeId | undefined, Place>()
  const open = new Map<Event["process"], { invoke: Event; highest: Shown | undefined; acknowledged: Sum }>()
  const tooLarge: Array<Wrong> = []
  const tooSmall: Array<Wrong> = []
  const wentBack: Array<Wrong> = []
  const reads: Array<Read> = []
  let begun = nothing

  const placeOf = (node: NodeId | undefined): Place => {
    let place = places.get(node)
    if (place === undefined) {
      places.set(node, place = { killed: -1, acknowledged: nothing, highest: undefined, inherited: new Map() })
    }
    return place
  }

  const kill = (place: Place, index: number): void => {
    place.killed = index
    place.acknowledged = nothing
    place.highest = undefined
    for (const other of places.values()) other.inherited.delete(place)
  }

  const revive = (place: Place): void => {
    for (const other of places.values()) if (other.highest !== undefined) place.inherited.set(other, other.highest)
  }

  const disturb = ({ f, index, value }: Event): void => {
    if (memory === "durable" || !isList(value)) return
    for (const [node, place] of places) {
      if (node === undefined || !value.includes(node)) continue
      if (f === "start-kill") kill(place, index)
      if (f === "stop-kill") revive(place)
    }
  }

  const acknowledge = (place: Place, invoke: Event): void => {
    const delta = numberOf(invoke)
    place.acknowledged = plus(place.acknowledged, invoke)
    if (place.highest !== undefined && place.highest.read.index < invoke.index) {
      place.highest = { ...place.highest, since: place.highest.since + delta }
    }
  }

  const see = (invoke: Event, read: Event, acknowledged: Sum, highest: Shown | undefined): void => {
    const { node } = invoke
    const place = placeOf(node)
    const value = numberOf(read)
    reads.push({ node, invoke, completion: read, value, own: acknowledged.up + acknowledged.down })
    if (invoke.index < place.killed) return
    const most = begun.up + acknowledged.down
    const least = begun.down + acknowledged.up
    if (value > most) tooLarge.push({ read, node, value, about: { most: String(most) }, against: [] })
    if (value < least) {
      tooSmall.push({ read, node, value, about: { least: String(least) }, against: acknowledged.last })
    }
    if (!growOnly) return
    const floors = [...highest ? [highest] : [], ...place.inherited.values()]
    const floor = floors.find((shown) => shown.value + shown.since > value)
    if (floor !== undefined) {
      const about = { before: String(floor.value), beforeTime: floor.read.time, since: String(floor.since) }
      wentBack.push({ read, node, value, about, against: [floor.read] })
    }
    if (place.highest === undefined || place.highest.value + place.highest.since <= value) {
      place.highest = { value, read, since: 0n }
    }
  }

  for (const event of history) {
    if (event.process === "nemesis") {
      disturb(event)
    } else if (event.type === "invoke") {
      const { acknowledged, highest } = placeOf(event.node)
      open.set(event.process, { invoke: event, highest, acknowledged })
      if (event.f === "add" && completions.get(event)?.type !== "fail") begun = plus(begun, event)
    } else {
      const operation = open.get(event.process)
      open.delete(event.process)
      if (operation === undefined || event.type !== "ok") continue
      const { acknowledged, highest, invoke } = operation
      const place = placeOf(invoke.node)
      if (event.f !== "add") see(invoke, event, acknowledged, highest)
      else if (invoke.index > place.killed) acknowledge(place, invoke)
    }
  }

  const adds = operations.filter(({ invoke }) => invoke.f === "add")
  const isLost = ({ invoke }: Operation): boolean => invoke.index < placeOf(invoke.node).killed
  const acknowledged = adds.filter(({ completion }) => completion?.type === "ok")
  const definite = acknowledged.filter((add) => !isLost(add))
  const excused = acknowledged.filter(isLost)
  const unknown = adds.filter(({ completion }) => completion === undefined || completion.type === "info")
  const total = (of: ReadonlyArray<Operation>): bigint => of.reduce((sum, { invoke }) => sum + numberOf(invoke), 0n)
  const optional = [...unknown, ...excused].map(({ invoke }) => numberOf(invoke))
  const acceptable = IntervalSet.sums(total(definite), optional)
  const acceptableText = acceptable.slice(0, 5).map(([low, high]) => low === high ? `${low}` : `${low} to ${high}`)
    .concat(acceptable.length > 5 ? ["…"] : []).join(", ")

  const lastAddEnded = adds.reduce((last, { completion }) => Math.max(last, completion?.index ?? -1), -1)
  const lastOperations = new Map(operations.map((operation) => [operation.invoke.process, operation]))
  const final = reads.filter(({ completion, invoke }) =>
    invoke.index > lastAddEnded && lastOperations.get(invoke.process)?.completion === completion
  )
  const wrong = final.filter(({ value }) => !IntervalSet.has(acceptable, value))
    .map(({ completion: read, node, value }): Wrong => ({
      read,
      node,
      value,
      about: { acceptable: acceptableText },
      against: []
    }))
  const values = [...new Set(final.map(({ value }) => value))]
  const silent = [...places.keys()].filter((node) => node !== undefined)
    .filter((node) => !final.some((read) => read.node === node))

  const wrongRead = ({ about, against, node, read, value }: Wrong): Finding.Example =>
    Finding.example([node], { value: String(value), process: read.process, time: read.time, ...about }, [
      ...against.map(({ index }) => index),
      read.index
    ])
  const findings = [
    ...Finding.of("counter", "wrong at the end", "maelstrom", wrong, wrongRead),
    ...Finding.of("counter", "different at the end", "strict", values.length > 1 ? values : [], (value) => {
      const those = final.filter((read) => read.value === value)
      return Finding.example(
        those.map(({ node }) => node),
        { value: String(value) },
        those.map(({ completion }) => completion.index).slice(0, examples)
      )
    }),
    ...Verdict.silent("counter", "no final read", "strict", silent, history),
    ...Finding.of("counter", "too large", "strict", tooLarge, wrongRead),
    ...Finding.of("counter", "too small", "strict", tooSmall, wrongRead),
    ...Finding.of("counter", "went back", "strict", wentBack, wrongRead)
  ]

  const points = growOnly ? stableLatencies(definite, reads) : []
  return Verdict.make(findings, {
    attempted: adds.length,
    acknowledged: acknowledged.length,
    unknown: unknown.length,
    excused: excused.length,
    acceptable: acceptableText,
    finalReads: values.map(Number),
    ...Verdict.quantiles("stableLatencies", points.map(([, latency]) => latency))
  }, growOnly ? [{ name: "stable latency", points }] : undefined)
}
