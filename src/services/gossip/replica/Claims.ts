/**
 * What peers say of what they have, until it counts for frontiers: a claim counts once this replica has all that its
 * sender had made when it said so. An operation that is still under way may have been made without knowledge of what
 * its sender has got since.
 */
import type * as ReplicaProtocol from "../../../schema/ReplicaProtocol.ts"

export interface Claim {
  /** How many operations the sender had made. */
  readonly made: number | undefined
  /** How far the sender's log had come, and in which epoch. */
  readonly epoch: number
  readonly end: number | undefined
  /** How far the sender had this replica's log, in which epoch of it; undefined if that does not count. */
  readonly confirmed: readonly [epoch: number, position: number] | undefined
  /** How far the sender knew frontiers, as positions of its own log. */
  readonly frontiers: ReplicaProtocol.Frontiers
}

/** How many claims of a peer wait at the most. A later claim says more, so the oldest go first. */
const maxClaims = 100

export const add = (claims: Array<Claim>, claim: Claim): void => {
  claims.push(claim)
  if (claims.length > maxClaims) claims.shift()
}

/** Takes out the claims that count now. */
export const takeReady = (claims: Array<Claim>, isReady: (claim: Claim) => boolean): ReadonlyArray<Claim> => {
  if (claims.length === 0) return claims
  const ready = claims.filter(isReady)
  if (ready.length > 0) claims.splice(0, claims.length, ...claims.filter((claim) => !ready.includes(claim)))
  return ready
}
