/**
 * The whole state of a server, as plain data, and what every part of the algorithm does with it.
 *
 * Each module owns some of the fields: it alone changes them. Whatever a server wants of the world it adds to its
 * outputs, in order.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Json } from "../../schema/Json.ts"
import {
  type Index,
  nodeOf,
  type OperationId,
  type Relay,
  type ServerId,
  type Snapshot,
  type Term
} from "../../schema/RaftProtocol.ts"
import * as Log from "./Log.ts"
import type { Lead, Message } from "./Message.ts"
import type { Record } from "./Records.ts"
import type { Settings } from "./Settings.ts"

/** The number of a request of a client of this node, by which the node reports the outcome. */
export type Ticket = number

export type Output<A> =
  | { readonly type: "send"; readonly to: NodeId; readonly message: Message<A> }
  /** Writes records to disk. Writes and replacements together are numbered from 1 on. */
  | { readonly type: "write"; readonly records: ReadonlyArray<Record<A>> }
  /** A write after which the disk has these records alone. */
  | { readonly type: "replace"; readonly records: ReadonlyArray<Record<A>> }
  /**
   * The next operation of the log, with its ticket if a client of this node has asked for it. The answer goes first,
   * evaluated on the state before the operation.
   */
  | { readonly type: "deliver"; readonly index: Index; readonly operation: A; readonly ticket: Ticket | undefined }
  /** The program's state is that of this snapshot from now on. */
  | { readonly type: "restore"; readonly state: Json }
  /** The program may answer this read from its present state. */
  | { readonly type: "answer"; readonly ticket: Ticket }
  /** The request is refused: it has not taken place, and never will. */
  | { readonly type: "refuse"; readonly ticket: Ticket }
  /**
   * The operation has taken place, but this server does not know what the log made of it, so the client gets no answer.
   */
  | { readonly type: "forget"; readonly ticket: Ticket }
  /** Asks for the program's present state, for a snapshot. */
  | { readonly type: "snapshot"; readonly taking: Taking }

/** See Election. */
export interface Candidate {
  readonly type: "candidate"
  /** Whether it only asks who would vote for it. */
  readonly isPre: boolean
  readonly votes: Array<ServerId>
  /** When it asks those again that have not answered; Infinity if it does not. */
  againAt: number
}

/** See Following. */
export interface Follower<A> {
  readonly type: "follower"
  /** The leader of this term, once this server has heard it. */
  leader: ServerId | undefined
  /** The node that passes on messages between the leader and this server; undefined if none has to. */
  via: NodeId | undefined
  /** The greatest `at` of all messages from the leader that have come. */
  echo: number
  /** The greatest `at` of those that a helper has passed on. */
  helped: number | undefined
  /** Up to where this server knows its log to be the leader's. */
  verified: Index
  /** Up to where this server knows the logs of others to be the leader's, and safe. */
  readonly known: Map<ServerId, Index>
  /** Parts of the log that build on entries that this server lacks. */
  ahead: Array<Lead<A>>
  /** What the leader asks this server to pass on, once its log is safe up to `upTo`; and what the leader said of itself. */
  relays: Array<{ readonly relay: Relay; readonly upTo: Index; readonly lead: Pick<Lead<A>, "from" | "safe"> }>
  /** When this server answers the leader, if its log is safe up to `answerFor` by then. */
  answerAt: number
  answerFor: Index
  /** When this server tells the leader that entries are missing, unless they have come by then. */
  missingAt: number
  /** When this server sent the last message that has reached the leader, as far as the leader has said. */
  heardAt: number
  /** The text of a snapshot, as far as it has come. */
  incoming: { readonly index: Index; text: string } | undefined
}

