/**
 * What a replica makes of a message of a peer.
 */
import type { NodeId } from "../../../schema/Address.ts"
import type { Chunk, Gossip } from "../../../schema/ReplicaProtocol.ts"
import type { VersionVector } from "../../../schema/VersionVector.ts"
import * as Vector from "../../../schema/VersionVector.ts"
import * as Claims from "./Claims.ts"
import * as Copies from "./Copies.ts"
import * as Freshness from "./Freshness.ts"
import * as Incoming from "./Incoming.ts"
import * as Link from "./Link.ts"
import * as Lock from "./Lock.ts"
import * as Outgoing from "./Outgoing.ts"
import * as Question from "./Question.ts"
import * as Recovering from "./Recovering.ts"
import * as Segment from "./Segment.ts"
import { disturb, lacksFrontier, resume } from "./Sending.ts"
import * as Snapshots from "./Snapshots.ts"
import { deliver, leads, linkTo, owe, ownCount, peersOf, type State } from "./State.ts"
import { adoptSuspicions, attendAll, attendTo } from "./Suspicion.ts"
import * as Trail from "./Trail.ts"

export const nodeOf = (origin: string): string => origin.slice(0, origin.lastIndexOf("."))

/** A message, with its segment and its vector decoded. */
interface Read<A> {
  readonly message: Gossip<A>
  readonly segment: Segment.Segment<A> | undefined
  readonly vector: VersionVector | undefined
}

/**
 * Whether the peer takes this node for a former life, whose last words came to it after the first of this one. So what
 * it has of that life's operations and log says nothing of this one's. What it asks must be answered all the same:
 * nothing else may tell it which life this is.
 */
const isMistaken = <A, S>(state: State<A, S>, { got = 0, have }: Gossip<A>): boolean =>
  have === undefined ? got > ownCount(state) : have[0] !== state.options.life

const withoutFormer = <A>({ got: _got, knows: _knows, ...message }: Gossip<A>): Gossip<A> => message

/** Decodes a message; undefined if nobody of this cluster can have sent it. */
const read = <A, S>(state: State<A, S>, sent: Gossip<A>): Read<A> | undefined => {
  const { log, me, options: { life, members } } = state
  const message = isMistaken(state, sent) ? withoutFormer(sent) : sent
  const isOrigin = (origin: string): boolean => (members as ReadonlyArray<string>).includes(nodeOf(origin))
  const segment = Segment.decode(message)
  if (segment === "broken" || (message.got ?? 0) > ownCount(state)) return undefined
  const vector = message.vector === undefined ? undefined : Vector.decode(message.vector)
  if (vector !== undefined && ((vector.get(me) ?? 0) > ownCount(state) || ![...vector.keys()].every(isOrigin))) {
    return undefined
  }
  const [owner, epoch, position] = message.have ?? []
  if (owner === life && epoch === log.epoch() && position! > log.end()) return undefined
  if (owner === life && epoch! > log.epoch()) return undefined
  if (message.base?.every(([origin]) => isOrigin(origin)) === false) return undefined
  if (message.names?.every(isOrigin) === false) return undefined
  const end = segment?.kind === "log" ? segment.end : 0
  if (message.frontiers?.every(([, to]) => to <= end) === false) return undefined
  if (message.fresh !== undefined && segment?.kind !== "log") return undefined
  if (message.fresh?.[0] === life && message.fresh[1] > state.freshness.asked) return undefined
  if (message.knows?.every(([, to]) => to <= log.end()) === false) return undefined
  return { message, segment, vector }
}

/** Begins anew with a peer that speaks from another life than before. */
const meet = <A, S>(state: State<A, S>, link: Link.Link<A>, { life }: Gossip<A>): void => {
  if (link.life === life) return
  if (link.life !== undefined) {
    disturb(state)
    Recovering.forget(state.recovering, link.peer)
    if (Recovering.isWaitingFor(state.recovering, link.peer)) Question.ask(link.question, "vector")
  }
  Link.begin(link, life, state.now)
  Snapshots.abandon(state, link.peer)
}

/** Up to where the peer says that it has the log of this replica's present life and epoch. */
const hadBy = <A, S>({ log, options: { life } }: State<A, S>, { have }: Gossip<A>): number | undefined =>
  have?.[0] === life && have[1] === log.epoch() ? have[2] : undefined

