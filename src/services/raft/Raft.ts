/**
 * Raft: servers that agree on one log, though messages are lost and processes and disks fail. (Ongaro, "Consensus:
 * Bridging Theory and Practice", 2014.)
 *
 * **The algorithm.** Time is divided into terms. A term has at most one leader, which a majority has elected
 * (Election). The leader alone decides what comes next in the log. It sends entries to the other servers, which make
 * their logs like its own (Following). An entry that is safe on the disks of a majority is committed (Leading), and
 * every server executes committed entries in order (Delivery). When the servers no longer hear the leader, they elect
 * another one, and they never elect a server that lacks a committed entry. So a committed entry stays, in its place.
 *
 * Any node takes what clients ask. It hands operations to the leader, in batches, and sees them come back in the log
 * (Requests, Append). For a read it only asks how far its own log must be; a read writes nothing (Reads). So the node
 * that a client has asked knows by itself what the log makes of the operation, without one more message.
 *
 * **Guarantee**: the promises of SharedLog, whatever happens to messages, to processes, and to a minority of the disks.
 * The service goes on as long as a majority of the servers can talk with each other. Without a majority, a node refuses
 * what it has not yet handed to a leader.
 *
 * **Why it is right**, in the order in which it is proven:
 * - *Election safety*: a server gives one vote in a term, and has written the vote down before it says so.
 * - *Log matching*: a leader adds one entry at an index, and a follower takes entries only after one that its log has
 *   in common with the leader's. So two logs with the same term at an index are the same up to there.
 * - *Leader completeness*: a committed entry is on a majority of disks. One of these is among any majority of voters,
 *   and no voter elects a server whose log ends earlier than its own.
 * - *State machine safety*: all servers execute the same entry at the same index, for a leader of a later term has all
 *   that any of them has executed.
 *
 * **Where implementations go wrong**, and which module prevents it here:
 * - A server acts on a vote, a term or an entry before it is on disk. Here no answer leaves before what it says is
 *   safe: `disk` of Server, `safe` of Log.
 * - A leader takes an entry of an earlier term for committed because a majority has it ("figure 8"): Leading.
 * - A late message cuts off entries that came after it: Following.
 * - A follower executes what the leader has committed at an index at which its own log still differs: Following.
 * - A leader that was deposed and does not know it answers reads, or a new one that does not know yet what is
 *   committed: Reads.
 * - The log gets an operation twice, because a client or a server that got no answer asked again: Append.
 * - A snapshot overtakes entries, or entries a snapshot; or a snapshot lacks where it ends, or what servers had asked
 *   for: Snapshots.
 * - A server that was cut off comes back with a higher term and deposes a leader that does well: Election, PreVote.
 * - A server that has lost its disk votes, and counts, as if it had not: Membership.
 *
 * **Cost.** In messages between servers: a request that comes to a follower takes one to the leader and one back. All
 * requests that the follower gets within a window share these two. Among five servers an operation takes a third message,
 * which all servers share that wait at the same time. A few heartbeats come on top. In time: an operation takes two hops
 * among three servers and three among five. A read takes two hops, or as many as an operation if it must see one that is
 * not committed yet. On disk: one write for each batch. In memory: the log since a little before the last snapshot.
 *
 * **Plain data.** A server is a value, and {@link step} is a function of it, an input, the time and chance. It does
 * nothing to the world, but answers what is to be done. So tests can try every order of events.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Json } from "../../schema/Json.ts"
import type { ServerId } from "../../schema/RaftProtocol.ts"
import * as Delivery from "./Delivery.ts"
import * as Detours from "./Detours.ts"
import * as Election from "./Election.ts"
import * as Following from "./Following.ts"
import * as Leading from "./Leading.ts"
import * as Log from "./Log.ts"
import type { Message } from "./Message.ts"
import * as Records from "./Records.ts"
import * as Replication from "./Replication.ts"
import * as Requests from "./Requests.ts"
import * as Role from "./Role.ts"
import { type Output, send, type Server, type Taking, type Ticket, write } from "./Server.ts"
import type { Settings } from "./Settings.ts"
import * as Snapshots from "./Snapshots.ts"

export type Input<A> =
  /** A message has come from a node. */
  | { readonly type: "message"; readonly from: NodeId; readonly message: Message<A> }
  /** It is the time that `wakeAt` has named, or later. */
  | { readonly type: "wake" }
  /** A client of this node wants this operation to be in the log. */
  | { readonly type: "append"; readonly ticket: Ticket; readonly operation: A }
  /** A client of this node wants to read a state that has all that was in the log when it asked. */
  | { readonly type: "read"; readonly ticket: Ticket }
  /** All writes up to this number are safe. */
  | { readonly type: "synced"; readonly write: number }
  /** The state that the server has asked for, to put it into a snapshot. */
  | { readonly type: "snapshot"; readonly taking: Taking; readonly state: Json | undefined }

