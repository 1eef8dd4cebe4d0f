/**
 * The operations that a replica has, in the order in which it got them; but stable ones at the front are forgotten.
 *
 * **Any prefix is causally closed**: an operation comes after all that its origin had when it made it. For a replica
 * appends its own operations after all that it has, and takes those of others in an order of which this holds. So one
 * number, a position, says that a node has all operations before it, with all on which they depend.
 *
 * **Epochs.** A replica that begins anew from a snapshot has another log, of the next epoch, whose positions mean
 * something else.
 *
 * A log numbers origins in the order in which they first occur, so that messages name each of them only once.
 */
import type { Origin, VersionVector } from "../../../schema/VersionVector.ts"
import * as Queue from "./Queue.ts"

export interface Entry<A> {
  readonly origin: Origin
  /** The origin's first operation is number 1. */
  readonly sequence: number
  readonly operation: A
}

/** What a log knows of one origin. */
export interface Source {
  readonly origin: Origin
  readonly number: number
  /** The position of its first operation; -1 if that was forgotten before the log began. */
  readonly firstAt: number
  /** The positions of its operations. The first position of this queue is how many of them are forgotten. */
  readonly positions: Queue.Queue<number>
}

export interface Kept<A> extends Entry<A> {
  readonly source: Source
  /** For the log alone: its bytes as JSON, -1 before anybody has asked; and those of some operations before it. */
  size: number
  bytesBefore: number
}

export interface Log<A> {
  readonly epoch: () => number
  /** Whether operations come before position 0: those that were forgotten before the log began. They are stable. */
  readonly hasPast: () => boolean
  /** How many operations of each origin the replica has, forgotten or not. */
  readonly vector: VersionVector
  /** The position of the first operation that is not forgotten; and the position that the next one will get. */
  readonly first: () => number
  readonly end: () => number
  readonly at: (position: number) => Kept<A> | undefined
  /** Adds the origin's next operation. */
  readonly append: (origin: Origin, operation: A) => Kept<A>
  /**
   * Replaces the last operation, which must not be forgotten, by what `change` makes of it; says whether `change` has
   * made one.
   */
  readonly amend: (change: (last: A) => A | undefined) => boolean
  /** In the order of their numbers. */
  readonly sources: ReadonlyArray<Source>
  /** Undefined for an origin of which the log has never had an operation. */
  readonly source: (origin: Origin) => Source | undefined
  /** An operation, if it is not forgotten. */
  readonly find: (origin: Origin, sequence: number) => Kept<A> | undefined
  /** The first position whose operation a node with this vector lacks; undefined if it lacks a forgotten one. */
  readonly firstLacked: (vector: VersionVector) => number | undefined
  /** How many operations of each origin, in the order of their numbers, come before this position. */
  readonly before: (position: number) => ReadonlyArray<readonly [Origin, number]>
  /** How many bytes the operation takes as JSON; and how many all from this position on take. */
  readonly sizeOf: (entry: Kept<A>) => number
  readonly bytesFrom: (position: number) => number
  /** Forgets all before this position. */
  readonly forgetTo: (position: number) => void
  /**
   * Begins the next epoch, in which so many operations of these origins are had and forgotten; gives origins numbers in
   * this order.
   */
  readonly restart: (forgotten: ReadonlyArray<readonly [Origin, number]>) => void
}

/** How many of these rising positions come before this one, those included that the queue has dropped. */
const countBefore = (positions: Queue.Queue<number>, position: number): number => {
  let [low, high] = [positions.first(), positions.end()]
  while (low < high) {
    const middle = (low + high) >> 1
    if (positions.at(middle)! < position) low = middle + 1
    else high = middle
  }
  return low
}

/** The first position before `end` whose operation a node with this vector lacks. */
const firstLacked = (sources: ReadonlyArray<Source>, has: VersionVector, end: number): number | undefined => {
  let first = end
  for (const { origin, positions } of sources) {
    const count = has.get(origin) ?? 0
    if (count < positions.first()) return undefined
    first = Math.min(first, positions.at(count) ?? first)
  }
  return first
}

