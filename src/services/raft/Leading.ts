/**
 * What a leader does: it decides what comes next in the log, sends it to the others, and decides what is committed.
 *
 * **A leader's log only grows.** Followers make theirs like it (see Following), so that two logs with the same term at
 * an index are the same up to there.
 *
 * **Committed** is an entry *of the leader's own term* that is safe on the disks of a majority, with all that comes
 * before it. It is not enough to count the disks that have an entry of an earlier term: a majority may have it, and yet
 * a server that lacks it, but has an entry of a later term, may be elected and replace it (Ongaro, 2014, figure 3.7,
 * known as figure 8). So a leader begins with a blank entry; once that is committed, all before it is.
 *
 * Followers decide by the same rule, from what they know of others' disks (see Replication). Often they know sooner
 * than the leader, and tell it with their next message.
 *
 * **CheckQuorum.** A leader that has not heard from a majority for longer than its clients are to wait no longer leads.
 */
import type { ServerId } from "../../schema/RaftProtocol.ts"
import * as Append from "./Append.ts"
import * as Delivery from "./Delivery.ts"
import * as Log from "./Log.ts"
import * as Membership from "./Membership.ts"
import * as Reads from "./Reads.ts"
import * as Replication from "./Replication.ts"
import * as Requests from "./Requests.ts"
import * as Role from "./Role.ts"
import { type Leader, peerOfServer, reachedByMajority, type Server } from "./Server.ts"

/** This server leads from now on: a cluster that exists already, or one that begins with these servers. */
export const begin = <A>(server: Server<A>, founders: ReadonlyArray<ServerId> | undefined): void => {
  const { election, log, node, nodes, now, term } = server
  const lastOperations = new Map(server.lastOperations)
  for (const entry of Log.after(log, server.applied)) {
    if ("operation" in entry) lastOperations.set(entry.by.server, entry.by)
    else if ("servers" in entry) Delivery.retain(lastOperations, entry.servers)
  }
  const first = Log.lastIndex(log) + 1
  server.role = {
    type: "leader",
    since: now,
    first,
    lastOperations,
    peers: nodes.filter((other) => other !== node).map((other) => Replication.newPeer(other, first, now)),
    wants: 0,
    askedTo: 0,
    dispatchSince: Infinity,
    dispatchedAt: -Infinity,
    sharedSince: Infinity,
    readAt: -Infinity,
    reads: []
  }
  election.attempts = 0
  election.leaderlessSince = Infinity
  Append.appendOwn(server, server.role, founders === undefined ? { term, blank: true } : { term, servers: founders })
  Requests.reset(server)
}

/** Takes what this node's own clients ask. */
const takeOwn = <A>(server: Server<A>, leader: Leader): void => {
  const { id, life, node, requests } = server
  Requests.ask(server)
  for (;;) {
    const operations = Requests.unaccepted(server)
    if (operations.length === 0) break
    Append.appendFor(server, leader, { server: id, life }, operations)
    requests.accepted += operations.length
    leader.wants = Log.lastIndex(server.log)
  }
  Reads.register(server, leader, node, requests.readsAsked, requests.readsAnswered)
}

/** Commits what is safe on the disks of a majority, if the last of it is of this term. */
const advance = <A>(server: Server<A>, leader: Leader): void => {
  const { log, term } = server
  const index = reachedByMajority(
    server,
    (id) => id === server.id ? log.safe : peerOfServer(leader, id)?.match ?? 0
  )
  if (index > server.commit && Log.termAt(log, index) === term) Delivery.commit(server, index)
}

/** When this server no longer leads, unless it hears from a majority. */
export const resignAt = <A>(server: Server<A>, leader: Leader): number =>
  Math.max(leader.since, Replication.heardByMajority(server, leader)) + server.settings.refuseAfter

const resign = <A>(server: Server<A>, leader: Leader): void => {
  const leaderlessSince = Math.max(leader.since, Replication.heardByMajority(server, leader))
  Role.follow(server, server.term)
  server.election.leaderlessSince = leaderlessSince
}

/** Does all that a leader has to do now. */
export const tend = <A>(server: Server<A>): void => {
  const { role: leader } = server
  if (leader.type !== "leader") return
  if (resignAt(server, leader) <= server.now) return resign(server, leader)
  takeOwn(server, leader)
  advance(server, leader)
  const servers = Membership.next(server, leader)
  if (servers !== undefined) {
    Append.appendOwn(server, leader, { term: server.term, servers })
    Delivery.retain(leader.lastOperations, servers)
  }
  Reads.tend(server, leader, Replication.heardByMajority(server, leader))
  Replication.tend(server, leader)
}

export const wakeAt = <A>(server: Server<A>, leader: Leader): number =>
  Math.min(resignAt(server, leader), Replication.wakeAt(server, leader))
