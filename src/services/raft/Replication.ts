/**
 * What a leader sends to whom, and when.
 *
 * **One message says all** that there is to say to a server: entries, how far they are committed, how far it may read.
 *
 * **Entries are urgent** for as many servers as make a majority with the leader, and always for the same ones as long as
 * they answer: so what each window gathers goes to no more servers than it must. The others get entries with whatever
 * else they are sent, within the idle window at the latest, and answer within as long, with whatever else they say.
 * So an entry costs two messages among three servers, and four among five, as long as all is well.
 *
 * **Heartbeats** are only for who is sent nothing else, and questions only for who says nothing else: whatever a server
 * says tells what it has heard last, and so that it still follows.
 *
 * **Pipelining.** What was sent counts as arrived, and the next message goes on from there, but for what many messages
 * carry that are unanswered. A follower says when something is missing. If it does not answer in time, what it is not known
 * to have is sent once more; if that does not help, it is sent only what it must answer, until it does.
 */
import type { NodeId } from "../../schema/Address.ts"
import { type Index, nodeOf } from "../../schema/RaftProtocol.ts"
import * as Append from "./Append.ts"
import * as Log from "./Log.ts"
import type { Follow, Lead } from "./Message.ts"
import * as Reads from "./Reads.ts"
import { isMember, type Leader, majority, type Peer, peerOf, send, type Server, stamp } from "./Server.ts"
import * as Snapshots from "./Snapshots.ts"

