/**
 * What a leader sends to whom, and when.
 *
 * **One message says all** that there is to say to a server: entries, how far they are committed, how far it may read.
 *
 * **Who waits learns first.** The clients of a server wait until it knows that some entries are committed, be it that they
 * asked for them, or that their reads must see them. An entry of this term is committed once it is safe on the disks of a
 * majority, whoever knows of it. So the leader does not gather answers, and then tell:
 * - Among three, the server that waits makes a majority with the leader. It is sent the entries, and how far they are safe
 *   on the leader's disk; when they are safe on its own, it knows.
 * - Among five, another server is sent them, the helper, which passes them on to all who wait (see Relays). Each of those
 *   makes a majority with the leader and the helper.
 * - When the leader's own clients wait, one of those who are told so answers at once, and says what it knows. If there is
 *   none, or there are more than five, the leader asks as many as make a majority with it, and tells who waits.
 *
 * All others are sent entries with whatever else they are sent, within the idle window at the latest. So an operation costs
 * two messages among three servers: to the leader, and back; and among five a third, which all share that wait at the
 * same time. It takes two and three hops.
 *
 * **Dispatches.** Such messages go out together, at least an append window apart. One who waits alone waits for company, for
 * two windows at the most.
 *
 * **Heartbeats** are only for who is sent nothing else, and questions only for when a majority has said nothing for long:
 * whatever a server says tells what it has heard last, and so that it still follows.
 *
 * **Pipelining.** What was sent counts as arrived, and the next message goes on from there, but for what many messages
 * carry that are unanswered. A follower says when something is missing. If it does not answer in time, what it is not known
 * to have is sent once more; if that does not help, it is sent only what it must answer, until it does. If it has not come
 * to know what another was to tell it, the leader tells it itself, and no other does for a while.
 */
import type { NodeId } from "../../schema/Address.ts"
import { type Index, nodeOf, type Relay } from "../../schema/RaftProtocol.ts"
import * as Append from "./Append.ts"
import * as Delivery from "./Delivery.ts"
import * as Detours from "./Detours.ts"
import * as Log from "./Log.ts"
import type { Follow, Lead } from "./Message.ts"
import * as Reads from "./Reads.ts"
import {
  isMember,
  type Leader,
  majority,
  type Peer,
  peerOf,
  peerOfServer,
  reachedByMajority,
  send,
  type Server,
  stamp
} from "./Server.ts"
import * as Snapshots from "./Snapshots.ts"

export const newPeer = (node: NodeId, next: Index, now: number): Peer => ({
  node,
  via: undefined,
  server: undefined,
  life: 0,
  heard: 0,
  match: 0,
  next,
  unsentSince: now,
  commit: 0,
  knows: 0,
  wants: 0,
  toldAt: -Infinity,
  relayFailures: 0,
  relayAfter: -Infinity,
  newsSince: Infinity,
  sentAt: -Infinity,
  asked: -Infinity,
  echo: -Infinity,
  awaited: -Infinity,
  lateAt: Infinity,
  failures: 0,
  rewoundAt: -Infinity,
  roundTrip: 0,
  readable: undefined,
  isReadableNews: false,
  readableAt: -Infinity,
  installing: 0,
  installed: 0
})

/** How many messages full of entries may be unanswered. */
const pipeline = 4

/** How long a server may take to answer, beyond what it was told that it may. */
const timeout = <A>({ settings }: Server<A>, { failures, roundTrip }: Peer): number =>
  Math.min(Math.max(settings.retry, 3 * roundTrip) * 2 ** failures, 10 * settings.retry)

/** Those whose answers the leader asks for: as many as make a majority with it, the first that answer. */
const urgent = <A>(server: Server<A>, leader: Leader): ReadonlySet<Peer> => {
  const rank = ({ failures }: Peer): number => failures > 0 ? 1 : 0
  const members = leader.peers.filter((peer) => peer.server === undefined || isMember(server, peer.server))
  return new Set(members.toSorted((a, b) => rank(a) - rank(b)).slice(0, majority(server) - 1))
}

/** Whether a peer is so far behind that it needs a snapshot. */
const isFarBehind = <A>({ log }: Server<A>, peer: Peer): boolean => peer.next <= log.start.index

