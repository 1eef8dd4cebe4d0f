/**
 * What a replica has of a peer's log: all before a position. Segments are taken in order. One that begins later waits for
 * those before it, and one that leaves out what is to come from elsewhere waits for that; so operations are delivered in
 * causal order, each once.
 *
 * A log of which nothing is known begins at 0. At any other position it can be begun by a segment that says what comes
 * before, if all of that is here.
 */
import type { Life } from "../../../schema/ReplicaProtocol.ts"
import type { Origin, VersionVector } from "../../../schema/VersionVector.ts"
import * as Segment from "./Segment.ts"

interface Source {
  readonly origin: Origin
  /** How many operations of it come before the position. */
  count: number
}

export interface Incoming<A> {
  /** Whose log it is, and which. */
  life: Life | undefined
  epoch: number
  /** All before this position is here. */
  position: number
  /** The origins of these, by their numbers in the peer's log and by name. */
  readonly sources: Array<Source>
  readonly byOrigin: Map<Origin, Source>
  /** What waits for its turn. */
  held: Array<Segment.Segment<A>>
  /** An operation of this origin is to come from elsewhere. */
  missing: Origin | undefined
  /** The peer has said that more is to come at once. */
  isStreaming: boolean
}

export const make = <A>(): Incoming<A> => ({
  life: undefined,
  epoch: 0,
  position: 0,
  sources: [],
  byOrigin: new Map(),
  held: [],
  missing: undefined,
  isStreaming: false
})

/** How many segments wait at the most. */
const maxHeld = 100

/** Another life's log: nothing of it is here. */
export const begin = <A>(incoming: Incoming<A>, life: Life): void => {
  Object.assign(incoming, { ...make(), life })
}

/** This log, of which all before this position is here: so many operations of these origins, in the order of their numbers. */
export const open = <A>(
  incoming: Incoming<A>,
  epoch: number,
  position: number,
  base: ReadonlyArray<readonly [Origin, number]>
): void => {
  incoming.epoch = epoch
  incoming.position = position
  incoming.sources.length = 0
  incoming.byOrigin.clear()
  for (const [origin, count] of base) addSource(incoming, origin, count)
}

const addSource = <A>({ byOrigin, sources }: Incoming<A>, origin: Origin, count: number): void => {
  const source = { origin, count }
  sources.push(source)
  byOrigin.set(origin, source)
}

export const hold = <A>(incoming: Incoming<A>, segment: Segment.Segment<A>): void => {
  incoming.held.push(segment)
  if (incoming.held.length > maxHeld) incoming.held.shift()
}

/** Up to where the peer's log is here without a gap, if that which is held is counted. */
export const heldTo = <A>({ epoch, held, position }: Incoming<A>): number => {
  const rest = held.filter((segment): segment is Segment.OfLog<A> => segment.kind === "log" && segment.epoch === epoch)
    .toSorted((a, b) => a.at - b.at)
  let end = position
  for (const segment of rest) if (segment.at <= end) end = Math.max(end, segment.end)
  return end
}

/** How many operations of the origin come before the position. */
export const countOf = <A>({ byOrigin }: Incoming<A>, origin: Origin): number => byOrigin.get(origin)?.count ?? 0

/** What taking a segment calls for. */
export interface Receiver<A> {
  readonly vector: VersionVector
  /** The peer's log is followed from here; so many operations of these origins come before. */
  readonly opened: (position: number, before: ReadonlyArray<readonly [Origin, number]>) => void
  /** The next operation of this origin. */
  readonly deliver: (origin: Origin, operation: A) => void
  /** The peer's log goes on with so many operations of this origin; with that it has so many of them. */
  readonly passed: (origin: Origin, count: number, passed: number) => void
}

/** `waiting`: for what comes before. `broken`: nobody whose log this is can have said it. */
export type Outcome = "taken" | "waiting" | "broken"

const covers = (vector: VersionVector, base: ReadonlyArray<readonly [Origin, number]>): boolean =>
  base.every(([origin, count]) => (vector.get(origin) ?? 0) >= count)

/** Whether the segment's turn has come; it begins the log anew if it has to, and can. */
const reaches = <A>(incoming: Incoming<A>, segment: Segment.OfLog<A>, { opened, vector }: Receiver<A>): boolean => {
  if (segment.epoch === incoming.epoch && segment.at <= incoming.position) return true
  if (segment.base === undefined) {
    if (segment.at > 0 || segment.epoch < incoming.epoch) return false
    open(incoming, segment.epoch, 0, [])
    opened(0, [])
    return true
  }
  if (!covers(vector, segment.base)) return false
  open(incoming, segment.epoch, segment.at, segment.base)
  opened(segment.at, segment.base)
  return true
}

/** Those of which nothing comes before the position get the next numbers. */
const learnNames = <A>(incoming: Incoming<A>, { names }: Segment.OfLog<A>): void => {
  for (const origin of names) if (!incoming.byOrigin.has(origin)) addSource(incoming, origin, 0)
}

const takeOfLog = <A>(incoming: Incoming<A>, segment: Segment.OfLog<A>, receiver: Receiver<A>): Outcome => {
  if (segment.epoch < incoming.epoch) return "taken" // of a log that is no more
  if (!reaches(incoming, segment, receiver)) return "waiting"
  if (segment.end <= incoming.position) return "taken"
  learnNames(incoming, segment)
  let at = segment.at
  let outcome: Outcome = "taken"
  incoming.missing = undefined
  Segment.forEachRun(segment, (number, count, contents) => {
    const skipped = Math.min(count, Math.max(0, incoming.position - at))
    at += count
    if (skipped === count) return true
    const source = incoming.sources[number]
    outcome = source === undefined
      ? "broken"
      : takeRun(incoming, source, count - skipped, contents?.slice(skipped), receiver)
    return outcome === "taken"
  })
  return outcome
}

/** So many operations of one origin: those that are left out have to be here. */
const takeRun = <A>(
  incoming: Incoming<A>,
  source: Source,
  count: number,
  contents: ReadonlyArray<A> | undefined,
  { deliver, passed, vector }: Receiver<A>
): Outcome => {
  const { origin } = source
  const before = source.count
  const has = vector.get(origin) ?? 0
  if (contents !== undefined && has < before) return "broken"
  const passing = contents === undefined ? Math.max(0, Math.min(count, has - before)) : count
  contents?.slice(Math.max(0, has - before)).forEach((operation) => deliver(origin, operation))
  source.count += passing
  incoming.position += passing
  if (passing > 0) passed(origin, source.count, passing)
  if (passing === count) return "taken"
  incoming.missing = origin
  return "waiting"
}

/** The peer's own operations. */
const takeOwn = <A>(origin: Origin, segment: Segment.OfOwn<A>, { deliver, vector }: Receiver<A>): Outcome => {
  const has = vector.get(origin) ?? 0
  if (segment.first > has + 1) return "waiting"
  segment.ops.slice(has + 1 - segment.first).forEach((operation) => deliver(origin, operation))
  return "taken"
}

/** Takes a segment, or as much of it as can be; `own` is the origin of what the peer's present life makes. */
export const take = <A>(
  incoming: Incoming<A>,
  own: Origin,
  segment: Segment.Segment<A>,
  receiver: Receiver<A>
): Outcome => segment.kind === "own" ? takeOwn(own, segment, receiver) : takeOfLog(incoming, segment, receiver)
