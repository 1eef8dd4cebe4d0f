/**
 * What a leader sends to whom, and when.
 *
 * **One message says all** that the leader has to say to a server: entries, up to where they are committed, and how far
 * the server may read.
 *
 * **The server that waits learns first.** The clients of a server wait until that server knows some entries to be
 * committed: they have asked for them, or their reads must see them. An entry of this term is committed once it is safe
 * on the disks of a majority, whoever knows of it. So the leader does not gather answers first and then tell the
 * others:
 * - Among three, the server that waits makes a majority with the leader. The leader sends it the entries, and up to
 *   where they are safe on the leader's disk. When they are safe on its own disk as well, the server knows that they
 *   are committed.
 * - Among five, the leader sends them to another server, the helper, which passes them on to all servers that wait (see
 *   Relays). Each of these makes a majority with the leader and the helper. If the leader reaches a server that waits only
 *   by a detour, the helper is the server on the way.
 * - When the leader's own clients wait, one of the servers that are told in this way answers at once, and says what it
 *   knows. If there is none, or the cluster has more than five servers, the leader asks as many as make a majority with
 *   it, and then tells the servers that wait.
 *
 * The leader sends entries to all other servers together with whatever else it sends them, within the idle window at
 * the latest. So an operation costs two messages among three servers, to the leader and back, and takes two hops. Among
 * five it costs a third message, which all servers share that wait at the same time, and takes three hops.
 *
 * **Dispatches.** The leader sends these messages together, in dispatches that are at least an append window apart. If
 * only one server waits, the leader waits for another, for two windows at the most.
 *
 * **Heartbeats** go only to servers to which the leader sends nothing else. It asks for answers only when a majority
 * has said nothing for long: whatever a server says tells what it has heard last, and so that it still follows.
 *
 * **Pipelining.** The leader counts what it has sent as arrived, and the next message goes on from there, unless the
 * server has yet to answer as much as many messages carry. A follower says when entries are missing. If it does not
 * answer in time, the leader sends once more what it does not know the follower to have. If that does not help either,
 * it sends only messages that the follower must answer, until the follower does. If a server has not heard in time what
 * a helper was to tell it, the link between the two may be cut. So the leader tells that server itself for a while, and
 * for twice as long each time that a helper fails again.
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
  straightAt: now,
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
  relayedAt: Infinity,
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

/** How many messages full of entries may wait for an answer. */
const pipeline = 4

/** How long a server may take to answer, besides the time that the leader has granted it. */
const timeout = <A>({ settings }: Server<A>, { failures, roundTrip }: Peer): number =>
  Math.min(Math.max(settings.retry, 3 * roundTrip) * 2 ** failures, 10 * settings.retry)

/**
 * The servers that the leader asks for answers: as many as make a majority with it. Rather those that have answered
 * lately, and rather those that it reaches straight.
 */
const urgent = <A>(server: Server<A>, leader: Leader): ReadonlySet<Peer> => {
  const rank = ({ failures, via }: Peer): number => failures > 0 ? 2 : via === undefined ? 0 : 1
  const members = leader.peers.filter((peer) => peer.server === undefined || isMember(server, peer.server))
  return new Set(members.toSorted((a, b) => rank(a) - rank(b)).slice(0, majority(server) - 1))
}

/** Whether a peer is so far behind that it needs a snapshot. */
const isFarBehind = <A>({ log }: Server<A>, peer: Peer): boolean => peer.next <= log.start.index

/** Whether the leader sends it nothing but questions. */
const isSilent = (peer: Peer): boolean => peer.failures > 1

/** Whether so many entries are under way to it that the leader waits. */
const isFull = <A>({ settings }: Server<A>, peer: Peer): boolean =>
  peer.server !== undefined && peer.next - peer.match > pipeline * settings.batch

/** A majority has heard what this leader has sent by then. So nobody else led then. */
export const heardByMajority = <A>(server: Server<A>, leader: Leader): number =>
  reachedByMajority(server, (id) => id === server.id ? Infinity : peerOfServer(leader, id)?.echo ?? -Infinity)

/** When the leader sends it what it has not sent yet. */
const unsentAt = <A>(server: Server<A>, peer: Peer): number =>
  isSilent(peer) || isFull(server, peer) ? Infinity : peer.unsentSince + server.settings.idleWindow