/** Whether it is sent nothing but questions. */
const isSilent = (peer: Peer): boolean => peer.failures > 1

/** Whether many entries are under way to it. */
const isFull = <A>({ settings }: Server<A>, peer: Peer): boolean =>
  peer.server !== undefined && peer.next - peer.match > pipeline * settings.batch

/** What this leader has sent by then, a majority has heard; so nobody else led then. */
export const heardByMajority = <A>(server: Server<A>, leader: Leader): number =>
  reachedByMajority(server, (id) => id === server.id ? Infinity : peerOfServer(leader, id)?.echo ?? -Infinity)

/** When it is to be sent what was not. */
const unsentAt = <A>(server: Server<A>, peer: Peer): number =>
  isSilent(peer) || isFull(server, peer) ? Infinity : peer.unsentSince + server.settings.idleWindow

/** When it is to be asked something: not as long as it talks by itself, since that says as much. */
const askAt = <A>(server: Server<A>, leader: Leader, { asked, echo }: Peer, isUrgent: boolean): number => {
  const { readAt, reads } = leader
  const { heartbeat, refuseAfter, requestWindow } = server.settings
  const isDoubted = isUrgent && reads.length > 0 && reads.at(-1)!.at > asked
  if (isDoubted) return asked + requestWindow
  const longest = Math.max(asked, echo) + 3 * heartbeat
  const isUsed = server.now - readAt < refuseAfter
  return isUrgent && isUsed ? Math.min(longest, Math.max(asked, heardByMajority(server, leader)) + heartbeat) : longest
}

/** Notes since when there is something that its clients wait for, and may hear of now. */
const lookForNews = <A>(server: Server<A>, peer: Peer): void => {
  const { commit, now } = server
  const isReadable = peer.isReadableNews && peer.readable!.index <= Math.max(commit, peer.knows)
  const isNews = isReadable || Math.min(commit, peer.wants) > peer.knows
  peer.newsSince = isNews && !isWaiting(server, peer) && !isFarBehind(server, peer)
    ? Math.min(peer.newsSince, now)
    : Infinity
}

/** Who is sent entries next, because somebody waits for them to be committed. */
interface Dispatch {
  /** It passes on what it is sent to those whom it helps. */
  readonly helper: Peer | undefined
  readonly helped: ReadonlyArray<Peer>
  /** Who is sent them by the leader. */
  readonly direct: ReadonlyArray<Peer>
  /** Whether the leader must learn that they are committed. */
  readonly isAsking: boolean
}

/** Whether it waits for an entry of which nobody knows yet that it is committed. */
const isWaiting = <A>(server: Server<A>, peer: Peer): boolean =>
  peer.wants > Math.max(server.commit, peer.knows) && !isFarBehind(server, peer) && !isSilent(peer)

const isMemberAt = <A>(server: Server<A>, { server: id }: Peer): boolean => id !== undefined && isMember(server, id)

/** Who is to pass on entries: a server that answers and waits for nothing, the one that was told something longest ago. */
const findHelper = <A>(server: Server<A>, leader: Leader): Peer | undefined => {
  if (majority(server) !== 3) return undefined
  const rank = (peer: Peer): number => isWaiting(server, peer) ? Infinity : peer.toldAt
  return leader.peers.filter((peer) => isClose(server, peer)).toSorted((a, b) => rank(a) - rank(b))[0]
}

/** Whether a member answers, and one message brings it all entries. */
const isClose = <A>(server: Server<A>, peer: Peer): boolean =>
  isMemberAt(server, peer) && peer.failures === 0 && peer.via === undefined && !isFarBehind(server, peer)
  && Log.lastIndex(server.log) - peer.next < server.settings.batch

/** Who is asked for answers in a dispatch, so that the leader learns what is committed; rather who is sent something anyway. */
const findAsked = <A>(server: Server<A>, leader: Leader, direct: ReadonlyArray<Peer>): ReadonlyArray<Peer> => {
  const rank = (peer: Peer): number => peer.failures > 0 ? 2 : direct.includes(peer) ? 0 : 1
  return leader.peers
    .filter((peer) => (peer.server === undefined || isMemberAt(server, peer)))
    .filter((peer) => !isFarBehind(server, peer) && !isFull(server, peer))
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, majority(server) - 1)
}

