/**
 * What a message says of what its sender has counts for frontiers once all that the sender had then is here: what it made
 * before may still be under way, and knows nothing of what the sender had got since.
 */
import type * as ReplicaProtocol from "../../../schema/ReplicaProtocol.ts"

export interface Claim {
  /** The sender had made so many operations. */
  readonly made: number | undefined
  /** Its log had come to this position, in this epoch. */
  readonly epoch: number
  readonly end: number | undefined
  /** It had this replica's log to here, and that counts; in this epoch. */
  readonly confirmed: readonly [epoch: number, position: number] | undefined
  /** In its own log. */
  readonly frontiers: ReplicaProtocol.Frontiers
}

/** How many wait at the most. A later one says more, so the oldest go first. */
const maxClaims = 100

export const add = (claims: Array<Claim>, claim: Claim): void => {
  claims.push(claim)
  if (claims.length > maxClaims) claims.shift()
}

/** Takes out those of which all is here. */
export const takeReady = (claims: Array<Claim>, isReady: (claim: Claim) => boolean): ReadonlyArray<Claim> => {
  if (claims.length === 0) return claims
  const ready = claims.filter(isReady)
  if (ready.length > 0) claims.splice(0, claims.length, ...claims.filter((claim) => !ready.includes(claim)))
  return ready
}