/** Takes what the peer says that it has. Says whether it has more than this replica knew of what it has sent. */
const takeAcknowledgements = <A, S>(state: State<A, S>, link: Link.Link<A>, { message, vector }: Read<A>): boolean => {
  const { outgoing } = link
  const isAsking = Question.isNew(link.question, message.ask)
  const had = hadBy(state, message)
  let progress = false
  if (had !== undefined && Outgoing.acknowledge(outgoing, "log", had)) progress = true
  if (message.got !== undefined) progress = acknowledgeOwn(link, message.got) || progress
  if (vector !== undefined) {
    link.hasSaidAll = true
    Vector.raise(link.known, vector)
    progress = acknowledgeOwn(link, vector.get(state.me) ?? 0) || progress
    if (isAsking) Outgoing.resume(outgoing, "own", vector.get(state.me) ?? 0)
    const first = state.log.firstLacked(link.known)
    if (first !== undefined && (outgoing.log === undefined || isAsking)) Outgoing.open(outgoing, first, false)
    else if (first === undefined && isAsking) Outgoing.close(outgoing)
  } else if (had !== undefined && had >= state.log.first() && outgoing.log === undefined) {
    Outgoing.open(outgoing, had, true)
  }
  if (message.pong !== undefined && message.pong === outgoing.ping && outgoing.isStalled) {
    Outgoing.resume(outgoing, "own", message.got ?? 0)
    Outgoing.resume(outgoing, "log", Math.max(had ?? 0, message.holds ?? 0))
    progress = true
  }
  return progress
}

const acknowledgeOwn = <A>({ outgoing }: Link.Link<A>, count: number): boolean => {
  if (outgoing.own !== undefined) return Outgoing.acknowledge(outgoing, "own", count)
  Outgoing.openOwn(outgoing, count)
  return true
}

/** Takes what the peer asks, and what it answers. */
const takeQuestions = <A, S>(state: State<A, S>, link: Link.Link<A>, { message, vector }: Read<A>): void => {
  const { hubs, log, options: { life } } = state
  const { outgoing, peer, question } = link
  if (message.ping !== undefined) question.pinged = message.ping
  if (message.answer?.[0] === life) {
    Question.answered(question)
    hubs.suspected.delete(peer)
    if (vector !== undefined) {
      const [, formerLives] = message.answer
      Recovering.answered(state.recovering, peer, { formerLives, isYoung: message.young === true, vector })
    } else if (Recovering.isWaitingFor(state.recovering, peer)) Question.ask(question, "vector")
  }
  if (message.ask !== undefined && Question.isNew(question, message.ask)) {
    Question.take(question, message.ask, vector === undefined ? "position" : "vector")
    if (vector !== undefined && !Vector.covers(log.vector, vector)) Question.want(question, vector)
    if (vector === undefined) {
      Outgoing.resume(outgoing, "log", Math.max(hadBy(state, message) ?? 0, message.holds ?? 0))
      Outgoing.resume(outgoing, "own", message.got ?? 0)
      const first = outgoing.log === undefined && link.hasSaidAll ? log.firstLacked(link.known) : undefined
      if (first !== undefined) Outgoing.open(outgoing, first, false) // this log has no position that the peer knows
    }
  }
  if (message.offer?.[0] === life) Snapshots.begin(state, link, message.offer[1])
}

/** Takes a question for a read of the peer, or an answer for reads of this node. */
const takeReads = <A, S>(state: State<A, S>, link: Link.Link<A>, { message, segment }: Read<A>): void => {
  if (message.read !== undefined) {
    const [number, made] = message.read
    if (number <= link.readAnswered) Outgoing.resume(link.outgoing, "log", hadBy(state, message) ?? 0) // a lost answer
    if (number >= (link.reading?.number ?? 0)) link.reading = { number, made }
  }
  if (message.fresh?.[0] !== state.options.life || segment?.kind !== "log") return
  const { end: position, epoch } = segment
  const { life } = message
  Freshness.answered(state.freshness, { from: link.peer, life, number: message.fresh[1], epoch, position })
}

