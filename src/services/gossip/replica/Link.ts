/**
 * What a replica keeps of each peer that it has to do with.
 */
import type { NodeId } from "../../../schema/Address.ts"
import { follows, type Life, originOf } from "../../../schema/ReplicaProtocol.ts"
import { Origin } from "../../../schema/VersionVector.ts"
import type { Claim } from "./Claims.ts"
import type { Asked } from "./Freshness.ts"
import * as Incoming from "./Incoming.ts"
import type { Entry } from "./Log.ts"
import * as Outgoing from "./Outgoing.ts"
import * as Pace from "./Pace.ts"
import * as Question from "./Question.ts"
import * as Trail from "./Trail.ts"

export interface Link<A> {
  readonly peer: NodeId
  /**
   * The peer's present life, the origin of what it makes, and since when this replica takes other lives of the peer for
   * over.
   */
  life: Life | undefined
  origin: Origin
  readonly formerLives: Map<Life, number>
  readonly incoming: Incoming.Incoming<A>
  readonly outgoing: Outgoing.Outgoing
  readonly talk: Pace.Talk
  readonly question: Question.Question
  /**
   * The question of a read of the peer that waits for what this node has; and the number of the last one that this node
   * has answered.
   */
  reading: Asked | undefined
  readAnswered: number
  /** Whether the peer has said in this life what it has, as a version vector. */
  hasSaidAll: boolean
  /** What the peer certainly has: it said so, or this replica got it from there. */
  known: Map<Origin, number>
  /**
   * Up to where the peer has this replica's log, as far as that counts for frontiers; undefined while nothing counts.
   */
  confirmed: number | undefined
  readonly claims: Array<Claim>
  /** Whether the peer takes this node for its hub. */
  isChild: boolean
  /**
   * By the number of copies: where frontiers come in the peer's log, and how far the peer knows them in this replica's.
   */
  readonly trails: Map<number, Trail.Trail>
  readonly knows: Map<number, number>
  /** Since when segments of the peer are held. */
  heldSince: number | undefined
  /** Whether this replica has asked for what comes before those, and not got it yet. */
  isGapAsked: boolean
  /** What this replica told the peer last, and how often: it says acknowledgements twice. */
  readonly told: Map<string, readonly [value: number, times: number]>
  frontiersToldAt: number
}

/** A link to a peer of which this replica has heard nothing. */
export const make = <A>(peer: NodeId): Link<A> => ({
  peer,
  life: undefined,
  origin: Origin.make(`${peer}.`),
  formerLives: new Map(),
  incoming: Incoming.make(),
  outgoing: Outgoing.make(),
  talk: Pace.quiet(),
  question: Question.make(),
  reading: undefined,
  readAnswered: 0,
  hasSaidAll: false,
  known: new Map(),
  confirmed: undefined,
  claims: [],
  isChild: false,
  trails: new Map(),
  knows: new Map(),
  heldSince: undefined,
  isGapAsked: false,
  told: new Map(),
  frontiersToldAt: -Infinity
})

/** The peer speaks from this life from now on. Nothing that it said in another life counts any more. */
export const begin = <A>(link: Link<A>, life: Life, now: number): void => {
  if (link.life !== undefined) {
    link.formerLives.set(link.life, now)
    Outgoing.forget(link.outgoing)
  }
  link.life = life
  link.origin = originOf(link.peer, life)
  Incoming.begin(link.incoming, life)
  Question.begin(link.question)
  link.reading = undefined
  link.readAnswered = 0
  link.hasSaidAll = false
  link.known = new Map()
  link.confirmed = undefined
  link.claims.length = 0
  link.trails.clear()
  link.knows.clear()
  link.told.clear()
  link.heldSince = undefined
  link.isGapAsked = false
}

/**
 * Whether a life of the peer is over. Lives of one origin have an order, others have none. A message that was long
 * under way may come from a life that is over; but a life that still speaks after `memory` ms is not over, however it
 * seemed.
 */
export const isOver = <A>(link: Link<A>, life: Life, now: number, memory: number): boolean => {
  if (link.life !== undefined && follows(link.life, life)) return true
  const since = link.formerLives.get(life)
  return link.life !== life && since !== undefined && now - since < memory
}

/** The trail of this frontier in the peer's log. */
export const trailOf = <A>({ trails }: Link<A>, copies: number): Trail.Trail => {
  const known = trails.get(copies)
  if (known !== undefined) return known
  const trail = Trail.make()
  trails.set(copies, trail)
  return trail
}

export const isKnown = <A>({ known }: Link<A>, { origin, sequence }: Entry<unknown>): boolean =>
  sequence <= (known.get(origin) ?? 0)

/**
 * Moves `confirmed` on over operations that the peer made itself, or had in its own log before what this replica has of
 * that: this replica has all that the peer made before those.
 */
export const extendConfirmed = <A>(link: Link<A>, at: (position: number) => Entry<A> | undefined): void => {
  if (link.confirmed === undefined) return
  for (let entry = at(link.confirmed); entry !== undefined; entry = at(++link.confirmed)) {
    const { origin, sequence } = entry
    if (origin !== link.origin && sequence > Incoming.countOf(link.incoming, origin)) return
  }
}
