/**
 * What a replica sends to a peer, and when.
 */
import type { Gossip } from "../../../schema/ReplicaProtocol.ts"
import * as Vector from "../../../schema/VersionVector.ts"
import * as Freshness from "./Freshness.ts"
import * as Frontiers from "./Frontiers.ts"
import * as Incoming from "./Incoming.ts"
import * as Link from "./Link.ts"
import * as Lock from "./Lock.ts"
import type { Kept } from "./Log.ts"
import * as Outgoing from "./Outgoing.ts"
import * as Question from "./Question.ts"
import { isYoung } from "./Recovering.ts"
import * as Segment from "./Segment.ts"
import * as SnapshotSender from "./SnapshotSender.ts"
import { leads, owe, ownCount, type State } from "./State.ts"

/** A message while it is put together. */
type Draft<A> = { -readonly [Field in keyof Gossip<A>]: Gossip<A>[Field] }

/**
 * Limits: of one message; of what a replica sends again to a silent peer; of what may be in flight. A client of the
 * receiver waits until the receiver has taken what is in flight, which takes about 50 ms.
 */
const segment: Segment.Limits = { operations: 1000, bytes: 32_768 }
const trial: Segment.Limits = { operations: 100, bytes: 2048 }
const nothing: Segment.Limits = { operations: 0, bytes: 0 }
const flight: Segment.Limits = { operations: 6000, bytes: 262_144 }

/** How often, in ms, a hub tells frontiers if no program waits for them. */
const frontierEvery = 1000

/** Which numbering of operations goes to the peer; none if this replica sends the peer no operations. */
const numberingOf = <A, S>(state: State<A, S>, link: Link.Link<A>): Outgoing.Numbering | undefined => {
  const { outgoing, question } = link
  if (state.hubs.shape === "mesh" || question.asked === "vector" || leads(state, link)) return "log"
  if (question.asked === "position" && outgoing.log !== undefined) return "log"
  if (link.peer !== state.hubs.current()) return undefined
  return Outgoing.needsRelay(outgoing, state.log, state.me, link.known) ? "log" : "own"
}

/** Leaves out the content of what the peer has; in a mesh also of what it gets from others, unless it asks for it. */
const elides = <A, S>(state: State<A, S>, link: Link.Link<A>) => {
  const isMesh = state.hubs.shape === "mesh" && link.question.asked !== "vector"
  return (entry: Kept<A>): boolean => (isMesh && entry.origin !== state.me) || Link.isKnown(link, entry)
}

/**
 * A replica that has operations of others asks a peer that it has never heard from what it has: it may have them all.
 */
const hasOthers = <A, S>({ log, me }: State<A, S>): boolean => log.sources.some(({ origin }) => origin !== me)

/**
 * Begins a numbering with a peer of which this replica knows nothing, if that can do no harm. Otherwise the peer has to
 * say first what it has.
 */
const begin = <A, S>(state: State<A, S>, link: Link.Link<A>, numbering: Outgoing.Numbering): void => {
  const { log, me } = state
  const { outgoing } = link
  if (numbering === "own") {
    if (outgoing.own !== undefined && outgoing.own.next < (log.source(me)?.positions.first() ?? 0)) {
      outgoing.own = undefined
    }
    return
  }
  if (outgoing.log !== undefined) return
  if (link.life === undefined) {
    const isNew = log.first() === 0 && log.epoch() === 0
    if (isNew && (state.hubs.shape === "mesh" || !hasOthers(state))) Outgoing.open(outgoing, 0, true)
  } else if (link.peer === state.hubs.current() && link.incoming.position > 0) {
    const first = log.firstLacked(link.known) // what the hub has, it has passed on
    if (first !== undefined) Outgoing.open(outgoing, first, false)
  }
}

/**
 * Whether this replica has to know what the peer has before it can send it anything. A peer that has said so, and lacks
 * what is forgotten, asks for that itself.
 */
const needsVector = <A, S>(state: State<A, S>, link: Link.Link<A>): boolean => {
  const numbering = numberingOf(state, link)
  if (numbering !== "log" && link.outgoing.log !== undefined) Outgoing.close(link.outgoing)
  if (numbering === undefined) return false
  begin(state, link, numbering)
  if (link.outgoing[numbering] !== undefined) return false
  if (!link.hasSaidAll) return true
  const first = state.log.firstLacked(link.known)
  if (first !== undefined && numbering === "log") Outgoing.open(link.outgoing, first, false)
  return false
}