/** Takes when a leaf, or its hub, has spoken; see Lock. */
const takeLock = <A, S>(state: State<A, S>, link: Link.Link<A>, { message, segment }: Read<A>): void => {
  const { hubs, log, now, options: { settings } } = state
  const { lock } = link.talk
  if (message.answer !== undefined) Lock.answered(lock, now, settings.lockMargin, settings.hubWindow)
  const isPush = segment?.kind === "log" && segment.ops.length > 0 && message.answer === undefined
  if (isPush && link.peer === hubs.current()) {
    const { early, got: count } = message
    Lock.pushed(lock, now, { count, early, margin: settings.lockMargin, cycle: settings.hubWindow })
  } else if (segment?.kind === "own" && segment.first + segment.ops.length - 1 > (log.vector.get(link.origin) ?? 0)) {
    lock.cameAt = now
  }
}

/**
 * Takes, on all links, those held segments whose turn has come: one may have waited for another. False if one of them
 * is broken.
 */
export const takeHeld = <A, S>(state: State<A, S>): boolean => {
  let isSound = true
  for (let progress = true; progress;) {
    progress = false
    for (const link of state.holding) {
      const { position } = link.incoming
      const end = state.log.end()
      if (!takeHeldOf(state, link)) isSound = false
      progress ||= state.log.end() > end || link.incoming.position > position
      if (link.incoming.held.length === 0) {
        state.holding.delete(link)
        link.heldSince = undefined
        link.isGapAsked = false
      }
    }
  }
  return isSound
}

const takeHeldOf = <A, S>(state: State<A, S>, link: Link.Link<A>): boolean => {
  const { incoming, known, origin: own } = link
  const receiver: Incoming.Receiver<A> = {
    vector: state.log.vector,
    deliver: (origin, operation) => void deliver(state, origin, operation),
    opened: (position, before) => {
      for (const [origin, count] of before) known.set(origin, Math.max(count, known.get(origin) ?? 0))
      for (const { copies } of state.frontiers) Trail.begin(Link.trailOf(link, copies), position, before)
    },
    passed: (origin, count, length) => {
      if (count > (known.get(origin) ?? 0)) known.set(origin, count)
      if (state.hubs.shape === "mesh") return
      for (const { copies } of state.frontiers) {
        Trail.extend(Link.trailOf(link, copies), origin, count, length, incoming.position)
      }
    }
  }
  let isSound = true
  incoming.held = incoming.held.filter((segment) => {
    const outcome = Incoming.take(incoming, own, segment, receiver)
    if (outcome === "broken") isSound = false
    return outcome === "waiting"
  })
  const made = state.log.vector.get(own) ?? 0
  if (made > (known.get(own) ?? 0)) known.set(own, made) // the peer has what it made
  return isSound
}

/**
 * Whether the segment is for this life. A leaf that sends its own operations by number knew no more than its hub when
 * it made them, and says which life of the hub that was. The hub's present life may lack what another one had.
 */
const isForThisLife = <A, S>({ options: { life } }: State<A, S>, { message, segment }: Read<A>): boolean =>
  segment?.kind !== "own" || (message.have?.[0] ?? life) === life

const stopWaiting = <A, S>(state: State<A, S>, link: Link.Link<A>, progress: boolean): void => {
  const { outgoing, question, talk } = link
  const isDone = question.asking === "no" && !lacksFrontier(state, link) && outgoing.flight.length === 0
  if (isDone) talk.awaitingSince = undefined
  else if (progress) talk.awaitingSince = state.now
  if (isDone || progress) talk.retries = 0
}

/** Keeps what this message says of what its sender has, until that counts; see Claims. */
const addClaim = <A, S>(state: State<A, S>, link: Link.Link<A>, { message, segment, vector }: Read<A>): void => {
  if (message.more === true) return
  const made = segment?.kind === "own"
    ? segment.first + segment.ops.length - 1
    : vector?.get(link.origin) ?? (vector && 0)
  const end = segment?.kind === "log" ? segment.end : undefined
  if (made === undefined && end === undefined) return
  const position = hadBy(state, message) ?? (vector === undefined ? undefined : state.log.firstLacked(vector))
    ?? (segment?.kind === "log" ? state.log.first() : undefined) // from there on its own log says what it has
  Claims.add(link.claims, {
    made,
    epoch: message.epoch ?? 0,
    end,
    confirmed: message.young === true || position === undefined ? undefined : [state.log.epoch(), position],
    frontiers: message.frontiers ?? []
  })
}

