/**
 * What a peer has of this replica's log, and what is in flight to it: a cursor that only moves forward while
 * acknowledgements come, with a limited number of bytes in flight. No timer has the replica send again what is in
 * flight. When no acknowledgement comes, the replica asks the peer where it stands, and moves the cursor to there.
 *
 * A cursor counts by one of two numberings. *The log's*: all that this replica has, by position. *Its own*: what this
 * replica made itself, by number; a hub wants no more of a leaf.
 */
import type { Origin, VersionVector } from "../../../schema/VersionVector.ts"
import type { Kept, Log } from "./Log.ts"
import type { Limits } from "./Segment.ts"

export type Numbering = "log" | "own"

interface Cursor {
  /** The peer has said that it has all before this. */
  acknowledged: number
  /** All before this is acknowledged, or in flight. */
  next: number
}

export interface Outgoing {
  /** Undefined while this replica does not know where the peer stands in it. */
  log: Cursor | undefined
  own: Cursor | undefined
  /**
   * Where the peer was told to begin with the log, until it has said that it knows: each segment from here says again
   * what comes before.
   */
  openedAt: number | undefined
  /** From `log.next` up to this position there is nothing that the peer lacks. */
  scannedTo: number
  /**
   * The peer has all before this position that this replica did not make itself; undefined if this replica does not
   * know even that.
   */
  relayedTo: number | undefined
  /** Segments in flight, in order: where each ends, and how many bytes it has. */
  flight: Array<{ readonly numbering: Numbering; readonly end: number; readonly bytes: number }>
  bytesInFlight: number
  /** The number of the last question where the peer stands; and whether this replica waits for the answer. */
  ping: number
  isStalled: boolean
}

/**
 * To a peer of which this replica has heard nothing. `own` begins with the first operation, since none is forgotten
 * yet.
 */
export const make = (): Outgoing => ({
  log: undefined,
  own: { acknowledged: 0, next: 0 },
  openedAt: undefined,
  scannedTo: 0,
  relayedTo: undefined,
  flight: [],
  bytesInFlight: 0,
  ping: 0,
  isStalled: false
})

/** Nothing of this numbering is in flight any more. */
const land = (outgoing: Outgoing, landing: Numbering): void => {
  outgoing.flight = outgoing.flight.filter(({ numbering }) => numbering !== landing)
  outgoing.bytesInFlight = outgoing.flight.reduce((sum, { bytes }) => sum + bytes, 0)
  if (outgoing.flight.length === 0) outgoing.isStalled = false
}

/** The peer has all before this position in the log. `isAgreed`: it knows that. */
export const open = (outgoing: Outgoing, position: number, isAgreed: boolean): void => {
  outgoing.log = { acknowledged: position, next: position }
  outgoing.openedAt = isAgreed ? undefined : position
  outgoing.scannedTo = position
  land(outgoing, "log")
}

/** The peer has so many of this replica's own operations. */
export const openOwn = (outgoing: Outgoing, count: number): void => {
  outgoing.own = { acknowledged: count, next: count }
}

/** This replica sends its log no longer, or has begun another one. */
export const close = (outgoing: Outgoing): void => {
  outgoing.log = undefined
  outgoing.openedAt = undefined
  land(outgoing, "log")
}

/** The peer has begun a new life, of which this replica does not know what it has. */
export const forget = (outgoing: Outgoing): void => {
  Object.assign(outgoing, { ...make(), own: undefined, ping: outgoing.ping })
}

/** The peer has all before this position, or number. Says whether that is news. */
export const acknowledge = (outgoing: Outgoing, numbering: Numbering, position: number): boolean => {
  const cursor = outgoing[numbering]
  if (numbering === "log" && position >= (outgoing.openedAt ?? Infinity)) outgoing.openedAt = undefined
  if (cursor === undefined || position <= cursor.acknowledged) return false
  cursor.acknowledged = position
  cursor.next = Math.max(cursor.next, position)
  if (numbering === "log") outgoing.relayedTo = Math.max(outgoing.relayedTo ?? 0, position)
  while (
    outgoing.flight.length > 0 && outgoing.flight[0]!.numbering === numbering && outgoing.flight[0]!.end <= position
  ) {
    outgoing.bytesInFlight -= outgoing.flight.shift()!.bytes
  }
  if (outgoing.flight.length === 0) outgoing.isStalled = false
  return true
}

/** The peer has said where it stands: what it neither has nor holds is lost. */
export const resume = (outgoing: Outgoing, numbering: Numbering, position: number): void => {
  const cursor = outgoing[numbering]
  land(outgoing, numbering)
  if (cursor === undefined) return
  cursor.next = Math.max(cursor.acknowledged, Math.min(position, cursor.next))
  if (numbering === "log") outgoing.scannedTo = cursor.next
}

/** This replica sends a segment. */
export const sent = (outgoing: Outgoing, numbering: Numbering, end: number, bytes: number): void => {
  const cursor = outgoing[numbering]
  if (cursor === undefined) return
  cursor.next = Math.max(cursor.next, end)
  if (bytes === 0) return
  outgoing.flight.push({ numbering, end, bytes })
  outgoing.bytesInFlight += bytes
}

/**
 * Whether this replica may send more: it waits for no answer where the peer stands, and less than the limits is in
 * flight.
 */
export const isOpen = (outgoing: Outgoing, numbering: Numbering | undefined, limits: Limits): boolean => {
  const { acknowledged, next } = (numbering && outgoing[numbering]) ?? { acknowledged: 0, next: 0 }
  return !outgoing.isStalled && outgoing.bytesInFlight < limits.bytes && next - acknowledged < limits.operations
}

/** Whether the log has something from the cursor on that the peer lacks. */
export const lacksOfLog = <A>(outgoing: Outgoing, log: Log<A>, isElided: (entry: Kept<A>) => boolean): boolean => {
  if (outgoing.log === undefined) return false
  let position = Math.max(outgoing.scannedTo, outgoing.log.next)
  while (position < log.end() && isElided(log.at(position)!)) position++
  outgoing.scannedTo = position
  return position < log.end()
}

/** Whether the log has, or has forgotten, operations of others than `me` that the peer is not known to have. */
export const needsRelay = <A>(
  outgoing: Outgoing,
  log: Log<A>,
  me: Origin,
  known: VersionVector
): boolean => {
  const isForgotten = (outgoing.relayedTo ?? -1) < log.first()
  if (
    isForgotten
    && log.sources.some(({ origin, positions }) => origin !== me && (known.get(origin) ?? 0) < positions.first())
  ) {
    return true
  }
  let position = Math.max(outgoing.relayedTo ?? 0, log.first())
  for (; position < log.end(); position++) {
    const entry = log.at(position)!
    if (entry.origin !== me && (known.get(entry.origin) ?? 0) < entry.sequence) break
  }
  outgoing.relayedTo = position
  return position < log.end()
}