/** What a leader keeps of each other node; see Replication. */
export interface Peer {
  readonly node: NodeId
  /** The node that passes on messages between it and the leader; undefined if none has to. */
  via: NodeId | undefined
  /** When the leader last sent it a message straight. */
  straightAt: number
  /** The server at this node, as it has said last; undefined if it has said nothing yet. */
  server: ServerId | undefined
  /** The life of that server, as it has said last. */
  life: number
  /** When that life sent the last of its messages that have come, by its own clock. */
  heard: number
  /** Up to where its log is the same as the leader's, and safe. */
  match: Index
  /** The index of the entry that the leader sends it next. It has all before that, unless messages were lost. */
  next: Index
  /** Since when the leader has had entries for it that it has not sent; Infinity if it has none. */
  unsentSince: number
  /** Up to where it knows entries to be committed, as it has said. */
  commit: Index
  /** Up to where it knows that, unless messages were lost that the leader has sent it. */
  knows: Index
  /** The last entry of which its clients wait to hear that it is committed. */
  wants: Index
  /** When the leader sent `knows`. */
  toldAt: number
  /**
   * When the leader sent it the first of the messages by way of a helper that it has not answered; Infinity if it has
   * answered all.
   */
  relayedAt: number
  /** How many helpers in a row have failed to reach it. */
  relayFailures: number
  /** When a helper may try again. */
  relayAfter: number
  /** Since when the leader has had news for it that its clients wait for; Infinity if it has none. */
  newsSince: number
  /** When the leader last sent it anything. */
  sentAt: number
  /** When the leader sent the last message that it has to answer. */
  asked: number
  /** When the leader sent the last message that has reached it, as far as it has said. */
  echo: number
  /** When the leader sent the message whose answer it now awaits. */
  awaited: number
  /** When that answer is late; Infinity if the leader awaits none. */
  lateAt: number
  /** How often in a row its answer was late. */
  failures: number
  /** When the leader last went back, to send it again what may have been lost. */
  rewoundAt: number
  /** How long its answers take, on average, in ms. */
  roundTrip: number
  /** Its clients' reads up to this number may be answered by a server that has executed the log up to this index. */
  readable: { readonly number: number; readonly index: Index } | undefined
  /** Whether the leader has not told it that yet. */
  isReadableNews: boolean
  /** When the leader last told it that. */
  readableAt: number
  /** The last index of the snapshot that the leader sends it. */
  installing: Index
  /** How many characters of that snapshot it has. */
  installed: number
}

/** See Leading. */
export interface Leader {
  readonly type: "leader"
  readonly since: number
  /** The index of its first entry, which is blank. */
  readonly first: Index
  /** The last operation of each server that is in the log. */
  readonly lastOperations: Map<ServerId, OperationId>
  readonly peers: ReadonlyArray<Peer>
  /** The last entry of which the leader itself must find out that it is committed. */
  wants: Index
  /** Up to which entry it has asked so many servers that it will find out. */
  askedTo: Index
  /** Since when a server has waited for the next dispatch; Infinity if none does. */
  dispatchSince: number
  /** Since when more than one has; Infinity if none or one does. */
  sharedSince: number
  /** When the leader sent the last dispatch. */
  dispatchedAt: number
  /** Reads that wait until the leader knows that nobody else led when they came; see Reads. */
  reads: Array<PendingRead>
  /** When the last read came. */
  readAt: number
}

export interface PendingRead {
  /** The node that asks. */
  readonly node: NodeId
  readonly number: number
  /** When the question came. */
  readonly at: number
  /** A node that has executed the log up to here may answer. */
  readonly index: Index
}

/** What clients of this node have asked and not been answered; see Requests. */
export interface Requests<A> {
  /** Operations that this server has asked no leader to append, and since when each waits. */
  waiting: Array<{ readonly ticket: Ticket; readonly operation: A; readonly since: number }>
  /** Operations that this life has asked a leader to append, and does not know to be committed. */
  asked: Array<{ readonly ticket: Ticket; readonly operation: A; readonly number: number; readonly at: number }>
  /** How many operations this life has asked for. */
  count: number
  /** The number of the last one that this server knows to be in the log; those before are in it too. */
  accepted: number
  /** When this server last asked the leader for something. */
  askedAt: number
  /** How long it takes on average until the leader has done that, in ms. */
  roundTrip: number
  reads: Array<Read>
  /** How often this server has asked a leader how far the log must be for reads: the number of the last question. */
  readsAsked: number
  /** When it did so last. */
  readsAskedAt: number
  /** The number of the last question that is answered; those before are answered too. */
  readsAnswered: number
}

export interface Read {
  readonly ticket: Ticket
  readonly since: number
  /** The number of the question that is about this read; 0 if there is none yet. */
  number: number
  /** Up to where the log has to be executed for it; Infinity while this server does not know. */
  index: Index
}

/** A snapshot that still lacks the state, for which the program is asked. */
export interface Taking extends Omit<Snapshot, "state"> {}