/** Whether the peer lacks operations that this replica sends it. */
export const lacks = <A, S>(state: State<A, S>, link: Link.Link<A>): boolean => {
  const { outgoing } = link
  const numbering = numberingOf(state, link)
  if (numbering === "own") return outgoing.own !== undefined && ownCount(state) > outgoing.own.next
  return numbering === "log" && Outgoing.lacksOfLog(outgoing, state.log, elides(state, link))
}

/**
 * Whether the peer does not know how far frontiers are in this log. Position 0 says something too if operations come
 * before it.
 */
const isNewsToPeer = <A, S>({ frontiers, log }: State<A, S>, { knows }: Link.Link<A>): boolean => {
  const atFirst = log.hasPast() ? -1 : 0
  return frontiers.some(({ copies, position }) => position > (knows.get(copies) ?? atFirst))
}

/** Whether the peer, a leaf, has not yet heard how far frontiers are for which programs wait. */
export const lacksFrontier = <A, S>(state: State<A, S>, link: Link.Link<A>): boolean =>
  state.areAwaited && state.hubs.isHub() && !isYoung(state.recovering) && isNewsToPeer(state, link)

/** Whether the peer lacks more than one message may have: then there is no use in waiting for more. */
const isFarBehind = <A, S>(state: State<A, S>, link: Link.Link<A>): boolean => {
  const { log, me } = state
  if (numberingOf(state, link) === "own") {
    const next = link.outgoing.own!.next
    const count = ownCount(state) - next
    const first = log.find(me, next + 1)
    return count > segment.operations || (first !== undefined && count * log.sizeOf(first) > segment.bytes)
  }
  const { next } = link.outgoing.log!
  return log.end() - next > 2 * segment.operations || log.bytesFrom(next) > segment.bytes
}

/** When this replica next has something to say to the peer. */
export const due = <A, S>(state: State<A, S>, link: Link.Link<A>): number => {
  const { outgoing, question, talk } = link
  if (question.pinged !== undefined) return -Infinity
  const isAsked = question.asked !== "no" || canRefresh(state, link)
  const isUnanswered = talk.awaitingSince !== undefined && talk.retries > 0
  const isLacking = lacks(state, link)
  const mayPush = (isAsked || !isUnanswered) && Outgoing.isOpen(outgoing, numberingOf(state, link), flight)
  const push = !isLacking || !mayPush ? Infinity : pushAt(state, link)
  const answer = isAsked && !isLacking && canAnswer(state, link) ? -Infinity : Infinity
  const ask = question.asking === "no" || isFetchingFrom(state, link) ? Infinity : question.askAt
  return Math.min(push, answer, ask, readAt(state, link), talk.oweBy)
}

const pushAt = <A, S>(state: State<A, S>, link: Link.Link<A>): number => {
  if (isFarBehind(state, link)) return state.pace.segmentAt()
  const isAsked = link.question.asked !== "no" || canRefresh(state, link)
  return isAsked ? -Infinity : state.pace.pushAt(link, leads(state, link))
}

/** Whether a read of the peer waits that this replica can answer as soon as it has sent the peer what it lacks. */
const canRefresh = <A, S>({ log }: State<A, S>, { origin, outgoing, reading }: Link.Link<A>): boolean =>
  reading !== undefined && outgoing.log !== undefined && (log.vector.get(origin) ?? 0) >= reading.made

/** When this node asks the peer, if it is the hub, because this node reads. */
const readAt = <A, S>({ freshness, hubs, options: { settings } }: State<A, S>, { peer }: Link.Link<A>): number =>
  peer === hubs.current() ? Freshness.askAt(freshness, settings.leafWindow) : Infinity

/** Whether this replica can answer the peer, once it has sent it what it lacks. */
const canAnswer = <A, S>(state: State<A, S>, link: Link.Link<A>): boolean => {
  const numbering = numberingOf(state, link)
  return numbering === undefined || link.outgoing[numbering] !== undefined || lacksForgotten(state, link)
}