const plan = <A>(server: Server<A>, leader: Leader): Dispatch => {
  const { commit, log, now } = server
  const waiting = leader.peers.filter((peer) => isWaiting(server, peer))
  const helper = findHelper(server, leader)
  const canBeHelped = (peer: Peer): boolean =>
    helper !== undefined && peer !== helper && isClose(server, peer) && peer.relayAfter <= now
  const isEnough = (peer: Peer): boolean => majority(server) === 2 && isMemberAt(server, peer)
  const isSafe = ({ wants }: Peer): boolean => wants <= log.safe
  const helped = waiting.filter((peer) => canBeHelped(peer) && isSafe(peer))
  const direct = waiting.filter((peer) => isEnough(peer) && isSafe(peer))
  const others = waiting.filter((peer) => !canBeHelped(peer) && !isEnough(peer))
  const wants = Math.max(leader.wants, ...others.map((peer) => peer.wants))
  const isAsking = wants > Math.max(commit, leader.askedTo)
  if (!isAsking || helped.length > 0) return { helper, helped, direct, isAsking }
  const asked = findAsked(server, leader, direct)
  return { helper, helped, direct: [...new Set([...direct, ...asked])], isAsking }
}

/** How many servers wait for this dispatch. */
const countWaiting = ({ direct, helped, isAsking }: Dispatch): number => helped.length + (isAsking ? 1 : direct.length)

const sendDispatch = <A>(server: Server<A>, leader: Leader, { direct, helped, helper, isAsking }: Dispatch): void => {
  leader.dispatchSince = Infinity
  leader.sharedSince = Infinity
  leader.dispatchedAt = server.now
  if (isAsking) leader.askedTo = Log.lastIndex(server.log)
  if (helper !== undefined && helped.length > 0) {
    const relays = helped.map((peer, i) => relay(server, peer, isAsking && i === 0 ? 0 : server.settings.idleWindow))
    write(server, helper, undefined, relays)
  }
  for (const peer of direct) {
    write(server, peer, isAsking ? 0 : undefined)
    if (isAsking) leader.askedTo = Math.min(leader.askedTo, peer.next - 1)
  }
}

/** Dispatches are a window apart, and who waits alone waits for company, for two windows at the most. */
const dispatchAt = <A>(
  { settings: { appendWindow } }: Server<A>,
  { dispatchSince, dispatchedAt, sharedSince }: Leader
): number => Math.max(Math.min(dispatchSince + 2 * appendWindow, sharedSince), dispatchedAt + appendWindow)

/** When a message of its own is due. */
const dueAt = <A>(server: Server<A>, leader: Leader, peer: Peer, isUrgent: boolean): number => {
  const heartbeatAt = peer.sentAt + server.settings.heartbeat
  return Math.min(
    peer.newsSince + server.settings.answerWindow,
    unsentAt(server, peer),
    askAt(server, leader, peer, isUrgent),
    heartbeatAt
  )
}

export const tend = <A>(server: Server<A>, leader: Leader): void => {
  const { now, settings } = server
  for (const peer of leader.peers) if (peer.lateAt <= now) fail(server, leader, peer)
  const dispatch = plan(server, leader)
  const count = countWaiting(dispatch)
  leader.dispatchSince = count > 0 ? Math.min(leader.dispatchSince, now) : Infinity
  leader.sharedSince = count > 1 ? Math.min(leader.sharedSince, now) : Infinity
  if (dispatchAt(server, leader) <= now) sendDispatch(server, leader, dispatch)
  const urgents = urgent(server, leader)
  for (const peer of leader.peers) {
    lookForNews(server, peer)
    const isUrgent = urgents.has(peer)
    if (dueAt(server, leader, peer, isUrgent) > now) continue
    if (isFarBehind(server, peer)) writeSnapshot(server, peer)
    else if (askAt(server, leader, peer, isUrgent) > now) write(server, peer, undefined)
    else write(server, peer, isUrgent ? 0 : settings.idleWindow)
  }
}

