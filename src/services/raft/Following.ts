/**
 * What a follower does: it makes its log like the leader's, and delivers what is committed.
 *
 * **A follower takes a part of the log** if its own log has the same entry before that part: same index, same term.
 * Then all before is the same too. It cuts off those of its entries that differ from the leader's, and only those: the
 * part may be an old one, and entries after it may be committed with this server's help.
 *
 * **What is committed here.** First, what the leader says is committed, but no further than this log is known to be the
 * leader's: what comes after that may be a tail that no majority has ever had. Second, what this follower itself finds
 * to be on the disks of a majority, its own included, by the leader's rule: the last such entry must be of the leader's
 * term. Its own log tells it which servers make up the cluster. The leader's log may already have a change of membership
 * that this one lacks. If that change is committed, so is all before it. If not, no other change follows it. Then a
 * majority before the change and a majority after it have a server in common, and that server has the entries that this
 * follower counts.
 *
 * **An answer says what is safe**: on disk, and the same as in the leader's log. So a follower sends it once it has
 * synced the entries that it answers. Many entries share one answer.
 *
 * **Order.** Messages overtake each other. A follower keeps a part that builds on entries that it lacks for a moment.
 * If these have not come by then, or its log differs, it tells the leader.
 */
import type { NodeId } from "../../schema/Address.ts"
import { type Entry, type Index, nodeOf, type ServerId } from "../../schema/RaftProtocol.ts"
import * as Delivery from "./Delivery.ts"
import * as Detours from "./Detours.ts"
import * as Log from "./Log.ts"
import type { Follow, Install, Lead, Relayed } from "./Message.ts"
import * as Relays from "./Relays.ts"
import * as Requests from "./Requests.ts"
import * as Role from "./Role.ts"
import {
  type Follower,
  isMember,
  isTermSafe,
  reachedByMajority,
  sendSafely,
  type Server,
  stamp,
  write
} from "./Server.ts"
import * as Snapshots from "./Snapshots.ts"

/** How many parts a follower keeps that build on entries that it lacks. */
const mostAhead = 64

/** Another server says that it leads. Answers the role of this server, if it follows that one. */
const hear = <A>(
  server: Server<A>,
  node: NodeId,
  { at, from, term }: Lead<A> | Install,
  via: NodeId | undefined
): Follower<A> | undefined => {
  if (term < server.term) {
    sendSafely(server, node, { type: "follow", body: message(server, 0) })
    return undefined
  }
  if (term > server.term || server.role.type !== "follower") Role.follow(server, term)
  const { election, now, role, settings } = server
  if (role.type !== "follower") return undefined
  if (role.leader === undefined) {
    role.leader = from
    role.heardAt = now
    Requests.reset(server)
  }
  if (via === undefined || at > role.echo) role.via = via
  role.echo = Math.max(role.echo, at)
  election.promisedUntil = now + settings.electionTimeout
  election.leaderlessSince = Infinity
  election.attempts = 0
  Role.wait(server)
  return role
}

/** Has this server answer the leader by this time. */
const owe = <A>(role: Follower<A>, at: number): void => {
  if (at >= role.answerAt) return
  role.answerAt = at
  role.answerFor = role.verified
}

export const receive = <A>(server: Server<A>, node: NodeId, lead: Lead<A>, via?: NodeId): void => {
  const role = hear(server, node, lead, via)
  if (role === undefined) return
  know(role, lead.from, lead.safe)
  Relays.keep(role, lead)
  const isTaken = take(server, role, lead)
  for (let before = -1; role.ahead.length !== before;) {
    before = role.ahead.length
    const parts = role.ahead
    role.ahead = []
    for (const part of parts) take(server, role, part)
  }
  if (isTaken && role.ahead.length === 0) role.missingAt = Infinity
  const { answerWithin, read, to } = lead
  if (answerWithin !== undefined) owe(role, server.now + answerWithin)
  if (to?.server !== server.id || to.life !== server.life) return
  role.heardAt = Math.max(role.heardAt, to.heard)
  if (read !== undefined) Requests.readable(server, read.number, read.index)
}

/** Takes what the leader says by way of another follower, which has all of it on its disk. */
export const receiveRelayed = <A>(server: Server<A>, { from, lead, match }: Relayed<A>): void => {
  const { role: before } = server
  receive(server, nodeOf(lead.from), lead, before.type === "follower" ? before.via : undefined)
  const { role } = server
  if (role.type !== "follower" || role.leader !== lead.from || server.term !== lead.term) return
  know(role, from, match)
  role.helped = Math.max(role.helped ?? 0, lead.at)
}

const know = <A>({ known }: Follower<A>, id: ServerId, index: Index): void => {
  known.set(id, Math.max(index, known.get(id) ?? 0))
}

/**
 * Commits what this follower knows to be safe on the disks of a majority, if the last of it is of the leader's term.
 */
const advance = <A>(server: Server<A>, role: Follower<A>): void => {
  const { log, term } = server
  const index = reachedByMajority(
    server,
    (id) => id === server.id ? Math.min(role.verified, log.safe) : role.known.get(id) ?? 0
  )
  if (index > server.commit && Log.termAt(log, index) === term) Delivery.commit(server, index)
}