export interface Options<A> {
  readonly node: NodeId
  /** All nodes, in the same order everywhere. */
  readonly nodes: ReadonlyArray<NodeId>
  readonly settings: Settings
  /** What is on the disk. */
  readonly records: ReadonlyArray<Records.Record<A>>
  /** The id that this server has from now on, if there is nothing on the disk. */
  readonly newId: ServerId
  readonly now: number
  /** From 0 to below 1. */
  readonly chance: number
}

/** A server that starts. Its first step answers what it wants of the world from its start. */
export const make = <A>(options: Options<A>): Server<A> => {
  const { chance, node, nodes, now, settings } = options
  const { commit, lives, log, server: id, snapshot, term, vote } = Records.recover(options.records)
  const taken = snapshot && Snapshots.taken(snapshot)
  const server: Server<A> = {
    id: id ?? options.newId,
    node,
    nodes,
    life: lives + 1,
    settings,
    now,
    chance,
    stamped: now,
    outputs: [],
    term,
    vote,
    log,
    commit,
    applied: log.start.index,
    lastOperations: new Map(snapshot?.lastOperations.map((by) => [by.server, by])),
    snapshot: taken,
    isTaking: false,
    role: { type: "candidate", isPre: true, votes: [], againAt: Infinity },
    election: {
      deadline: 0,
      // A server's last life may have promised to vote for nobody for so long; a new server has promised nothing.
      promisedUntil: id === undefined ? -Infinity : now + settings.electionTimeout,
      leaderlessSince: now,
      attempts: 0
    },
    disk: { written: 0, synced: 0, termWritten: 0, waiting: [] },
    requests: Requests.make()
  }
  server.disk.termWritten = write(server, { type: "life", server: server.id, life: server.life })
  if (snapshot !== undefined) server.outputs.push({ type: "restore", state: snapshot.state })
  Role.follow(server, term)
  if (id === undefined) server.election.deadline = now + settings.silence
  Delivery.deliver(server)
  return server
}

/** Changes the server by this input at this time. Answers what the server wants of the world, in order. */
export const step = <A>(server: Server<A>, input: Input<A>, now: number, chance: number): ReadonlyArray<Output<A>> => {
  server.now = now
  server.chance = chance
  take(server, input)
  Election.tend(server)
  Leading.tend(server)
  Following.tend(server)
  Snapshots.tend(server)
  if (refuseAt(server) <= now) Requests.refuseLate(server)
  const { outputs } = server
  server.outputs = []
  return outputs
}

const take = <A>(server: Server<A>, input: Input<A>): void => {
  switch (input.type) {
    case "message":
      return receive(server, input.from, input.message, undefined)
    case "append":
      return Requests.append(server, input.ticket, input.operation)
    case "read":
      return Requests.read(server, input.ticket)
    case "synced":
      return synced(server, input.write)
    case "snapshot":
      return Snapshots.take(server, input.taking, input.state)
    case "wake":
  }
}

/** Takes a message of a node, which may have come by way of another one. */
const receive = <A>(
  server: Server<A>,
  from: NodeId,
  { body, type }: Message<A>,
  via: NodeId | undefined
): void => {
  switch (type) {
    case "detour": {
      const message = Detours.receive(server, body)
      if (message !== undefined) receive(server, body.origin, message, from)
      return
    }
    case "vote":
      return Election.receiveVote(server, from, body)
    case "voted":
      return Election.receiveVoted(server, body)
    case "lead":
      return Following.receive(server, from, body, via)
    case "relayed":
      return Following.receiveRelayed(server, body)
    case "install":
      return Following.receiveSnapshot(server, from, body, via)
    case "follow": {
      if (body.term > server.term) return Role.follow(server, body.term)
      if (server.role.type === "leader" && body.term === server.term) {
        Replication.receive(server, server.role, from, body, via)
      }
    }
  }
}

const synced = <A>(server: Server<A>, write: number): void => {
  const { disk, log } = server
  disk.synced = write
  Log.synced(log, write)
  while (disk.waiting.length > 0 && disk.waiting[0]!.write <= write) {
    const { message, to } = disk.waiting.shift()!
    send(server, to, message)
  }
}

const refuseAt = <A>(server: Server<A>): number =>
  server.role.type === "leader" ? Infinity : Requests.refuseAt(server, Following.leaderlessSince(server))

/** When the server next has something to do, if nothing happens before. */
export const wakeAt = <A>(server: Server<A>): number => {
  const { role } = server
  const work = role.type === "leader"
    ? Leading.wakeAt(server, role)
    : Math.min(Election.wakeAt(server), role.type === "follower" ? Following.dueAt(server, role) : Infinity)
  return Math.min(work, refuseAt(server))
}

/** Whether this server leads or knows who leads, and so can soon answer clients. */
export const isReady = <A>({ role }: Server<A>): boolean =>
  role.type === "leader" || (role.type === "follower" && role.leader !== undefined)