export const wakeAt = <A>(server: Server<A>, leader: Leader): number => {
  const urgents = urgent(server, leader)
  return Math.min(
    dispatchAt(server, leader),
    ...leader.peers.map((peer) => Math.min(peer.lateAt, dueAt(server, leader, peer, urgents.has(peer))))
  )
}

/** Says all that there is to say to a peer, and asks for an answer within so many ms, if at all; entries are always answered. */
const write = <A>(
  server: Server<A>,
  peer: Peer,
  within: number | undefined,
  relays: ReadonlyArray<Relay> = []
): void => {
  const { commit, id, log, settings, term } = server
  const before = peer.next - 1
  const entries = isSilent(peer) ? [] : Log.after(log, before, settings.batch)
  const isAll = before + entries.length === Log.lastIndex(log)
  const isQuestion = within !== undefined || entries.length > 0
  const answerWithin = !isAll || peer.failures > 0 ? 0 : within ?? settings.idleWindow
  const { heard, life, readable, server: to } = peer
  const at = stamp(server)
  const body: Lead<A> = {
    from: id,
    term,
    at,
    previous: { index: before, term: Log.termAt(log, before)! }, // it is not far behind
    entries,
    commit,
    safe: log.safe,
    ...isQuestion && { answerWithin },
    ...to !== undefined && { to: { server: to, life, heard } },
    ...readable && { read: readable }
  }
  if (peer.via === undefined) {
    send(server, peer.node, { type: "lead", body: { ...body, ...relays.length > 0 && { relays } } })
  } else Detours.sendBy(server, peer.via, peer.node, { type: "lead", body })
  const isEnough = majority(server) === 2 && to !== undefined && isMember(server, to)
  told(peer, at, before + entries.length, Math.max(commit, isEnough ? Math.min(log.safe, before + entries.length) : 0))
  peer.unsentSince = isAll ? Infinity : -Infinity
  if (isQuestion) question(server, peer, at, answerWithin)
}

/** What another is to tell a peer that is not far behind. */
const relay = <A>(server: Server<A>, peer: Peer, answerWithin: number): Relay => {
  const { log } = server
  const { heard, life, readable, server: to } = peer
  const at = stamp(server)
  const after = peer.next - 1
  told(peer, at, Log.lastIndex(log), Math.max(server.commit, log.safe))
  peer.unsentSince = Infinity
  question(server, peer, at, answerWithin)
  return { at, after, answerWithin, to: { server: to!, life, heard }, ...readable && { read: readable } } // it is a member
}

/** It has been told all this. */
const told = (peer: Peer, at: number, last: Index, knows: Index): void => {
  peer.sentAt = at
  peer.next = last + 1
  if (knows > peer.knows) {
    peer.knows = knows
    peer.toldAt = at
  }
  if (peer.readable !== undefined) peer.readableAt = at
  peer.isReadableNews = false
  peer.newsSince = Infinity
}

/** Sends the next part of a snapshot, and nothing more until it is answered but empty parts, as questions. */
const writeSnapshot = <A>(server: Server<A>, peer: Peer): void => {
  const isDue = peer.unsentSince < Infinity && !isSilent(peer)
  const at = stamp(server)
  Snapshots.send(server, peer, at, isDue ? server.settings.chunk : 0)
  peer.sentAt = at
  if (isDue) peer.unsentSince = Infinity
  question(server, peer, at, 0)
}

/** It was sent something at this time that it is to answer within so many ms. */
const question = <A>(server: Server<A>, peer: Peer, at: number, within: number): void => {
  peer.asked = at
  if (peer.lateAt < Infinity) return
  peer.awaited = at
  peer.lateAt = server.now + within + timeout(server, peer)
}

/** It has not answered in time. */
const fail = <A>(server: Server<A>, leader: Leader, peer: Peer): void => {
  peer.failures++
  rewind(server, leader, peer)
  peer.awaited = peer.rewoundAt
  peer.lateAt = server.now + timeout(server, peer)
}