/** When the leader asks it for an answer. As long as it writes by itself it need not: its messages say as much. */
const askAt = <A>(server: Server<A>, leader: Leader, { asked, echo }: Peer, isUrgent: boolean): number => {
  const { readAt, reads } = leader
  const { heartbeat, refuseAfter, requestWindow } = server.settings
  const isDoubted = isUrgent && reads.length > 0 && reads.at(-1)!.at > asked
  if (isDoubted) return asked + requestWindow
  const longest = Math.max(asked, echo) + 3 * heartbeat
  const isUsed = server.now - readAt < refuseAfter
  return isUrgent && isUsed ? Math.min(longest, Math.max(asked, heardByMajority(server, leader)) + heartbeat) : longest
}

/** Notes since when there is news that its clients wait for, and may hear now. */
const lookForNews = <A>(server: Server<A>, peer: Peer): void => {
  const { commit, now } = server
  const isReadable = peer.isReadableNews && peer.readable!.index <= Math.max(commit, peer.knows)
  const isNews = isReadable || Math.min(commit, peer.wants) > peer.knows
  peer.newsSince = isNews && !isWaiting(server, peer) && !isFarBehind(server, peer)
    ? Math.min(peer.newsSince, now)
    : Infinity
}

/** To whom the leader sends entries next, because a server waits for them to be committed. */
interface Dispatch {
  /** The servers to which a helper passes on what the leader sends it. */
  readonly helped: ReadonlyArray<{ readonly peer: Peer; readonly helper: Peer }>
  /** The servers to which the leader sends the entries itself. */
  readonly direct: ReadonlyArray<Peer>
  /** Whether the leader must find out that they are committed. */
  readonly isAsking: boolean
}

/** Whether the peer waits for an entry that nobody knows to be committed yet. */
const isWaiting = <A>(server: Server<A>, peer: Peer): boolean =>
  peer.wants > Math.max(server.commit, peer.knows) && !isFarBehind(server, peer) && !isSilent(peer)

const isMemberAt = <A>(server: Server<A>, { server: id }: Peer): boolean => id !== undefined && isMember(server, id)

/** A helper: a server that answers and waits for nothing; of these, the one that was told something longest ago. */
const findHelper = <A>(server: Server<A>, leader: Leader): Peer | undefined => {
  const rank = (peer: Peer): number => isWaiting(server, peer) ? Infinity : peer.toldAt
  return leader.peers.filter((peer) => canHelp(server, peer)).toSorted((a, b) => rank(a) - rank(b))[0]
}

/** Whether it is a member that answers, and one message can bring it all entries. */
const isClose = <A>(server: Server<A>, peer: Peer): boolean =>
  isMemberAt(server, peer) && peer.failures === 0 && !isFarBehind(server, peer)
  && Log.lastIndex(server.log) - peer.next < server.settings.batch

const canHelp = <A>(server: Server<A>, peer: Peer): boolean => isClose(server, peer) && peer.via === undefined

/** Who helps whom. A peer that the leader reaches by a detour is helped by the server on the way. */
const findHelped = <A>(
  server: Server<A>,
  leader: Leader,
  waiting: ReadonlyArray<Peer>
): Dispatch["helped"] => {
  if (majority(server) !== 3) return []
  const straight = findHelper(server, leader)
  return waiting.flatMap((peer) => {
    const helper = peer.via === undefined ? straight : peerOf(leader, peer.via)
    if (helper === undefined || helper === peer || !canHelp(server, helper)) return []
    return isClose(server, peer) && peer.relayAfter <= server.now ? [{ peer, helper }] : []
  })
}

/**
 * Which servers the leader asks for answers in a dispatch, so that it learns what is committed: rather those to which
 * it sends something anyway.
 */
const findAsked = <A>(server: Server<A>, leader: Leader, direct: ReadonlyArray<Peer>): ReadonlyArray<Peer> => {
  const rank = (peer: Peer): number =>
    peer.failures > 0 ? 3 : peer.via !== undefined ? 2 : direct.includes(peer) ? 0 : 1
  return leader.peers
    .filter((peer) => (peer.server === undefined || isMemberAt(server, peer)))
    .filter((peer) => !isFarBehind(server, peer) && !isFull(server, peer))
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, majority(server) - 1)
}

