/**
 * Which operations come where in a peer's log, for as long as the peer may still say that a frontier has come to one of
 * these positions. Operations of one origin in a row are one item, so a trail is no longer than what is not stable yet.
 */
import type { Origin } from "../../../schema/VersionVector.ts"
import * as Queue from "./Queue.ts"

interface Run {
  readonly origin: Origin
  /** How many operations the run has, and how many of its origin come before its end. */
  readonly length: number
  readonly count: number
  /** The position in the peer's log after the run. */
  readonly end: number
}

export interface Trail {
  /**
   * How far this replica has moved the frontier along the trail, and how far the peer has said that it goes; -1 if it is
   * not known to have come to the beginning of the peer's log.
   */
  position: number
  told: number
  runs: Queue.Queue<Run>
}

export const make = (): Trail => ({ position: -1, told: -1, runs: Queue.make() })

/** Begins a trail at this position: so many operations of each origin come before. */
export const begin = (trail: Trail, position: number, before: Iterable<readonly [Origin, number]>): void => {
  trail.position = -1
  trail.told = -1
  trail.runs = Queue.make()
  for (const [origin, count] of before) trail.runs.push({ origin, count, length: 0, end: position })
}

/** The peer's log goes on to `end` with `length` operations of the origin; with them it has `count` of that origin. */
export const extend = (trail: Trail, origin: Origin, count: number, length: number, end: number): void => {
  const last = trail.runs.at(trail.runs.end() - 1)
  if (last?.origin === origin && last.length > 0 && last.end === end - length) {
    trail.runs.replaceLast({ origin, count, length: last.length + length, end })
  } else trail.runs.push({ origin, count, length, end })
}

/**
 * Where a frontier comes that follows the trail for at most so many operations more, and not beyond this position.
 */
export const next = ({ position, runs }: Trail, until: number, most: number): number => {
  const first = runs.at(runs.first())
  return Math.min(until, Math.max(position, first === undefined ? 0 : first.end - first.length) + most)
}

/** Moves the frontier to this position, and calls back with how many operations of which origin come before it. */
export const follow = (trail: Trail, position: number, each: (origin: Origin, count: number) => void): void => {
  trail.position = Math.max(trail.position, position)
  for (let i = trail.runs.first(); i < trail.runs.end(); i++) {
    const { count, end, length, origin } = trail.runs.at(i)!
    const begins = end - length
    if (length === 0 ? end > position : begins >= position) break
    each(origin, count - Math.max(0, end - position))
    if (end > position) break
    trail.runs.dropTo(i + 1)
  }
}
