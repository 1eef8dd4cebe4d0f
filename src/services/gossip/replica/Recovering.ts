/**
 * Whether this life has recovered: every peer has told it what it has, and this life has all of that.
 */
import type { NodeId } from "../../../schema/Address.ts"
import type { Origin, VersionVector } from "../../../schema/VersionVector.ts"
import * as Vector from "../../../schema/VersionVector.ts"

export interface Recovering {
  /** Whether the program waits until this life has recovered: otherwise it asks nobody for that. */
  isWanted: boolean
  /** The peers that have not yet told this life what they have. */
  readonly waitingFor: Set<NodeId>
  /** All that the other peers have. */
  readonly mustHave: Map<Origin, number>
  /** The most former lives of this node that any peer has met. */
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

/** Looks whether a replica with this vector has recovered; says whether that is news. */
export const check = (recovering: Recovering, vector: VersionVector): boolean => {
  if (recovering.isDone || recovering.waitingFor.size > 0 || !Vector.covers(vector, recovering.mustHave)) return false
  recovering.isDone = true
  recovering.mustHave.clear()
  return true
}

/** Whether what this life has does not count for frontiers yet. */
export const isYoung = ({ isDone, isWanted }: Recovering): boolean => isWanted && !isDone
