/**
 * What a node keeps of each other node.
 */
import type { NodeId } from "../../schema/Address.ts"
import type * as GossipProtocol from "../../schema/GossipProtocol.ts"
import type * as Vector from "../../schema/VersionVector.ts"
import type * as CausalLog from "./CausalLog.ts"
import type * as Frontiers from "./Frontiers.ts"

/** A batch whose base is not there yet; what its sender has who sent it, and says of frontiers, if it is recovered. */
export interface Held<A> extends CausalLog.Batch<A> {
  readonly has: Vector.VersionVector
  readonly frontiers: GossipProtocol.Frontiers | undefined
}

/** Times are in ms; `undefined` where there is nothing to wait for. */
export interface Link<A> {
  readonly peer: NodeId
  /** Which of the peer's lives is the present one, and since when others are taken to be over. */
  life: Vector.Origin | undefined
  readonly formerLives: Map<Vector.Origin, number>
  /** What the peer has said that it has; and that, or what it will have when all that was sent arrives. */
  acknowledged: Map<Vector.Origin, number>
  sent: Map<Vector.Origin, number>
  /** Of what is acknowledged, what counts for frontiers. */
  confirmed: Map<Vector.Origin, number>
  /** All of the log before here is in `sent`. */
  position: number
  lastHeard: number
  lastPush: number
  /** Since when something that was sent awaits an answer, and how often it has been sent again. */
  awaitingSince: number | undefined
  retries: number
  /** When the peer gets an acknowledgement, or news of frontiers, at the latest. */
  oweBy: number
  /** This node wants to be told what it lacks, and asks (again) at this time. */
  asking: boolean
  askAt: number
  /** The peer wants to be told what it lacks. */
  asked: boolean
  /** Frontiers, as far as the peer knows them. */
  knows: Frontiers.Knowledge
  /** The peer takes this node for its hub. */
  child: boolean
  /** Batches whose base is not there yet, and since when. */
  held: Array<Held<A>>
  heldSince: number | undefined
  /** When timers will go off. */
  readonly wakes: Array<number>
}

/** To a peer of which nothing has been heard. */
export const make = <A>(peer: NodeId): Link<A> => ({
  peer,
  life: undefined,
  formerLives: new Map(),
  acknowledged: new Map(),
  sent: new Map(),
  confirmed: new Map(),
  position: 0,
  lastHeard: -Infinity,
  lastPush: -Infinity,
  awaitingSince: undefined,
  retries: 0,
  oweBy: Infinity,
  asking: false,
  askAt: -Infinity,
  asked: false,
  knows: new Map(),
  child: false,
  held: [],
  heldSince: undefined,
  wakes: []
})

/** Whatever is not acknowledged counts as lost. */
export const rewind = <A>(link: Link<A>, log: CausalLog.CausalLog<A>): void => {
  link.sent = new Map(link.acknowledged)
  link.position = log.firstLacked(link.sent)
}

/** The peer speaks from this life from now on, and nothing of what another had counts any more. */
export const begin = <A>(link: Link<A>, life: Vector.Origin, log: CausalLog.CausalLog<A>, now: number): void => {
  if (link.life !== undefined) link.formerLives.set(link.life, now)
  link.life = life
  link.held = []
  link.confirmed = new Map()
  link.knows = new Map()
  link.acknowledged = new Map()
  rewind(link, log)
}

/**
 * Lives have no order. What was long under way may come from one that is over; but one that still speaks after so many ms
 * is not over, however it seemed.
 */
export const isOver = <A>(link: Link<A>, life: Vector.Origin, now: number, memory: number): boolean => {
  const since = link.formerLives.get(life)
  return link.life !== life && since !== undefined && now - since < memory
}