/** A snapshot, and its text, which the leader sends in parts. */
export interface Taken {
  readonly snapshot: Snapshot
  readonly text: string
}

export interface Server<A> {
  readonly id: ServerId
  readonly node: NodeId
  /** All nodes, in the same order everywhere. */
  readonly nodes: ReadonlyArray<NodeId>
  readonly life: number
  readonly settings: Settings

  /** The time in ms, and a random number from 0 to below 1, which this step was given. */
  now: number
  chance: number
  /** A clock that never shows the same time twice; see {@link stamp}. */
  stamped: number
  outputs: Array<Output<A>>

  // On disk.
  term: Term
  vote: ServerId | undefined
  readonly log: Log.Log<A>

  /** Up to where this server knows the log to be committed. */
  commit: Index
  /** Up to where the program has executed it. */
  applied: Index
  /** The last operation of each server that was delivered. */
  lastOperations: Map<ServerId, OperationId>
  /** The last snapshot that this server has taken or got. */
  snapshot: Taken | undefined
  /** Whether it has asked the program for its state, for the next one. */
  isTaking: boolean

  role: Follower<A> | Candidate | Leader
  /** See Election. */
  readonly election: {
    /** When this server seeks to lead, unless it hears from a leader. */
    deadline: number
    /** Until when it votes for nobody, because it has heard from a leader, or may have in its last life. */
    promisedUntil: number
    /** Since when it knows of no leader; Infinity while it knows one. */
    leaderlessSince: number
    /** How often in a row it has sought to lead. */
    attempts: number
  }

  /** Writes, and messages that wait for them; see {@link sendSafely}. */
  readonly disk: {
    written: number
    synced: number
    /** The last write that has a term or a vote. */
    termWritten: number
    waiting: Array<{ readonly write: number; readonly to: NodeId; readonly message: Message<A> }>
  }

  readonly requests: Requests<A>
}

/**
 * The smallest step of stamps, in ms: exact as a binary fraction, and so small that the steps never add up to anything.
 */
const tick = 1 / 1024

/** The present time, or a little later, so that it comes after every earlier stamp. */
export const stamp = <A>(server: Server<A>): number => {
  server.stamped = Math.max(server.now, server.stamped + tick)
  return server.stamped
}

export const send = <A>(server: Server<A>, to: NodeId, message: Message<A>): void => {
  server.outputs.push({ type: "send", to, message })
}

/** Writes these records; answers the number of the write. */
export const write = <A>(server: Server<A>, ...records: ReadonlyArray<Record<A>>): number => {
  server.outputs.push({ type: "write", records })
  return ++server.disk.written
}

/** Whether term and vote are safe: until they are, a server says nothing about its term. */
export const isTermSafe = <A>({ disk }: Server<A>): boolean => disk.synced >= disk.termWritten

/** Sends this once all is safe that was written before. */
export const sendSafely = <A>(server: Server<A>, to: NodeId, message: Message<A>): void => {
  const { disk } = server
  if (disk.synced === disk.written) send(server, to, message)
  else disk.waiting.push({ write: disk.written, to, message })
}

export const writeTerm = <A>(server: Server<A>, term: Term, vote: ServerId | undefined): void => {
  server.term = term
  server.vote = vote
  server.disk.termWritten = write(server, { type: "term", term, vote: vote ?? null })
}

export const servers = <A>({ log }: Server<A>): ReadonlyArray<ServerId> => Log.membership(log).servers

export const isMember = <A>(server: Server<A>, id: ServerId = server.id): boolean => servers(server).includes(id)

/** How many servers are more than half of the cluster. */
export const majority = <A>(server: Server<A>): number => Math.floor(servers(server).length / 2) + 1

/** The greatest value that a majority of the cluster has reached. */
export const reachedByMajority = <A>(server: Server<A>, valueOf: (id: ServerId) => number): number => {
  const values = servers(server).map(valueOf).toSorted((a, b) => b - a)
  return values[majority(server) - 1] ?? -Infinity
}

export const peerOf = (leader: Leader, node: string): Peer | undefined =>
  leader.peers.find((peer) => peer.node === node)

/** The peer at whose node this server is, unless another server is there now. */
export const peerOfServer = (leader: Leader, id: ServerId): Peer | undefined => {
  const peer = peerOf(leader, nodeOf(id))
  return peer?.server === id ? peer : undefined
}