/** Nothing that this life has heard is of a time before it. */
const isFirstStart = <A, S>({ links, log, recovering }: State<A, S>): boolean =>
  log.epoch() === 0 && recovering.formerLives === 0
  && [...links.values()].every(({ formerLives }) => formerLives.size === 0)

const recover = <A, S>(state: State<A, S>): void => {
  const { log, me, options: { self }, pace, recovering } = state
  if (Recovering.mustAskAgain(recovering, () => isFirstStart(state))) {
    for (const peer of peersOf(state)) Question.ask(linkTo(state, peer).question, "vector")
  }
  if (!Recovering.check(recovering, log.vector)) return
  const former = log.sources.filter(({ origin }) => nodeOf(origin) === self && origin !== me).length
  state.events.push({ _tag: "Recovered", formerLives: Math.max(recovering.formerLives, former) })
  if (log.vector.size === 0 || !recovering.isWanted) return
  for (const link of state.links.values()) owe(state, link, pace.acknowledgeWithin(leads(state, link))) // from now on it counts
}

/** By when the peer gets an acknowledgement of what it has sent. */
const oweFor = <A, S>(state: State<A, S>, link: Link.Link<A>, message: Gossip<A>): void => {
  const hasContent = (message.ops?.length ?? 0) > 0
  if (message.more === true) {
    // Two that both wait until the other one has got something would answer each other's empty messages for ever.
    if (hasContent || message.of !== undefined) owe(state, link, 0)
    Question.postpone(link.question, state.now + state.options.settings.roundTrip)
  } else if (hasContent) owe(state, link, state.pace.acknowledgeWithin(leads(state, link)))
}

/** Takes a message of a peer; false if nobody of this cluster can have sent it. */
export const receive = <A, S>(state: State<A, S>, from: NodeId, message: Gossip<A>): boolean => {
  const { hubs, log, now, options: { self, settings }, pace } = state
  const all = read(state, message)
  if (all === undefined) return false
  const link = linkTo(state, from)
  const before = log.end()
  const wasSilent = link.talk.retries > 0 && now - link.talk.lastHeard >= settings.roundTrip
  link.talk.lastHeard = now
  if (Link.isOver(link, message.life, now, pace.unrest)) return true
  meet(state, link, message)
  if (hubs.shape === "star") {
    const hub = message.hub ?? hubs.usual!
    link.isChild = hub === self
    adoptSuspicions(state, hub)
  }
  const progress = takeAcknowledgements(state, link, all)
  takeQuestions(state, link, all)
  takeReads(state, link, all)
  if (settings.lockMargin > 0) takeLock(state, link, all)
  if (wasSilent) resume(state, link, !progress)
  for (const [copies, position] of all.message.knows ?? []) link.knows.set(copies, position)
  addClaim(state, link, all)
  if (all.segment !== undefined && isForThisLife(state, all)) {
    link.incoming.isStreaming = message.more === true
    Incoming.hold(link.incoming, all.segment)
    state.holding.add(link)
  }
  const isSound = takeHeld(state)
  Question.check(link.question, log.vector)
  if (link.incoming.held.length > 0) link.heldSince ??= now
  stopWaiting(state, link, progress)
  oweFor(state, link, message)
  recover(state)
  if (hubs.shape === "mesh" && state.areAwaited && log.end() > before) {
    for (const other of state.links.values()) owe(state, other, settings.leafWindow) // else only the origin would learn who has it
  }
  Copies.update(state)
  if (state.areAwaited || log.end() > before) attendAll(state)
  else attendTo(state, link)
  return isSound
}

/** Takes a part of a snapshot. With the last part the replica begins anew. */
export const receiveChunk = <A, S>(state: State<A, S>, from: NodeId, message: Chunk<A, S>): boolean => {
  const link = linkTo(state, from)
  link.talk.lastHeard = state.now
  const epoch = state.log.epoch()
  const { members } = state.options
  const isSound = Snapshots.take(state, link, message, (origin) => members.some((id) => id === nodeOf(origin)))
  stopWaiting(state, link, true)
  if (state.log.epoch() === epoch) return isSound
  takeHeld(state)
  recover(state)
  Copies.update(state)
  attendAll(state)
  return isSound
}
