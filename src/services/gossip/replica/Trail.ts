/**
 * Which operations come where in a peer's log, for as long as the peer may say of a position that a frontier has come
 * there. Runs of one origin are one item, so it is as long as what is not yet stable, or shorter.
 */
import type { Origin } from "../../../schema/VersionVector.ts"
import * as Queue from "./Queue.ts"

interface Run {
  readonly origin: Origin
  /** Of how many operations, and how many of the origin come before the end of the run. */
  readonly length: number
  readonly count: number
  /** The position in the peer's log after it. */
  readonly end: number
}

export interface Trail {
  /** How far frontiers have followed it, and how far the peer has said that they come. */
  position: number
  told: number
  runs: Queue.Queue<Run>
}

export const make = (): Trail => ({ position: 0, told: 0, runs: Queue.make() })

/** It begins here: so many operations of each origin come before. */
export const begin = (trail: Trail, position: number, before: Iterable<readonly [Origin, number]>): void => {
  trail.position = 0
  trail.told = 0
  trail.runs = Queue.make()
  for (const [origin, count] of before) trail.runs.push({ origin, count, length: 0, end: position })
}

/** The peer's log goes on to `end` with `length` operations of the origin, which has `count` then. */
export const extend = (trail: Trail, origin: Origin, count: number, length: number, end: number): void => {
  const last = trail.runs.at(trail.runs.end() - 1)
  if (last?.origin === origin && last.length > 0 && last.end === end - length) {
    trail.runs.replaceLast({ origin, count, length: last.length + length, end })
  } else trail.runs.push({ origin, count, length, end })
}

/** Where a frontier that follows it for so many operations more comes, as far as the peer has said that it does. */
export const next = ({ position, runs, told }: Trail, most: number): number => {
  const first = runs.at(runs.first())
  return Math.min(told, Math.max(position, first === undefined ? 0 : first.end - first.length) + most)
}

/** A frontier has come to this position: calls back with how many operations of which origin are before it. */
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