export const newPeer = (node: NodeId, next: Index, now: number): Peer => ({
  node,
  server: undefined,
  life: 0,
  heard: 0,
  match: 0,
  next,
  unsentSince: now,
  commit: 0,
  wants: 0,
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

/** Those for whom entries are urgent: the first that answer. */
const urgent = <A>(server: Server<A>, leader: Leader): ReadonlySet<Peer> => {
  const rank = ({ failures }: Peer): number => failures > 0 ? 1 : 0
  const members = leader.peers.filter((peer) => peer.server === undefined || isMember(server, peer.server))
  return new Set(members.toSorted((a, b) => rank(a) - rank(b)).slice(0, majority(server) - 1))
}

/** Whether a peer is so far behind that it needs a snapshot. */
const isFarBehind = <A>({ log }: Server<A>, peer: Peer): boolean => peer.next <= log.start.index

/** Whether it is sent nothing but questions. */
const isSilent = (peer: Peer): boolean => peer.failures > 1

/** When it is to be sent what was not. */
const unsentAt = <A>({ settings }: Server<A>, peer: Peer, isUrgent: boolean): number => {
  const isFull = peer.server !== undefined && peer.next - peer.match > pipeline * settings.batch
  return isSilent(peer) || isFull
    ? Infinity
    : peer.unsentSince + (isUrgent ? settings.appendWindow : settings.idleWindow)
}

/** When it is to be asked something: not as long as it talks by itself, since that says as much. */
const askAt = <A>({ settings }: Server<A>, { reads }: Leader, { asked, echo }: Peer, isUrgent: boolean): number => {
  const isDoubted = isUrgent && reads.length > 0 && reads.at(-1)!.at > asked
  return isDoubted ? asked + settings.requestWindow : Math.max(asked, echo) + settings.heartbeat
}

/** Notes since when there is something that its clients wait for. */
const lookForNews = <A>(server: Server<A>, peer: Peer): void => {
  const isNews = peer.isReadableNews || Math.min(server.commit, peer.wants) > peer.commit
  peer.newsSince = isNews && !isFarBehind(server, peer) ? Math.min(peer.newsSince, server.now) : Infinity
}

/** When a message is due. */
const dueAt = <A>(server: Server<A>, leader: Leader, peer: Peer, isUrgent: boolean): number => {
  const heartbeatAt = peer.sentAt + server.settings.heartbeat
  return Math.min(
    peer.newsSince + server.settings.answerWindow,
    unsentAt(server, peer, isUrgent),
    askAt(server, leader, peer, isUrgent),
    heartbeatAt
  )
}

export const tend = <A>(server: Server<A>, leader: Leader): void => {
  const urgents = urgent(server, leader)
  for (const peer of leader.peers) {
    if (peer.lateAt <= server.now) fail(server, peer)
    lookForNews(server, peer)
    const isUrgent = urgents.has(peer)
    if (dueAt(server, leader, peer, isUrgent) > server.now) continue
    if (isFarBehind(server, peer)) writeSnapshot(server, peer)
    else write(server, leader, peer, isUrgent)
  }
}

export const wakeAt = <A>(server: Server<A>, leader: Leader): number => {
  const urgents = urgent(server, leader)
  return Math.min(
    Infinity,
    ...leader.peers.map((peer) => Math.min(peer.lateAt, dueAt(server, leader, peer, urgents.has(peer))))
  )
}

const write = <A>(server: Server<A>, leader: Leader, peer: Peer, isUrgent: boolean): void => {
  const { log, now, settings } = server
  const before = peer.next - 1
  const entries = isSilent(peer) ? [] : Log.after(log, before, settings.batch)
  const isAll = before + entries.length === Log.lastIndex(log)
  const isQuestion = entries.length > 0 || askAt(server, leader, peer, isUrgent) <= now
  const at = stamp(server)
  const { heard, life, readable, server: to } = peer
  const body: Lead<A> = {
    from: server.id,
    term: server.term,
    at,
    previous: { index: before, term: Log.termAt(log, before)! }, // it is not far behind
    entries,
    commit: server.commit,
    ...isQuestion && { answerWithin: isUrgent || !isAll || peer.failures > 0 ? 0 : settings.idleWindow },
    ...to !== undefined && { to: { server: to, life, heard } },
    ...readable && { read: readable }
  }
  send(server, peer.node, { type: "lead", body })
  peer.sentAt = at
  peer.next += entries.length
  peer.unsentSince = isAll ? Infinity : -Infinity
  peer.commit = server.commit
  if (readable !== undefined) peer.readableAt = at
  peer.isReadableNews = false
  peer.newsSince = Infinity
  if (isQuestion) question(server, peer, at, body.answerWithin!)
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
const fail = <A>(server: Server<A>, peer: Peer): void => {
  peer.failures++
  rewind(server, peer)
  peer.awaited = peer.rewoundAt
  peer.lateAt = server.now + timeout(server, peer)
}

/** What was sent and is not known to have arrived, counts as lost. */
const rewind = <A>(server: Server<A>, peer: Peer): void => {
  peer.next = peer.match + 1
  peer.unsentSince = peer.next > Log.lastIndex(server.log) ? Infinity : -Infinity
  peer.rewoundAt = stamp(server)
}

/** A server says that it is at this node; the answer is false if it has been replaced since. */
const meet = (leader: Leader, peer: Peer, { echo, from, life }: Follow<unknown>): boolean => {
  if (peer.server !== from) {
    if (echo <= peer.echo) return false
    peer.server = from
    peer.match = 0
    peer.wants = 0
    peer.installed = 0
    peer.life = -1
  }
  if (life > peer.life) {
    peer.life = life
    peer.heard = 0
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

export const receive = <A>(server: Server<A>, leader: Leader, node: NodeId, follow: Follow<A>): void => {
  const peer = peerOf(leader, node)
  const { log } = server
  const isForeign = nodeOf(follow.from) !== node || follow.match > Log.lastIndex(log) || follow.echo > server.stamped
  if (peer === undefined || isForeign || !meet(leader, peer, follow)) return
  peer.match = Math.max(peer.match, follow.match)
  peer.next = Math.max(peer.next, peer.match + 1)
  answered(server, peer, follow.echo)
  if (follow.isMissing === true && follow.echo > peer.rewoundAt) rewind(server, peer)
  if (follow.life < peer.life) return
  peer.heard = Math.max(peer.heard, follow.at)
  if (follow.operations.length > 0) {
    const { from, life, operations } = follow
    if (Append.appendFor(server, leader, { server: from, life }, operations)) peer.wants = Log.lastIndex(log)
  }
  askedToRead(server, leader, peer, follow)
  if (follow.snapshot !== undefined && Snapshots.isAwaited(peer, follow.snapshot)) peer.unsentSince = -Infinity
}
