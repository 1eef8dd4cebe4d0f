/**
 * Frontiers: how far so many nodes have the operations. A replica infers a frontier from what others have of its own
 * log, as a position. Or a peer that knows more tells it, as a position in the peer's log. The replica turns both into
 * a version vector, since programs know no positions.
 *
 * A replica always keeps the frontier of all nodes: it may forget what is before that.
 */
import type * as ReplicaProtocol from "../../../schema/ReplicaProtocol.ts"
import type { Origin, VersionVector } from "../../../schema/VersionVector.ts"
import type { Entry, Log } from "./Log.ts"
import * as Trail from "./Trail.ts"

export interface Frontier {
  /** How many nodes have what is before it. */
  readonly copies: number
  /** Whether the program waits for it. */
  readonly isWanted: boolean
  readonly vector: Map<Origin, number>
  /** How far it has come in this replica's own log. */
  position: number
}

/** A frontier has advanced, by these operations. */
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

/** 0 if there are fewer than n. */
const nthLargest = (numbers: ReadonlyArray<number>, n: number): number => {
  if (numbers.length < n) return 0
  return numbers.length === n ? Math.min(...numbers) : numbers.toSorted((a, b) => b - a)[n - 1]!
}

/**
 * By how many operations a frontier advances at the most before something else has its turn: when a node that was far
 * behind has caught up, very many operations become stable at once.
 */
export const most = 2000

/**
 * How far the frontier can be inferred. `confirmed` has, in no order, how far other nodes have this replica's log;
 * nodes of which nothing counts are left out.
 */
export const reach = <A>({ copies }: Frontier, log: Log<A>, confirmed: ReadonlyArray<number>): number =>
  copies === 1 ? log.end() : nthLargest(confirmed, copies - 1)

/** So many nodes have this replica's log up to `reached`: moves the frontier there, or nearer. */
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

/** Moves the frontier to this position of the log that the trail follows. This replica must have all before that. */
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

/** Moves the frontier over all of this vector. */
export const adopt = <A>(frontier: Frontier, log: Log<A>, vector: VersionVector): Advance<A> | undefined => {
  const entries: Array<Entry<A>> = []
  for (const [origin, count] of vector) raise(frontier, log, origin, count, entries)
  return advance(frontier, entries)
}

export const tell = (frontiers: ReadonlyArray<Frontier>): ReplicaProtocol.Frontiers =>
  frontiers.map(({ copies, position }) => [copies, position] as const)
