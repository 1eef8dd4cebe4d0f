/**
 * How far operations are had by so many nodes. A replica infers it from what others have of its own log, as a position;
 * and it is told by one who can tell more, as a position in that one's log. Both come to a version vector, for what a
 * program sees has no positions.
 *
 * The frontier of all nodes is always kept: what is before it can be forgotten.
 */
import type * as ReplicaProtocol from "../../../schema/ReplicaProtocol.ts"
import type { Origin, VersionVector } from "../../../schema/VersionVector.ts"
import type { Entry, Log } from "./Log.ts"
import * as Trail from "./Trail.ts"

export interface Frontier {
  /** Of how many nodes. */
  readonly copies: number
  /** Whether the program waits for it. */
  readonly isWanted: boolean
  readonly vector: Map<Origin, number>
  /** How far it has come in this replica's own log. */
  position: number
}

/** It has advanced, by these operations. */
export interface Advance<A> {
  readonly copies: number
  readonly vector: VersionVector
  readonly entries: ReadonlyArray<Entry<A>>
}

export const make = (copies: number, isWanted: boolean): Frontier => ({
  copies,
  isWanted,
  vector: new Map(),
  position: 0
})

const raise = <A>(
  { vector }: Frontier,
  log: Log<A>,
  origin: Origin,
  count: number,
  entries: Array<Entry<A>>
): void => {
  const before = vector.get(origin) ?? 0
  if (count <= before) return
  vector.set(origin, count)
  for (let sequence = before + 1; sequence <= count; sequence++) {
    const entry = log.find(origin, sequence)
    if (entry !== undefined) entries.push(entry)
  }
}

const advance = <A>({ copies, vector }: Frontier, entries: ReadonlyArray<Entry<A>>): Advance<A> | undefined =>
  entries.length === 0 ? undefined : { copies, vector, entries }

/** 0 if there are fewer. */
const nthLargest = (numbers: ReadonlyArray<number>, n: number): number => {
  if (numbers.length < n) return 0
  return numbers.length === n ? Math.min(...numbers) : numbers.toSorted((a, b) => b - a)[n - 1]!
}

/**
 * By how many operations a frontier advances at the most before something else has its turn: whoever was far behind makes
 * very many stable at once.
 */
export const most = 2000

/** Every node but this one has so much of this replica's log, in no order; those of which nothing counts are left out. */
export const reach = <A>({ copies }: Frontier, log: Log<A>, confirmed: ReadonlyArray<number>): number =>
  copies === 1 ? log.end() : nthLargest(confirmed, copies - 1)

/** So many nodes have this replica's log to here. */
export const infer = <A>(frontier: Frontier, log: Log<A>, reached: number): Advance<A> | undefined => {
  const from = Math.max(frontier.position, log.first())
  const position = Math.min(reached, from + most)
  if (position <= frontier.position) return undefined
  const entries: Array<Entry<A>> = []
  for (let i = from; i < position; i++) {
    const { origin, sequence } = log.at(i)!
    raise(frontier, log, origin, sequence, entries)
  }
  frontier.position = position
  return advance(frontier, entries)
}

/** It has come to this position in the log that the trail follows; all before that is here. */
export const hear = <A>(
  frontier: Frontier,
  log: Log<A>,
  trail: Trail.Trail,
  position: number
): Advance<A> | undefined => {
  const entries: Array<Entry<A>> = []
  Trail.follow(trail, position, (origin, count) => raise(frontier, log, origin, count, entries))
  return advance(frontier, entries)
}

/** All of this is before it, whoever says so. */
export const adopt = <A>(frontier: Frontier, log: Log<A>, vector: VersionVector): Advance<A> | undefined => {
  const entries: Array<Entry<A>> = []
  for (const [origin, count] of vector) raise(frontier, log, origin, count, entries)
  return advance(frontier, entries)
}

export const tell = (frontiers: ReadonlyArray<Frontier>): ReplicaProtocol.Frontiers =>
  frontiers.map(({ copies, position }) => [copies, position] as const)
