/**
 * Whether this life has heard from every peer what it has, and has got all of that.
 */
import type { NodeId } from "../../../schema/Address.ts"
import type { Origin, VersionVector } from "../../../schema/VersionVector.ts"
import * as Vector from "../../../schema/VersionVector.ts"

export interface Recovering {
  /** Whether anybody waits for it: otherwise nobody is asked for its sake. */
  isWanted: boolean
  /** Who has yet to say what it has. */
  readonly waitingFor: Set<NodeId>
  /** What those have who have said it. */
  readonly mustHave: Map<Origin, number>
  /** How many former lives of this node any of them has met. */
  formerLives: number
  isDone: boolean
}

export const make = (peers: ReadonlyArray<NodeId>, isWanted: boolean): Recovering => ({
  isWanted,
  waitingFor: new Set(peers),
  mustHave: new Map(),
  formerLives: 0,
  isDone: false
})

/** The peer has told this life what it has. */
export const answered = (
  recovering: Recovering,
  peer: NodeId,
  vector: VersionVector,
  formerLives: number
): void => {
  if (recovering.isDone) return
  recovering.waitingFor.delete(peer)
  recovering.formerLives = Math.max(recovering.formerLives, formerLives)
  Vector.raise(recovering.mustHave, vector)
}

/** Looks whether it is done with this vector; says whether that is news. */
export const check = (recovering: Recovering, vector: VersionVector): boolean => {
  if (recovering.isDone || recovering.waitingFor.size > 0 || !Vector.covers(vector, recovering.mustHave)) return false
  recovering.isDone = true
  recovering.mustHave.clear()
  return true
}

/** Whether what this life has does not count yet. */
export const isYoung = ({ isDone, isWanted }: Recovering): boolean => isWanted && !isDone