/** The operations themselves. Each is measured when its size is first needed: most nodes send on little of what they get. */
const makeEntries = <A>(measure: (operation: A) => number) => {
  let entries = Queue.make<Kept<A>>()
  let [measuredFrom, measuredTo] = [0, 0]
  let bytes = 0

  const sizeOf = (entry: Kept<A>): number => {
    if (entry.size < 0) entry.size = measure(entry.operation)
    return entry.size
  }

  return {
    first: () => entries.first(),
    end: () => entries.end(),
    at: (position: number): Kept<A> | undefined => entries.at(position),
    append: (source: Source, sequence: number, operation: A): Kept<A> => {
      const entry = { origin: source.origin, sequence, operation, source, size: -1, bytesBefore: 0 }
      entries.push(entry)
      return entry
    },
    amend: (change: (last: A) => A | undefined): boolean => {
      const end = entries.end()
      const last = entries.at(end - 1)!
      const operation = change(last.operation)
      if (operation === undefined) return false
      entries.replaceLast({ ...last, operation, size: -1 })
      if (measuredFrom < end && measuredTo === end) {
        measuredTo--
        bytes = last.bytesBefore
      }
      return true
    },
    sizeOf,
    bytesFrom: (position: number): number => {
      if (position < measuredFrom || position > measuredTo) measuredFrom = measuredTo = position
      for (; measuredTo < entries.end(); measuredTo++) {
        const entry = entries.at(measuredTo)!
        entry.bytesBefore = bytes
        bytes += sizeOf(entry)
      }
      return bytes - (entries.at(position)?.bytesBefore ?? bytes)
    },
    dropTo: (position: number): void => entries.dropTo(position),
    clear: (): void => {
      entries = Queue.make()
      measuredFrom = measuredTo = 0
    }
  }
}

/** `measure` says how many bytes an operation takes as JSON. */
export const make = <A>(measure: (operation: A) => number): Log<A> => {
  const sources: Array<Source> = []
  const byOrigin = new Map<Origin, Source>()
  const vector = new Map<Origin, number>()
  const entries = makeEntries(measure)
  let epoch = 0

  const add = (origin: Origin, firstAt: number, forgotten: number): Source => {
    const source = { origin, number: sources.length, firstAt, positions: Queue.make<number>(forgotten) }
    sources.push(source)
    byOrigin.set(origin, source)
    return source
  }

  return {
    epoch: () => epoch,
    hasPast: () => sources[0]?.firstAt === -1,
    vector,
    first: entries.first,
    end: entries.end,
    at: entries.at,
    append: (origin, operation) => {
      const end = entries.end()
      const source = byOrigin.get(origin) ?? add(origin, end, 0)
      source.positions.push(end)
      const sequence = source.positions.end()
      vector.set(origin, sequence)
      return entries.append(source, sequence, operation)
    },
    amend: entries.amend,
    sources,
    source: (origin) => byOrigin.get(origin),
    find: (origin, sequence) => {
      const position = byOrigin.get(origin)?.positions.at(sequence - 1)
      return position === undefined ? undefined : entries.at(position)
    },
    firstLacked: (has) => firstLacked(sources, has, entries.end()),
    before: (position) =>
      sources.filter(({ firstAt }) => firstAt < position)
        .map(({ origin, positions }) => [origin, countBefore(positions, position)] as const),
    sizeOf: entries.sizeOf,
    bytesFrom: entries.bytesFrom,
    forgetTo: (position) => {
      const end = Math.min(position, entries.end())
      for (let i = entries.first(); i < end; i++) {
        const { sequence, source } = entries.at(i)!
        source.positions.dropTo(sequence)
      }
      entries.dropTo(end)
    },
    restart: (forgotten) => {
      sources.length = 0
      byOrigin.clear()
      vector.clear()
      entries.clear()
      epoch++
      for (const [origin, count] of forgotten) {
        add(origin, -1, count)
        vector.set(origin, count)
      }
    }
  }
}
