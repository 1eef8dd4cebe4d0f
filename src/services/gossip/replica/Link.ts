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
  /** Which of the peer's lives is the present one, what it makes, and since when others are taken to be over. */
  life: Life | undefined
  origin: Origin
  readonly formerLives: Map<Life, number>
  readonly incoming: Incoming.Incoming<A>
  readonly outgoing: Outgoing.Outgoing
  readonly talk: Pace.Talk
  readonly question: Question.Question
  /** The peer reads, and waits for what this node has; and the number of the last such question that was answered. */
  reading: Asked | undefined
  readAnswered: number
  /** It has said in this life what it has, as a version vector. */
  hasSaidAll: boolean
  /** What the peer surely has: it said so, or this replica got it from there. */
  known: Map<Origin, number>
  /** Up to where it has this replica's log, as far as that counts for frontiers; undefined while nothing counts. */
  confirmed: number | undefined
  readonly claims: Array<Claim>
  /** The peer takes this node for its hub. */
  isChild: boolean
  /** By the number of copies: where frontiers come in its log, and how far it knows them in this replica's. */
  readonly trails: Map<number, Trail.Trail>
  readonly knows: Map<number, number>
  /** Since when something of the peer's log waits for what comes before. */
  heldSince: number | undefined
  /** Whether what comes before has been asked for, in vain so far. */
  isGapAsked: boolean
  /** What the peer was told last, and how often: acknowledgements are said twice. */
  readonly told: Map<string, readonly [value: number, times: number]>
  frontiersToldAt: number
}

/** To a peer of which nothing has been heard. */
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

/** The peer speaks from this life from now on, and nothing of what another had counts any more. */
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
 * Lives of one origin have an order, others have none. What was long under way may come from one that is over; but one that
 * still speaks after so many ms is not over, however it seemed.
 */
export const isOver = <A>(link: Link<A>, life: Life, now: number, memory: number): boolean => {
  if (link.life !== undefined && follows(link.life, life)) return true
  const since = link.formerLives.get(life)
  return link.life !== life && since !== undefined && now - since < memory
}

/** Where this frontier comes in the peer's log. */
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
 * Moves on what counts as had over operations that the peer made itself, or had in its own log before what is here of it:
 * all that it made before those is here.
 */
export const extendConfirmed = <A>(link: Link<A>, at: (position: number) => Entry<A> | undefined): void => {
  if (link.confirmed === undefined) return
  for (let entry = at(link.confirmed); entry !== undefined; entry = at(++link.confirmed)) {
    const { origin, sequence } = entry
    if (origin !== link.origin && sequence > Incoming.countOf(link.incoming, origin)) return
  }
}