/** What was sent and is not known to have arrived, counts as lost. */
const rewind = <A>(server: Server<A>, leader: Leader, peer: Peer): void => {
  peer.next = peer.match + 1
  peer.unsentSince = peer.next > Log.lastIndex(server.log) ? Infinity : -Infinity
  peer.rewoundAt = stamp(server)
  peer.knows = peer.commit
  leader.askedTo = 0
}

/** Looks whether it has come to know what it was to know. If not in time, others do not tell it for a while. */
const checkKnowledge = <A>(server: Server<A>, peer: Peer, { commit, echo }: Follow<A>): void => {
  const { now, settings } = server
  peer.commit = Math.max(peer.commit, commit)
  const isHeard = echo >= peer.toldAt
  if (commit >= Math.min(peer.wants, peer.knows)) {
    if (isHeard) peer.relayFailures = 0
    return
  }
  const isLate = now - peer.toldAt > timeout(server, peer)
  if (isLate) peer.knows = peer.commit
  if (isLate) peer.relayAfter = now + Math.min(2 ** peer.relayFailures++ * settings.retry, 100 * settings.retry)
}

/** A server says that it is at this node; the answer is false if it has been replaced since. */
const meet = (leader: Leader, peer: Peer, { echo, from, life }: Follow<unknown>): boolean => {
  if (peer.server !== from) {
    if (echo <= peer.echo) return false
    peer.server = from
    peer.match = 0
    peer.installed = 0
    peer.life = -1
  }
  if (life > peer.life) {
    peer.life = life
    peer.heard = 0
    peer.wants = 0
    peer.commit = 0
    peer.knows = 0
    peer.readable = undefined
    peer.isReadableNews = false
    leader.reads = leader.reads.filter(({ node }) => node !== peer.node)
  }
  return true
}

/** It has answered what it was sent at this time, and all before. */
const answered = <A>(server: Server<A>, peer: Peer, echo: number): void => {
  if (echo <= peer.echo) return
  peer.echo = echo
  if (echo < peer.awaited) return
  if (echo === peer.awaited) peer.roundTrip += (server.now - echo - peer.roundTrip) / 8
  peer.failures = 0
  peer.lateAt = Infinity
  if (peer.asked <= echo) return
  peer.awaited = peer.asked
  peer.lateAt = server.now + server.settings.idleWindow + timeout(server, peer)
}

/** It asks how far to read. */
const askedToRead = <A>(server: Server<A>, leader: Leader, peer: Peer, { echo, read }: Follow<A>): void => {
  const told = peer.readable?.number ?? 0
  Reads.register(server, leader, peer.node, read, told)
  const isLost = echo < peer.readableAt && server.now - peer.readableAt > timeout(server, peer)
  if (read > 0 && read === told && isLost) peer.isReadableNews = true
}

export const receive = <A>(
  server: Server<A>,
  leader: Leader,
  node: NodeId,
  follow: Follow<A>,
  via: NodeId | undefined
): void => {
  const peer = peerOf(leader, node)
  const { log } = server
  const isForeign = nodeOf(follow.from) !== node || follow.match > Log.lastIndex(log) || follow.echo > server.stamped
  if (peer === undefined || isForeign || !meet(leader, peer, follow)) return
  if (peer.via !== via) peer.asked = -Infinity // it is asked at once, on the new way
  peer.via = via
  peer.match = Math.max(peer.match, follow.match)
  peer.next = Math.max(peer.next, peer.match + 1)
  answered(server, peer, follow.echo)
  if (follow.isMissing === true && follow.echo > peer.rewoundAt) rewind(server, leader, peer)
  if (follow.life < peer.life) return
  Delivery.commit(server, Math.min(follow.commit, Log.lastIndex(log)))
  checkKnowledge(server, peer, follow)
  peer.heard = Math.max(peer.heard, follow.at)
  if (follow.operations.length > 0) {
    const { from, life, operations } = follow
    if (Append.appendFor(server, leader, { server: from, life }, operations)) peer.wants = Log.lastIndex(log)
  }
  askedToRead(server, leader, peer, follow)
  if (follow.snapshot !== undefined && Snapshots.isAwaited(peer, follow.snapshot)) peer.unsentSince = -Infinity
}
