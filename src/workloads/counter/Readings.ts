/**
 * What nodes answered of a counter at any time, and where that is out of bounds: see CounterChecker for the demands.
 *
 * One pass over the history. Of every node it keeps sums of what counts now, so that a read costs no more late in a run
 * than early: only a kill, and a read of a node that was killed, look at all nodes.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Json } from "../../schema/Json.ts"
import type { Event } from "../history/History.ts"
import * as Lives from "../history/Lives.ts"
import * as Operations from "../history/Operations.ts"

/** A read that was ok. */
export interface Reading {
  readonly node: NodeId | undefined
  readonly invoke: Event
  readonly completion: Event
  readonly value: bigint
  /** The least that the node itself had acknowledged when the read began. */
  readonly own: bigint
}

export interface Wrong {
  readonly reading: Reading
  /** The demand that the reading contradicts, and the events that show it, if they are few. */
  readonly about: { readonly [name: string]: Json }
  readonly against: ReadonlyArray<Event>
}

export interface Readings {
  /** Readings, in the order in which the reads ended. */
  readonly all: ReadonlyArray<Reading>
  readonly tooLarge: ReadonlyArray<Wrong>
  readonly tooSmall: ReadonlyArray<Wrong>
  readonly wentBack: ReadonlyArray<Wrong>
}

/** Of what was added: all that is above 0, all that is below, and the last of it. */
interface Sum {
  readonly up: bigint
  readonly down: bigint
  readonly last: ReadonlyArray<Event>
}

/** What a read had, and what its node was told to add, and acknowledged, after that. */
interface Shown {
  readonly value: bigint
  readonly read: Event
  readonly since: bigint
}

/** What a node has acknowledged in its life, and of its reads in it the one that demands most of the next. */
interface Standing {
  readonly acknowledged: Sum
  readonly highest: Shown | undefined
}

interface Place {
  standing: Standing
  /** The highest reading of other nodes that lived when this life began. */
  readonly inherited: Map<Place, Shown>
}

/** How many events a reading shows at the most. */
export const examples = 5

export const isAdd = ({ f }: Event): boolean => f === "add"
export const numberOf = ({ value }: Event): bigint => BigInt(Number(value))

const nothing: Sum = { up: 0n, down: 0n, last: [] }
const unborn: Standing = { acknowledged: nothing, highest: undefined }

const plus = ({ down, last, up }: Sum, add: Event): Sum => {
  const delta = numberOf(add)
  return {
    up: delta < 0n ? up : up + delta,
    down: delta < 0n ? down + delta : down,
    last: [...last.slice(1 - examples), add]
  }
}

const least = ({ since, value }: Shown): bigint => value + since

/** With an add that the node acknowledged. It comes on top of a read that had ended before. */
const acknowledge = ({ acknowledged, highest }: Standing, invoke: Event): Standing => ({
  acknowledged: plus(acknowledged, invoke),
  highest: highest !== undefined && highest.read.index < invoke.index
    ? { ...highest, since: highest.since + numberOf(invoke) }
    : highest
})

/** What the checker knows of each node, through all kills of the nemesis. */
const places = (memory: Lives.Memory) => {
  const all = new Map<NodeId | undefined, Place>()

  const kill = (place: Place): void => {
    place.standing = unborn
    for (const other of all.values()) other.inherited.delete(place)
  }
  const revive = (place: Place): void => {
    for (const other of all.values()) {
      if (other.standing.highest !== undefined) place.inherited.set(other, other.standing.highest)
    }
  }
  return {
    of: (node: NodeId | undefined): Place => {
      let place = all.get(node)
      if (place === undefined) all.set(node, place = { standing: unborn, inherited: new Map() })
      return place
    },
    fault: (event: Event): void => {
      const change = Lives.isKill(event)
        ? kill
        : event.f === "stop-kill" || event.f === "stop-wipe"
        ? revive
        : undefined
      if (change === undefined || memory === "durable") return
      for (const node of Lives.nodesOf(event)) {
        const place = all.get(node)
        if (place !== undefined) change(place)
      }
    }
  }
}

/** Why a read is too large or too small for what somebody had begun to add and what its node had acknowledged. */
const outOfBounds = (reading: Reading, begun: Sum, { down, last, up }: Sum) => {
  const most = begun.up + down
  const least = begun.down + up
  return {
    tooLarge: reading.value > most ? [{ reading, about: { most: String(most) }, against: [] }] : [],
    tooSmall: reading.value < least ? [{ reading, about: { least: String(least) }, against: last }] : []
  }
}

/** Why a read goes back behind what was shown before it began. */
const goingBack = (reading: Reading, shown: ReadonlyArray<Shown>): ReadonlyArray<Wrong> => {
  const floor = shown.find((one) => least(one) > reading.value)
  if (floor === undefined) return []
  const { read, since, value } = floor
  const about = { before: String(value), beforeTime: read.time, since: String(since) }
  return [{ reading, about, against: [read] }]
}

export const make = (
  operations: Operations.Operations,
  lives: Lives.Lives,
  { growOnly, memory }: { readonly growOnly: boolean; readonly memory: Lives.Memory }
): Readings => {
  const { fault, of } = places(memory)
  const atBegin = new Map<Operations.Operation, Standing>()
  const all: Array<Reading> = []
  const tooLarge: Array<Wrong> = []
  const tooSmall: Array<Wrong> = []
  const wentBack: Array<Wrong> = []
  let begun = nothing

  const read = (operation: Operations.Completed, { acknowledged, highest }: Standing): void => {
    const { completion, invoke } = operation
    const place = of(invoke.node)
    const own = acknowledged.up + acknowledged.down
    const reading: Reading = { node: invoke.node, invoke, completion, value: numberOf(completion), own }
    all.push(reading)
    if (!lives.isOne(operation)) return
    const wrong = outOfBounds(reading, begun, acknowledged)
    tooLarge.push(...wrong.tooLarge)
    tooSmall.push(...wrong.tooSmall)
    if (!growOnly) return
    wentBack.push(...goingBack(reading, [...highest ? [highest] : [], ...place.inherited.values()]))
    const { standing } = place
    if (standing.highest === undefined || least(standing.highest) <= reading.value) {
      place.standing = { ...standing, highest: { value: reading.value, read: completion, since: 0n } }
    }
  }

  Operations.walk(operations, {
    fault,
    begin: (operation) => {
      const { invoke } = operation
      atBegin.set(operation, of(invoke.node).standing)
      if (isAdd(invoke) && Operations.isPossible(operation)) begun = plus(begun, invoke)
    },
    end: (operation) => {
      const standing = atBegin.get(operation) ?? unborn
      atBegin.delete(operation)
      if (operation.completion.type !== "ok") return
      const place = of(operation.invoke.node)
      if (!isAdd(operation.invoke)) read(operation, standing)
      else if (lives.isOne(operation)) place.standing = acknowledge(place.standing, operation.invoke)
    }
  })
  return { all, tooLarge, tooSmall, wentBack }
}