/** Whether the peer lacks what this log has forgotten: then this replica offers it a snapshot. */
const lacksForgotten = <A, S>({ log }: State<A, S>, { known, outgoing, question }: Link.Link<A>): boolean =>
  question.asked === "vector" && outgoing.log === undefined && log.firstLacked(known) === undefined

const isFetchingFrom = <A, S>({ heir }: State<A, S>, { life, peer }: Link.Link<A>): boolean =>
  heir.fetching?.peer === peer && heir.fetching.life === life

/** Adds the next operations; says whether no more are left. `again`: adds those that the peer has not acknowledged. */
const addSegment = <A, S>(state: State<A, S>, link: Link.Link<A>, message: Draft<A>, again: boolean): boolean => {
  const { log, me } = state
  const { outgoing } = link
  const numbering = numberingOf(state, link)
  const cursor = numbering === undefined ? undefined : outgoing[numbering]
  if (numbering === undefined || cursor === undefined) return true
  const from = again ? cursor.acknowledged : cursor.next
  const mayPush = Outgoing.isOpen(outgoing, numbering, flight)
  const limits = again ? trial : mayPush ? segment : nothing
  if (numbering === "own") {
    const { bytes, ops } = Segment.cutOwn(log, me, from + 1, limits)
    message.own = from + 1
    if (ops.length > 0) message.ops = ops
    Outgoing.sent(outgoing, "own", from + ops.length, bytes)
    return from + ops.length === ownCount(state)
  }
  const cut = Segment.cut(log, from, elides(state, link), limits)
  message.at = from
  if (from === outgoing.openedAt) addBase(log.before(from), message)
  if (cut.names.length > 0) message.names = cut.names
  if (cut.of.length > 0) message.of = cut.of
  if (cut.ops.length > 0) message.ops = cut.ops
  Outgoing.sent(outgoing, "log", cut.end, cut.bytes)
  return cut.end === log.end()
}

const addBase = <A>(base: NonNullable<Gossip<A>["base"]>, message: Draft<A>): void => {
  if (base.length > 0) message.base = base
}

const addQuestion = <A, S>(state: State<A, S>, link: Link.Link<A>, message: Draft<A>): void => {
  const { incoming, life, question } = link
  if (!Question.isDue(question, state.now) || isFetchingFrom(state, link)) return
  question.repeatedTo = question.askedNumber
  if (question.askAt <= state.now) question.count++
  message.ask = question.count
  if (question.asking === "vector" || incoming.life !== life || life === undefined) {
    message.vector = Vector.encode(state.log.vector)
  }
}

const addAnswer = <A, S>(state: State<A, S>, link: Link.Link<A>, message: Draft<A>, isAll: boolean): void => {
  const { life, peer, question } = link
  if (question.asked === "no" || life === undefined || !isAll || !canAnswer(state, link)) return
  if (lacksForgotten(state, link)) {
    message.offer = [life, SnapshotSender.offer(state.donor, peer, life, state.now)]
  } else {
    message.answer = [life, link.formerLives.size]
    if (question.asked === "vector") message.vector = Vector.encode(state.log.vector)
  }
  question.asked = "no"
}

/** Whether to say this: a value is said twice, in case the first message is lost, and then only when it has changed. */
const isNews = <A>({ told }: Link.Link<A>, what: string, value: number): boolean => {
  const [last, times] = told.get(what) ?? [undefined, 0]
  if (last === value && times >= 2) return false
  told.set(what, [value, last === value ? times + 1 : 1])
  return true
}

const addRead = <A, S>(state: State<A, S>, link: Link.Link<A>, message: Draft<A>): void => {
  const { freshness, hubs, now, options: { settings } } = state
  if (link.peer !== hubs.current()) return
  const number = Freshness.question(freshness, now, settings.gap)
  if (number !== undefined) message.read = [number, ownCount(state)]
}

/** Adds how early the leaf's operations came, which tells the leaf when to send; see Lock. */
const addLock = <A, S>(state: State<A, S>, { peer, talk: { lock } }: Link.Link<A>, message: Draft<A>): void => {
  if (message.ask === 1) lock.askedAt ??= state.now
  if ((message.ops?.length ?? 0) === 0) return
  if (peer === state.hubs.current()) Lock.sent(lock, ownCount(state), state.now)
  if (lock.cameAt === undefined || message.got === undefined) return
  message.early = Math.round(state.now - lock.cameAt)
  lock.cameAt = undefined
}

