/**
 * Raft: servers that agree on one log, though messages are lost and processes and disks fail. (Ongaro, "Consensus:
 * Bridging Theory and Practice", 2014.)
 *
 * **The algorithm.** Time is divided into terms, and a term has at most one leader, whom a majority has elected
 * (Election). The leader alone decides what comes next in the log. It sends entries to the others, who make their logs
 * like its own (Following); an entry that is safe on the disks of a majority is committed (Leading), and every server
 * executes what is committed, in order (Delivery). When a leader is heard no more, another one is elected, and nobody can
 * be who lacks anything that is committed. So what is committed stays, in its place.
 *
 * Any node takes what clients ask. It hands operations to the leader, in batches, and sees them come back in the log
 * (Requests, Append). To read, it only asks how far its own log must be; nothing is written for a read (Reads). So
 * whatever the log makes of an operation is known at the node that was asked, without one more message.
 *
 * **Guarantee**, whatever messages do, and whatever befalls processes and a minority of the disks: the promises of
 * SharedLog. The service goes on as long as a majority of the servers can talk with each other. Without one, what was not
 * handed to a leader yet is refused.
 *
 * **Why it is right**, in the order in which it is proven:
 * - *Election safety*: a server gives one vote in a term, and writes it down before it says so.
 * - *Log matching*: a leader adds one entry at an index, and a follower takes entries only after one that it has in
 *   common with the leader. So two logs with the same term at an index are the same up to there.
 * - *Leader completeness*: what is committed is on a majority of disks, one of which is among any majority of voters, and
 *   no voter elects a server whose log ends earlier than its own.
 * - *State machine safety*: all servers execute the same at the same index, for a leader of a later term has what any of
 *   them has executed.
 *
 * **Where implementations go wrong**, and where it is done here:
 * - A vote, a term or an entry is acted upon before it is on disk. No answer leaves before what it says is safe: `disk`
 *   of Server, `safe` of Log.
 * - An entry of an earlier term is taken for committed because a majority has it ("figure 8"): Leading.
 * - A message that is late cuts off entries that came after it: Following.
 * - A follower executes what the leader has committed at an index at which its own log still differs: Following.
 * - A leader that was deposed without knowing answers reads, or a new one that does not know yet what is committed: Reads.
 * - An operation is executed twice, because whoever did not get an answer asked again: Append.
 * - A snapshot overtakes entries, or entries a snapshot; or it forgets where it ends or what had been asked for: Snapshots.
 * - A server that was cut off comes back with a higher term and deposes a leader who does well: Election, PreVote.
 * - A server that has lost its disk votes and counts as if it had not: Membership.
 *
 * **Cost.** In messages between servers, for a read or an operation that comes to a follower: one to the leader and one
 * back, each shared by all that come within a window; among five servers a third one, which all share that wait at the
 * same time; and a few heartbeats. In time, an operation takes two hops among three servers and three among five, and a
 * read as long if there is something under way that it must see, else two. On disk a write for each batch. In memory the
 * log since a little before the last snapshot.
 *
 * **Plain data.** A server is a value, and {@link step} is a function of it, an input, the time and chance; it does
 * nothing to the world, but says what is to be done. So every order of events can be tried.
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
  /** It is the time that `wakeAt` has said, or later. */
  | { readonly type: "wake" }
  /** A client of this node wants this operation to be in the log. */
  | { readonly type: "append"; readonly ticket: Ticket; readonly operation: A }
  /** A client of this node wants to read a state that has all that was in the log when it asked. */
  | { readonly type: "read"; readonly ticket: Ticket }
  /** All writes up to this number are safe. */
  | { readonly type: "synced"; readonly write: number }
  /** The state that a snapshot was asked to have. */
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

/** A server that starts; its first outputs are those of its first step. */
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
    role: { type: "candidate", isPre: true, votes: [] },
    election: {
      deadline: 0,
      // Its last life may have promised to vote for nobody for so long; a new server has promised nothing.
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

/** Does what follows from this input at this time. The server changes; what it wants of the world is the answer, in order. */
export const step = <A>(server: Server<A>, input: Input<A>, now: number, chance: number): ReadonlyArray<Output<A>> => {
  server.now = now
  server.chance = chance
  take(server, input)
  Election.tend(server)
  Leading.tend(server)
  Following.tend(server)
  Snapshots.tend(server)
  if (refuseAt(server) <= now) Requests.refuseAll(server)
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

/** A message has come from a node, by way of another if there is one. */
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

/** When it has something to do next, if nothing happens before. */
export const wakeAt = <A>(server: Server<A>): number => {
  const { election, role } = server
  const work = role.type === "leader"
    ? Leading.wakeAt(server, role)
    : Math.min(election.deadline, role.type === "follower" ? Following.dueAt(server, role) : Infinity)
  return Math.min(work, refuseAt(server))
}

/** Whether clients can be answered before long: it is a member of the cluster, and knows who leads. */
export const isReady = <A>({ role }: Server<A>): boolean =>
  role.type === "leader" || (role.type === "follower" && role.leader !== undefined)
