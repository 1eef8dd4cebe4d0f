/**
 * How far frontiers are: what a replica infers from how far others have its log, what peers tell it, and what it may
 * then forget.
 */
import type { Claim } from "./Claims.ts"
import * as Claims from "./Claims.ts"
import * as Frontiers from "./Frontiers.ts"
import * as Link from "./Link.ts"
import { turn } from "./Pace.ts"
import { isYoung } from "./Recovering.ts"
import { lacksFrontier } from "./Sending.ts"
import { leads, owe, stable, type State } from "./State.ts"
import * as Trail from "./Trail.ts"

/** Whether this replica has all that the peer had made when it said this. */
const isReady =
  <A, S>({ log }: State<A, S>, { incoming, origin }: Link.Link<A>) => ({ end, epoch, made }: Claim): boolean =>
    (made === undefined || (log.vector.get(origin) ?? 0) >= made)
    && (end === undefined || epoch < incoming.epoch || (epoch === incoming.epoch && incoming.position >= end))

/** Takes what a peer has said of frontiers, in positions of its own log. */
const hear = <A, S>(state: State<A, S>, link: Link.Link<A>, { epoch, frontiers }: Claim): void => {
  if (epoch !== link.incoming.epoch || state.hubs.shape === "mesh") return
  for (const { copies } of state.frontiers) {
    const told = frontiers.find(([others]) => others === copies)?.[1] ?? -1
    const trail = Link.trailOf(link, copies)
    trail.told = Math.max(trail.told, told)
  }
}

/** Moves frontiers along the peer's log as far as the peer has said, but at most a turn's worth of operations. */
const follow = <A, S>(state: State<A, S>, link: Link.Link<A>): void => {
  let isNews = false
  for (const frontier of state.frontiers) {
    const trail = link.trails.get(frontier.copies)
    if (trail === undefined || trail.told <= trail.position) continue
    isNews = true
    const advance = Frontiers.hear(frontier, state.log, trail, Trail.next(trail, trail.told, Frontiers.most))
    if (advance !== undefined) state.events.push({ _tag: "Advanced", advance })
    if (trail.told > trail.position) state.isBehind = true
  }
  if (isNews && state.areAwaited && link.peer === state.hubs.current()) owe(state, link, state.pace.confirmWithin)
}

/**
 * What a peer has made, or has in its log, and this replica has too, has two copies: nobody needs to be asked for that.
 * Moves frontiers over it, but at most a turn's worth of operations.
 */
const share = <A, S>(state: State<A, S>, link: Link.Link<A>): void => {
  const { events, frontiers, log } = state
  const { incoming, origin } = link
  if (link.confirmed === undefined) return
  const made = log.vector.get(origin) ?? 0
  for (const frontier of frontiers) {
    if (frontier.copies > 2) continue
    const trail = Link.trailOf(link, frontier.copies)
    const position = Trail.next(trail, incoming.position, Frontiers.most)
    const heard = Frontiers.hear(frontier, log, trail, position)
    const count = Math.min(made, (frontier.vector.get(origin) ?? 0) + Frontiers.most)
    const adopted = Frontiers.adopt(frontier, log, new Map([[origin, count]]))
    for (const advance of [heard, adopted]) if (advance !== undefined) events.push({ _tag: "Advanced", advance })
    if (position < incoming.position || count < made) state.isBehind = true
  }
}

/**
 * Reduces a trail to one item if it has become long, for a peer that is not the hub and so will hardly speak of its
 * positions.
 */
const shorten = <A, S>(state: State<A, S>, link: Link.Link<A>): void => {
  const { incoming, peer, trails } = link
  if (peer === state.hubs.current()) return
  for (const trail of trails.values()) {
    if (trail.runs.end() - trail.runs.first() <= 1000 + 2 * incoming.sources.length) continue
    Trail.begin(trail, incoming.position, incoming.sources.map(({ count, origin }) => [origin, count] as const))
  }
}

/** A frontier has advanced: tells leaves with the next push. */
const passOn = <A, S>(state: State<A, S>): void => {
  if (!state.areAwaited) return
  for (const link of state.links.values()) {
    if (lacksFrontier(state, link)) {
      owe(state, link, Math.max(0, state.pace.pushAt(link, leads(state, link)) - state.now))
    }
  }
}

const infer = <A, S>(state: State<A, S>): void => {
  const { events, frontiers, links, log } = state
  const confirmed = [...links.values()].flatMap(({ confirmed }) => confirmed ?? [])
  let hasAdvanced = false
  for (const frontier of frontiers) {
    const before = frontier.position
    const reached = Frontiers.reach(frontier, log, confirmed)
    const advance = Frontiers.infer(frontier, log, reached)
    if (advance !== undefined) events.push({ _tag: "Advanced", advance })
    if (frontier.position > before) hasAdvanced = true
    if (frontier.position < reached) state.isBehind = true
  }
  if (hasAdvanced) passOn(state)
}

/** Forgets stable operations, but none that this replica is still sending to somebody. */
const forget = <A, S>(state: State<A, S>): void => {
  const { links, log } = state
  if (log.end() === log.first()) return
  const vector = stable(state)
  const isStable = (position: number): boolean => {
    const { origin, sequence } = log.at(position)!
    return sequence <= (vector.get(origin) ?? 0)
  }
  if (!isStable(log.first())) return
  let limit = log.end()
  for (const { outgoing } of links.values()) limit = Math.min(limit, outgoing.log?.acknowledged ?? limit)
  let position = log.first()
  while (position < limit && isStable(position)) position++
  log.forgetTo(position)
}

/** When frontiers move on that this node knows to go further. */
export const wakeAt = <A, S>({ isBehind, now }: State<A, S>): number => isBehind ? now + turn : Infinity

export const wake = <A, S>(state: State<A, S>): void => {
  if (state.isBehind) update(state)
}

/** Moves the frontiers as far as what this replica knows allows. */
export const update = <A, S>(state: State<A, S>): void => {
  const { links, log } = state
  state.isBehind = false
  for (const link of links.values()) {
    for (const claim of Claims.takeReady(link.claims, isReady(state, link))) {
      if (claim.confirmed !== undefined && claim.confirmed[0] === log.epoch()) {
        link.confirmed = Math.max(link.confirmed ?? 0, claim.confirmed[1], log.first())
      }
      hear(state, link, claim)
    }
    follow(state, link)
    Link.extendConfirmed(link, log.at)
    if (state.hubs.shape === "star") share(state, link)
    shorten(state, link)
  }
  if (isYoung(state.recovering)) return // it does not know what its former life has sent to whom
  infer(state)
  forget(state)
}