const addFresh = <A, S>(state: State<A, S>, link: Link.Link<A>, message: Draft<A>): void => {
  const { life, reading } = link
  if (reading === undefined || life === undefined || message.at === undefined || !canRefresh(state, link)) return
  message.fresh = [life, reading.number]
  link.readAnswered = reading.number
  link.reading = undefined
}

const addAcknowledgements = <A, S>(
  state: State<A, S>,
  link: Link.Link<A>,
  message: Draft<A>,
  isOwed: boolean
): void => {
  const { incoming, life, origin, question } = link
  if (life === undefined) return
  const isAsked = isOwed || question.pinged !== undefined || message.ask !== undefined || message.read !== undefined
    || message.fresh !== undefined
  const hasLog = incoming.position > 0 || incoming.held.length > 0
  const isHadNews = hasLog && (isNews(link, "have", incoming.position) || isAsked)
  if (isHadNews || message.own !== undefined) message.have = [life, incoming.epoch, incoming.position]
  const got = state.log.vector.get(origin) ?? 0
  if (got > 0 && state.hubs.shape === "star" && (isNews(link, "got", got) || isAsked)) message.got = got
  if (question.pinged === undefined) return
  message.pong = question.pinged
  const holds = Incoming.heldTo(incoming)
  if (holds > incoming.position) message.holds = holds
  question.pinged = undefined
}

const addFrontiers = <A, S>(state: State<A, S>, link: Link.Link<A>, message: Draft<A>, isOwed: boolean): void => {
  const { areAwaited, frontiers, hubs, now, recovering } = state
  if (isYoung(recovering) || hubs.shape === "mesh") return
  if (
    message.at !== undefined && leads(state, link) && isNewsToPeer(state, link)
    && (areAwaited || now - link.frontiersToldAt >= frontierEvery)
  ) {
    message.frontiers = Frontiers.tell(frontiers)
    link.frontiersToldAt = now
    if (!areAwaited) { for (const { copies, position } of frontiers) link.knows.set(copies, position) }
  }
  if (!areAwaited || link.peer !== hubs.current()) return
  const knows = [...link.trails].map(([copies, { position }]) => [copies, position] as const)
    .filter(([copies, to]) => to >= 0 && (isNews(link, `knows ${copies}`, to) || isOwed))
  if (knows.length > 0) message.knows = knows
}

/** Sends the peer all that there is to say now. `again`: and what it has not acknowledged, since that may be lost. */
export const transmit = <A, S>(state: State<A, S>, link: Link.Link<A>, again = false): void => {
  const { hubs, now, options: { life, settings }, pace } = state
  const { outgoing, question, talk } = link
  state.untold = undefined
  const isUrgent = !again && lacks(state, link) && isFarBehind(state, link)
  const message: Draft<A> = { life }
  if (state.log.epoch() > 0) message.epoch = state.log.epoch()
  const hub = hubs.current()
  if (hub !== undefined && hub !== hubs.usual) message.hub = hub
  if (isYoung(state.recovering)) message.young = true
  const isAll = addSegment(state, link, message, again)
  if (!isAll) message.more = true
  if (again && outgoing.isStalled) message.ping = outgoing.ping
  addQuestion(state, link, message)
  addAnswer(state, link, message, isAll)
  addRead(state, link, message)
  if (isAll) addFresh(state, link, message)
  const isOwed = talk.oweBy <= now
  addAcknowledgements(state, link, message, isOwed)
  if (settings.lockMargin > 0) addLock(state, link, message)
  if (isAll) addFrontiers(state, link, message, isOwed)
  state.sends.push({ _tag: "Gossip", to: link.peer, message })

  const hasNews = (message.ops?.length ?? 0) > 0 || lacksFrontier(state, link)
  if (isUrgent) pace.sentSegment(now)
  else if (hasNews) pace.pushed(link, leads(state, link), now)
  if (hasNews) talk.lackingSince = undefined
  if (hasNews || message.ask !== undefined) talk.awaitingSince ??= now
  if (message.ask !== undefined && question.askAt <= now) {
    question.askAt = now + Math.min(settings.probeEvery, settings.roundTrip * 2 ** talk.retries)
  }
  talk.oweBy = Infinity
}