export const receiveSnapshot = <A>(server: Server<A>, node: NodeId, part: Install, via?: NodeId): void => {
  const role = hear(server, node, part, via)
  if (role === undefined) return
  Snapshots.receive(server, role, part)
  owe(role, server.now)
}

/** Takes a part of the log, if it fits. Else notes that something is missing, and answers false. */
const take = <A>(server: Server<A>, role: Follower<A>, part: Lead<A>): boolean => {
  const { commit, entries, previous } = part
  const { log } = server
  const skipped = Math.max(0, server.commit - previous.index) // committed entries are the same at every leader
  const index = previous.index + skipped
  if (skipped === 0 && Log.termAt(log, index) !== previous.term) {
    miss(server, role, part)
    return false
  }
  takeEntries(server, index, entries.slice(skipped))
  role.verified = Math.max(role.verified, previous.index + entries.length)
  Delivery.commit(server, Math.min(commit, role.verified))
  return true
}

/** The log is the leader's up to this index: has it go on with these entries. */
const takeEntries = <A>(server: Server<A>, index: number, entries: ReadonlyArray<Entry<A>>): void => {
  const { log } = server
  const known = entries.findIndex(({ term }, i) => Log.termAt(log, index + 1 + i) !== term)
  if (known >= 0) {
    const [after, added] = [index + known, entries.slice(known)]
    if (after < server.commit) throw new Error(`entry ${after + 1} is committed, and is to be another one`)
    const record = { type: "entries", after, entries: added, commit: server.commit } as const
    Log.replace(log, after, added, write(server, record))
  }
  for (const entry of entries) if ("by" in entry) Requests.accepted(server, entry.by)
}

/** A part does not fit: entries before it are missing, or differ. */
const miss = <A>(server: Server<A>, role: Follower<A>, part: Lead<A>): void => {
  const { log, now, settings } = server
  const isAhead = part.previous.index > Log.lastIndex(log)
  if (isAhead && part.entries.length > 0 && role.ahead.length < mostAhead) role.ahead.push(part)
  role.missingAt = Math.min(role.missingAt, isAhead ? now + settings.gap : now)
}

/** What this server tells the leader of itself. */
const message = <A>(server: Server<A>, echo: number): Follow<A> => {
  const { commit, id, life, log, role, term } = server
  const match = role.type === "follower" ? Math.min(role.verified, log.safe) : 0
  return { from: id, life, term, at: stamp(server), echo, match, commit, operations: [], read: 0 }
}

/** The server at `via` hears the leader and has said who that is: has it pass on a message, so that the leader answers. */
export const seekLeader = <A>(server: Server<A>, leader: ServerId, via: NodeId): void => {
  if (nodeOf(leader) === via || nodeOf(leader) === server.node || !isTermSafe(server)) return
  Detours.sendBy(server, via, nodeOf(leader), { type: "follow", body: message(server, 0) })
}

/** When this server last heard from a leader. */
const lastHeard = <A>({ election, settings }: Server<A>): number => election.promisedUntil - settings.electionTimeout

/** Whether it is worth asking the leader: this server hears it, and it seems to hear this server. */
const isReachable = <A>(server: Server<A>, role: Follower<A>): boolean =>
  server.now - lastHeard(server) <= 2 * server.settings.heartbeat
  && server.now - role.heardAt <= server.settings.refuseAfter

/** Since when there has been no leader that hears this server. */
export const leaderlessSince = <A>({ election, role }: Server<A>): number =>
  role.type === "follower" && role.leader !== undefined ? role.heardAt : election.leaderlessSince

/** When this server next writes to the leader. */
export const dueAt = <A>(server: Server<A>, role: Follower<A>): number => {
  const { log, requests, settings } = server
  if (role.leader === undefined || !isTermSafe(server)) return Infinity
  const isSafe = log.safe >= role.answerFor
  const answerAt = isSafe ? role.answerAt : role.answerAt + settings.heartbeat
  const askAt = isReachable(server, role)
    ? Math.min(
      Math.max(Requests.waitingSince(server, isMember(server)), requests.askedAt + settings.requestWindow),
      Requests.retryAt(server)
    )
    : Infinity
  return Math.min(answerAt, role.missingAt, askAt)
}

export const tend = <A>(server: Server<A>): void => {
  const { now, requests, role } = server
  if (role.type !== "follower" || role.leader === undefined) return
  advance(server, role)
  Relays.pass(server, role)
  if (dueAt(server, role) > now) return
  if (isReachable(server, role)) {
    if (isMember(server)) Requests.ask(server)
    Requests.askReads(server)
    if (Requests.isAwaiting(server)) requests.askedAt = now
  }
  const { helped, incoming } = role
  const body: Follow<A> = {
    ...message(server, role.echo),
    ...helped !== undefined && { helped },
    ...role.missingAt <= now && { isMissing: true },
    operations: Requests.unaccepted(server).map(({ number, operation }) => ({ number, operation })),
    read: requests.readsAsked,
    ...incoming !== undefined && { snapshot: { index: incoming.index, length: incoming.text.length } }
  }
  Detours.sendBy(server, role.via, nodeOf(role.leader), { type: "follow", body })
  role.answerAt = Infinity
  role.answerFor = 0
  if (role.missingAt <= now) role.missingAt = Infinity
}
