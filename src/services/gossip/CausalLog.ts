/**
 * All operations that a node has, in the order in which it got them.
 *
 * That order respects causality: an operation comes after all that its origin had when it was made. For a node appends
 * its own operations after everything that it has, and takes those of others only in batches whose base it has. So any
 * prefix of the log is causally closed, and so is what remains of a batch after leaving out what the receiver has.
 */
import type { Origin, VersionVector } from "../../schema/VersionVector.ts"
import * as Vector from "../../schema/VersionVector.ts"

export interface Entry<A> {
  readonly origin: Origin
  /** The origin's first operation is number 1. */
  readonly sequence: number
  readonly operation: A
}

export interface CausalLog<A> {
  readonly vector: VersionVector
  readonly length: () => number
  readonly at: (position: number) => Entry<A> | undefined
  /** Adds the origin's next operation. */
  readonly append: (origin: Origin, operation: A) => Entry<A>
  /** The first position whose entry somebody with this vector lacks. */
  readonly firstLacked: (vector: VersionVector) => number
  /** The positions of the origin's operations, in order. */
  readonly positions: (origin: Origin) => ReadonlyArray<number>
  /** All positions from this one on. */
  readonly from: (position: number) => Iterable<number>
}

export const make = <A>(): CausalLog<A> => {
  const entries: Array<Entry<A>> = []
  const positions = new Map<Origin, Array<number>>()
  const vector = new Map<Origin, number>()

  return {
    vector,
    length: () => entries.length,
    at: (position) => entries[position],
    append: (origin, operation) => {
      const entry = { origin, sequence: (vector.get(origin) ?? 0) + 1, operation }
      vector.set(origin, entry.sequence)
      const known = positions.get(origin)
      if (known === undefined) positions.set(origin, [entries.length])
      else known.push(entries.length)
      entries.push(entry)
      return entry
    },
    firstLacked: (vector) => {
      let first = entries.length
      for (const [origin, of] of positions) first = Math.min(first, of[vector.get(origin) ?? 0] ?? first)
      return first
    },
    positions: (origin) => positions.get(origin) ?? [],
    *from(position) {
      while (position < entries.length) yield position++
    }
  }
}

/** A run of operations, and what one must have to take them. */
export interface Batch<A> {
  readonly base: VersionVector
  readonly operations: ReadonlyArray<readonly [origin: Origin, operation: A]>
}

/**
 * A batch for who has `has`: what is lacked of these positions, which are in order, and no more of it than the limit. Its
 * base is what comes with and before it in the log; `isAll` says that it is all that is lacked.
 */
export const batch = <A>(
  log: CausalLog<A>,
  positions: Iterable<number>,
  has: VersionVector,
  limit: number
): Batch<A> & { readonly isAll: boolean } => {
  const entries: Array<Entry<A>> = []
  let end = log.length()
  for (const position of positions) {
    const entry = log.at(position)!
    if (entry.sequence <= (has.get(entry.origin) ?? 0)) continue
    if (entries.length === limit) {
      end = position
      break
    }
    entries.push(entry)
  }
  const base = new Map(log.vector)
  const without = ({ origin }: Entry<A>): void => void base.set(origin, base.get(origin)! - 1)
  for (const position of log.from(end)) without(log.at(position)!)
  entries.forEach(without)
  const operations = entries.map(({ operation, origin }) => [origin, operation] as const)
  return { base, operations, isAll: end === log.length() }
}

/** What one has who has taken the batch. */
export const reach = <A>({ base, operations }: Batch<A>): Map<Origin, number> => {
  const reached = new Map(base)
  for (const [origin] of operations) reached.set(origin, (reached.get(origin) ?? 0) + 1)
  return reached
}

/**
 * Takes a batch: the entries that are new, or `undefined` when its base is not there yet. What is there already is
 * passed over, so a batch may come any number of times.
 */
export const take = <A>(log: CausalLog<A>, { base, operations }: Batch<A>): ReadonlyArray<Entry<A>> | undefined => {
  if (!Vector.covers(log.vector, base)) return undefined
  const taken: Array<Entry<A>> = []
  const sequences = new Map<Origin, number>()
  for (const [origin, operation] of operations) {
    const sequence = (sequences.get(origin) ?? base.get(origin) ?? 0) + 1
    sequences.set(origin, sequence)
    if (sequence === (log.vector.get(origin) ?? 0) + 1) taken.push(log.append(origin, operation))
  }
  return taken
}
