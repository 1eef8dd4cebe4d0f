/**
 * Whether this life has recovered: every peer has told it what it has, and this life has all of that. Only the lives that
 * peers are in count: what a former one had said that it has may be lost for ever.
 *
 * **Why one round of answers may not be enough.** Who has recovered has all that is stable: it was asked for its
 * acknowledgement. So one answer of such a peer says all that this life must know of what is stable. If all nodes were
 * killed one after the other before any had recovered, all who answer may have answered before the last words of those
 * who had recovered reached them. By now those words are there: so all are asked once more. Where nobody knows of any
 * former life, the cluster has just been started, and one round is enough.
 */
import type { NodeId } from "../../../schema/Address.ts"
import type { VersionVector } from "../../../schema/VersionVector.ts"
import * as Vector from "../../../schema/VersionVector.ts"

export interface Recovering {
  /** Whether the program waits until this life has recovered: otherwise it asks nobody for that. */
  isWanted: boolean
  /** The peers that have not yet told this life what they have. */
  readonly waitingFor: Set<NodeId>
  /** What the peers have that have told it, in the lives that they are in. */
  readonly answers: Map<NodeId, Answer>
  /** The most former lives of this node that any peer has met. */
  formerLives: number
  /** All are asked for the second time. */
  isSecondRound: boolean
  isDone: boolean
}

interface Answer {
  readonly vector: VersionVector
  readonly formerLives: number
  /** It had not recovered itself. */
  readonly isYoung: boolean
}

export const make = (peers: ReadonlyArray<NodeId>, isWanted: boolean): Recovering => ({
  isWanted,
  waitingFor: new Set(peers),
  answers: new Map(),
  formerLives: 0,
  isSecondRound: false,
  isDone: false
})

/** The peer has told this life what it has. */
export const answered = (recovering: Recovering, peer: NodeId, answer: Answer): void => {
  if (recovering.isDone) return
  recovering.waitingFor.delete(peer)
  recovering.answers.set(peer, answer)
  recovering.formerLives = Math.max(recovering.formerLives, answer.formerLives)
}

/** The peer is in another life: what the former one has said that it has may be nowhere any more. */
export const forget = ({ answers, waitingFor }: Recovering, peer: NodeId): void => {
  answers.delete(peer)
  waitingFor.add(peer)
}

/** Whether this peer has to say what it has. */
export const isWaitingFor = ({ isDone, isWanted, waitingFor }: Recovering, peer: NodeId): boolean =>
  isWanted && !isDone && waitingFor.has(peer)

/** All have answered, none of them had recovered, and it is not the first start: all of them are asked once more. */
export const mustAskAgain = (recovering: Recovering, isFirstStart: () => boolean): boolean => {
  const { answers, isDone, isSecondRound, isWanted, waitingFor } = recovering
  if (isDone || !isWanted || isSecondRound || waitingFor.size > 0) return false
  if ([...answers.values()].some(({ isYoung }) => !isYoung) || isFirstStart()) return false
  for (const peer of answers.keys()) waitingFor.add(peer)
  recovering.isSecondRound = true
  return true
}

/** Looks whether a replica with this vector has recovered; says whether that is news. */
export const check = (recovering: Recovering, vector: VersionVector): boolean => {
  const { answers, isDone, waitingFor } = recovering
  if (isDone || waitingFor.size > 0) return false
  for (const answer of answers.values()) if (!Vector.covers(vector, answer.vector)) return false
  recovering.isDone = true
  answers.clear()
  return true
}

/** Whether what this life has does not count for frontiers yet. */
export const isYoung = ({ isDone, isWanted }: Recovering): boolean => isWanted && !isDone