const plan = <A>(server: Server<A>, leader: Leader): Dispatch => {
  const { commit, log } = server
  const waiting = leader.peers.filter((peer) => isWaiting(server, peer))
  const candidates = findHelped(server, leader, waiting)
  const isEnough = (peer: Peer): boolean => majority(server) === 2 && isMemberAt(server, peer)
  const isSafe = ({ wants }: Peer): boolean => wants <= log.safe
  const helped = candidates.filter(({ peer }) => isSafe(peer))
  const direct = waiting.filter((peer) => isEnough(peer) && isSafe(peer))
  const others = waiting.filter((peer) => !candidates.some((other) => other.peer === peer) && !isEnough(peer))
  const wants = Math.max(leader.wants, ...others.map((peer) => peer.wants))
  const isAsking = wants > Math.max(commit, leader.askedTo)
  if (!isAsking || helped.some(isStraight)) return { helped, direct, isAsking }
  const asked = findAsked(server, leader, direct)
  return { helped, direct: [...new Set([...direct, ...asked])], isAsking }
}

const isStraight = ({ peer }: Dispatch["helped"][number]): boolean => peer.via === undefined

/** How many servers wait for this dispatch. */
const countWaiting = ({ direct, helped, isAsking }: Dispatch): number => helped.length + (isAsking ? 1 : direct.length)

const sendDispatch = <A>(server: Server<A>, leader: Leader, { direct, helped, isAsking }: Dispatch): void => {
  leader.dispatchSince = Infinity
  leader.sharedSince = Infinity
  leader.dispatchedAt = server.now
  if (isAsking) leader.askedTo = Log.lastIndex(server.log)
  const answering = isAsking && direct.length === 0 ? helped.find(isStraight) : undefined
  for (const peer of new Set([...helped.map(({ helper }) => helper), ...direct])) {
    const isAsked = isAsking && direct.includes(peer)
    const relays = helped.filter(({ helper }) => helper === peer).map((help) =>
      relay(server, help.peer, help === answering ? 0 : server.settings.idleWindow)
    )
    write(server, peer, isAsked ? 0 : undefined, relays)
    if (isAsked && !isSilent(peer)) leader.askedTo = Math.min(leader.askedTo, peer.next - 1)
  }
}

/**
 * When the next dispatch goes out: a window after the last one, and, if only one server waits, after up to two windows.
 */
const dispatchAt = <A>(
  { settings: { appendWindow } }: Server<A>,
  { dispatchSince, dispatchedAt, sharedSince }: Leader
): number => Math.max(Math.min(dispatchSince + 2 * appendWindow, sharedSince), dispatchedAt + appendWindow)

/** When the leader sends the peer a message that is not part of a dispatch. */
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

/**
 * Sends a peer all that there is to say to it. Asks it to answer within so many ms, if that is given; servers always
 * answer entries.
 */
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
    previous: { index: before, term: Log.termAt(log, before)! }, // the log has this entry, for the peer is not far behind
    entries,
    commit,
    safe: log.safe,
    ...isQuestion && { answerWithin },
    ...to !== undefined && { to: { server: to, life, heard } },
    ...readable && { read: readable }
  }
  const isTrial = peer.straightAt + settings.refuseAfter <= server.now
  if (peer.via !== undefined) Detours.sendBy(server, peer.via, peer.node, { type: "lead", body })
  if (peer.via === undefined || isTrial) {
    peer.straightAt = server.now
    send(server, peer.node, { type: "lead", body: { ...body, ...relays.length > 0 && { relays } } })
  }
  const isEnough = majority(server) === 2 && to !== undefined && isMember(server, to)
  told(peer, at, before + entries.length, Math.max(commit, isEnough ? Math.min(log.safe, before + entries.length) : 0))
  peer.unsentSince = isAll ? Infinity : -Infinity
  if (isQuestion) question(server, peer, at, answerWithin)
}

/** What the helper is to tell a peer that is not far behind. */
const relay = <A>(server: Server<A>, peer: Peer, answerWithin: number): Relay => {
  const { log } = server
  const { heard, life, readable, server: to } = peer
  const at = stamp(server)
  const after = peer.next - 1
  told(peer, at, Log.lastIndex(log), Math.max(server.commit, log.safe))
  peer.relayedAt = Math.min(peer.relayedAt, at)
  peer.unsentSince = Infinity
  question(server, peer, at, answerWithin)
  return { at, after, answerWithin, to: { server: to!, life, heard }, ...readable && { read: readable } } // a member has one
}