/** Sends a little again, and asks the peer where it stands if more than that may be lost. */
const sendAgain = <A, S>(state: State<A, S>, link: Link.Link<A>): void => {
  const { outgoing } = link
  if (outgoing.bytesInFlight > trial.bytes) {
    outgoing.isStalled = true
    outgoing.ping++
  }
  transmit(state, link, true)
}

/** The peer speaks again after a silence: asks again what it was asked. `isLost`: also sends again what it was sent. */
export const resume = <A, S>(state: State<A, S>, link: Link.Link<A>, isLost: boolean): void => {
  link.question.askAt = -Infinity
  if (isLost && link.outgoing.flight.length > 0) sendAgain(state, link)
}

/** How often a hub that sends messages may fail to answer before it is suspected: it may hear nothing. */
const maxUnanswered = 2

/** No answer has come in time. Says whether this node now suspects the peer, if that is the hub. */
const expire = <A, S>(state: State<A, S>, link: Link.Link<A>): boolean => {
  const { hubs, now, options: { settings } } = state
  const { outgoing, talk } = link
  const isSilent = now - talk.lastHeard >= settings.roundTrip
  talk.awaitingSince = undefined
  talk.retries++
  if (link.peer === hubs.current()) Freshness.expire(state.freshness, now)
  if (lacksFrontier(state, link)) owe(state, link, settings.hubWindow)
  if (outgoing.flight.length > 0) sendAgain(state, link)
  if (!isSilent && talk.retries <= maxUnanswered) return false
  disturb(state)
  return link.peer === hubs.current()
}

/** For a while, this node asks random others. */
export const disturb = <A, S>(state: State<A, S>): void => {
  state.restlessUntil = state.now + state.pace.unrest
}

/** A segment has been held for too long: asks for what comes before it. */
const askForGap = <A>(link: Link.Link<A>): void => {
  const { incoming } = link
  link.heldSince = undefined
  const isBase = incoming.held.some((held) => held.kind === "log" && held.epoch !== incoming.epoch)
  Question.ask(link.question, incoming.missing === undefined && !isBase && !link.isGapAsked ? "position" : "vector")
  link.isGapAsked = true
}

/** Whether a peer that is sending to this replica just now is to bring what is missing. */
const isOnItsWay = <A, S>({ links }: State<A, S>, { incoming }: Link.Link<A>): boolean => {
  if (incoming.missing === undefined) return false
  for (const link of links.values()) if (link.origin === incoming.missing) return link.incoming.isStreaming
  return false
}

/**
 * When this node has waited for too long for the peer. A read is answered at once, so it may not take longer than a
 * round trip.
 */
const expiry = <A, S>({ freshness, hubs, options: { settings }, pace }: State<A, S>, link: Link.Link<A>): number => {
  const since = link.peer === hubs.current() ? freshness.awaitingSince ?? Infinity : Infinity
  return Math.min(pace.expiry(link), since + settings.roundTrip)
}

/** Does what is due on a link. Says whether this node now suspects the peer, if that is the hub. */
export const attend = <A, S>(state: State<A, S>, link: Link.Link<A>): boolean => {
  const { talk } = link
  if (!state.isServing) return false
  if (needsVector(state, link)) Question.ask(link.question, "vector")
  talk.lackingSince = lacks(state, link) ? talk.lackingSince ?? state.now : undefined
  const isSuspect = expiry(state, link) <= state.now && expire(state, link)
  if (link.heldSince !== undefined && link.heldSince + state.options.settings.gap <= state.now) {
    if (isOnItsWay(state, link)) link.heldSince = state.now
    else askForGap(link)
  }
  if (due(state, link) > state.now) return isSuspect
  const isRepeated = link.peer === state.hubs.current() && Freshness.isRepeated(state.freshness, state.now)
  if (isRepeated && link.outgoing.flight.length > 0) sendAgain(state, link)
  else transmit(state, link)
  return isSuspect
}

/** When something is next due on a link. */
export const wakeAt = <A, S>(state: State<A, S>, link: Link.Link<A>): number =>
  state.isServing
    ? Math.min(due(state, link), expiry(state, link), (link.heldSince ?? Infinity) + state.options.settings.gap)
    : Infinity
