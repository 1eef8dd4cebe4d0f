/**
 * What a replica has of a peer's log: all before a position. It takes segments in order, and each operation once. It
 * holds a segment that begins later until it has what comes before; and one that leaves out an operation that is to
 * come from elsewhere until it has that. So it delivers operations in causal order, each once.
 *
 * A replica that knows nothing of a log begins with it at 0. It begins with it at another position if a segment says
 * what comes before, and the replica has all of that.
 */
import type { Life } from "../../../schema/ReplicaProtocol.ts"
import type { Origin, VersionVector } from "../../../schema/VersionVector.ts"
import * as Segment from "./Segment.ts"

interface Source {
  readonly origin: Origin
  /** How many of its operations come before the position. */
  count: number
}

export interface Incoming<A> {
  /** Which life's log it is, and which epoch of it. */
  life: Life | undefined
  epoch: number
  /** The replica has all before this position. */
  position: number
  /** The origins of what comes before, by their numbers in the peer's log and by name. */
  readonly sources: Array<Source>
  readonly byOrigin: Map<Origin, Source>
  /** Segments that are held. */
  held: Array<Segment.Segment<A>>
  /** The origin of an operation that the next segment leaves out and that is to come from elsewhere. */
  missing: Origin | undefined
  /** Whether the peer has said that it will send more at once. */
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

/** How many segments are held at the most; the oldest go first. */
const maxHeld = 100

/** Begins with another life's log, of which the replica has nothing. */
export const begin = <A>(incoming: Incoming<A>, life: Life): void => {
  Object.assign(incoming, { ...make(), life })
}

/**
 * Follows the log from this position on. Before it come so many operations of these origins, which have their numbers
 * in this order.
 */
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

/** Up to where the replica has the peer's log without a gap, held segments included. */
export const heldTo = <A>({ epoch, held, position }: Incoming<A>): number => {
  const rest = held.filter((segment): segment is Segment.OfLog<A> => segment.kind === "log" && segment.epoch === epoch)
    .toSorted((a, b) => a.at - b.at)
  let end = position
  for (const segment of rest) if (segment.at <= end) end = Math.max(end, segment.end)
  return end
}

/** How many operations of the origin come before the position. */
export const countOf = <A>({ byOrigin }: Incoming<A>, origin: Origin): number => byOrigin.get(origin)?.count ?? 0

/** What happens when a segment is taken. */
export interface Receiver<A> {
  readonly vector: VersionVector
  /** The replica follows the peer's log from this position on; so many operations of these origins come before. */
  readonly opened: (position: number, before: ReadonlyArray<readonly [Origin, number]>) => void
  /** This is the next operation of the origin. */
  readonly deliver: (origin: Origin, operation: A) => void
  /** The peer's log goes on with `passed` operations of this origin, and then has `count` of them. */
  readonly passed: (origin: Origin, count: number, passed: number) => void
}

/** `waiting`: the segment has to wait for what comes before. `broken`: nobody whose log this is can have sent it. */
export type Outcome = "taken" | "waiting" | "broken"

const covers = (vector: VersionVector, base: ReadonlyArray<readonly [Origin, number]>): boolean =>
  base.every(([origin, count]) => (vector.get(origin) ?? 0) >= count)

/** Whether the segment's turn has come. Begins with the log anew if the segment calls for that and allows it. */
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

/** Gives the next numbers to origins of which nothing comes before the position. */
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

/**
 * Takes so many operations of one origin. If their content is left out, the replica must have got them from elsewhere.
 */
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

/** Takes operations of the peer itself, by their numbers. */
const takeOwn = <A>(origin: Origin, segment: Segment.OfOwn<A>, { deliver, vector }: Receiver<A>): Outcome => {
  const has = vector.get(origin) ?? 0
  if (segment.first > has + 1) return "waiting"
  segment.ops.slice(has + 1 - segment.first).forEach((operation) => deliver(origin, operation))
  return "taken"
}

/** Takes a segment, or as much of it as the replica can. `own` is the origin of the peer's present life. */
export const take = <A>(
  incoming: Incoming<A>,
  own: Origin,
  segment: Segment.Segment<A>,
  receiver: Receiver<A>
): Outcome => segment.kind === "own" ? takeOwn(own, segment, receiver) : takeOfLog(incoming, segment, receiver)