/** Notes that the leader has told the peer all this. */
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

/** Sends the next part of a snapshot. Until the peer has answered that, sends only empty parts, as questions. */
const writeSnapshot = <A>(server: Server<A>, peer: Peer): void => {
  const isDue = peer.unsentSince < Infinity && !isSilent(peer)
  const at = stamp(server)
  Snapshots.send(server, peer, at, isDue ? server.settings.chunk : 0)
  peer.sentAt = at
  if (isDue) peer.unsentSince = Infinity
  question(server, peer, at, 0)
}

/** Notes that the peer has to answer within so many ms what the leader sent at this time. */
const question = <A>(server: Server<A>, peer: Peer, at: number, within: number): void => {
  peer.asked = at
  if (peer.lateAt < Infinity) return
  peer.awaited = at
  peer.lateAt = server.now + within + timeout(server, peer)
}

/** The peer has not answered in time. */
const fail = <A>(server: Server<A>, leader: Leader, peer: Peer): void => {
  peer.failures++
  rewind(server, leader, peer)
  peer.awaited = peer.rewoundAt
  peer.lateAt = server.now + timeout(server, peer)
}

/** Counts as lost what was sent and is not known to have arrived. */
const rewind = <A>(server: Server<A>, leader: Leader, peer: Peer): void => {
  peer.next = peer.match + 1
  peer.unsentSince = peer.next > Log.lastIndex(server.log) ? Infinity : -Infinity
  peer.rewoundAt = stamp(server)
  peer.knows = peer.commit
  leader.askedTo = 0
}

/** Looks whether the peer has learned in time what it was to learn. If it has not, the leader tells it once more. */
const checkKnowledge = <A>(server: Server<A>, peer: Peer, { commit }: Follow<A>): void => {
  peer.commit = Math.max(peer.commit, commit)
  const isLate = server.now - peer.toldAt > timeout(server, peer)
  if (isLate && commit < Math.min(peer.wants, peer.knows)) peer.knows = peer.commit
}

/** Looks whether a helper has told the peer in time what it was to tell. If it has not, no helper tells it for a while. */
const checkHelp = <A>(server: Server<A>, peer: Peer, { helped = 0 }: Follow<A>): void => {
  const { now, settings } = server
  if (helped >= peer.relayedAt) {
    peer.relayFailures = 0
    peer.relayedAt = Infinity
  } else if (now - peer.relayedAt > timeout(server, peer)) {
    peer.relayAfter = now + Math.min(2 ** peer.relayFailures++ * settings.retry, 100 * settings.retry)
    peer.relayedAt = Infinity
  }
}

/** A server says that it is at this node. Answers false if another server has taken its place since. */
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

/** The leader has last heard the peer on this way. */
const hearBy = (peer: Peer, via: NodeId | undefined): void => {
  if (peer.via !== via) peer.asked = -Infinity // the leader asks it at once, on the new way
  peer.via = via
}

/** The peer has answered what the leader sent at this time, and all before. */
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

/** The peer asks how far the log must be for its reads. If the answer was lost, the leader gives it again. */
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
  if (via === undefined || follow.at > peer.heard) hearBy(peer, via)
  peer.match = Math.max(peer.match, follow.match)
  peer.next = Math.max(peer.next, peer.match + 1)
  answered(server, peer, follow.echo)
  if (follow.isMissing === true && follow.echo > peer.rewoundAt) {
    rewind(server, leader, peer)
    peer.relayAfter = Math.max(peer.relayAfter, server.now + server.settings.retry) // a helper may lack the same
  }
  if (follow.life < peer.life) return
  Delivery.commit(server, Math.min(follow.commit, Log.lastIndex(log)))
  checkKnowledge(server, peer, follow)
  checkHelp(server, peer, follow)
  peer.heard = Math.max(peer.heard, follow.at)
  if (follow.operations.length > 0) {
    const { from, life, operations } = follow
    if (Append.appendFor(server, leader, { server: from, life }, operations)) peer.wants = Log.lastIndex(log)
  }
  askedToRead(server, leader, peer, follow)
  if (follow.snapshot !== undefined && Snapshots.isAwaited(peer, follow.snapshot)) peer.unsentSince = -Infinity
}
