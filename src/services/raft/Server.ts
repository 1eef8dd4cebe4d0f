/**
 * The whole state of a server, as plain data, and what every part of the algorithm does with it.
 *
 * Each module owns some of the fields: it alone changes them. Whatever a server wants of the world it adds to its outputs,
 * in order.
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

/** What a client of this node asks; it is told of the outcome by this number. */
export type Ticket = number

export type Output<A> =
  | { readonly type: "send"; readonly to: NodeId; readonly message: Message<A> }
  /** Writes are numbered: this is the first, or comes after the one before. */
  | { readonly type: "write"; readonly records: ReadonlyArray<Record<A>> }
  /** Also a write: the disk is to hold these records alone. */
  | { readonly type: "replace"; readonly records: ReadonlyArray<Record<A>> }
  /** The next operation of the log; the ticket, if it was asked for here: answer first, from the state before it. */
  | { readonly type: "deliver"; readonly index: Index; readonly operation: A; readonly ticket: Ticket | undefined }
  /** The state is now that of this snapshot. */
  | { readonly type: "restore"; readonly state: Json }
  /** This read may be answered from the present state. */
  | { readonly type: "answer"; readonly ticket: Ticket }
  /** What was asked has not happened, and never will. */
  | { readonly type: "refuse"; readonly ticket: Ticket }
  /** The operation has happened, but what was to be answered is not known. */
  | { readonly type: "forget"; readonly ticket: Ticket }
  /** Please say what the present state is: it is wanted for a snapshot. */
  | { readonly type: "snapshot"; readonly taking: Taking }

/** See Election. */
export interface Candidate {
  readonly type: "candidate"
  /** It only asks who would vote for it. */
  readonly isPre: boolean
  readonly votes: Array<ServerId>
}

/** See Following. */
export interface Follower<A> {
  readonly type: "follower"
  /** Of this term, once it has been heard; and by way of whom, if not straight. */
  leader: ServerId | undefined
  via: NodeId | undefined
  /** The greatest `at` that has come from it. */
  echo: number
  /** Up to here the log is known to be the leader's. */
  verified: Index
  /** Up to where the logs of others are known to be the leader's, and safe. */
  readonly known: Map<ServerId, Index>
  /** What has come before what it builds on. */
  ahead: Array<Lead<A>>
  /** What is to be passed on, when all up to `upTo` is safe here; with what the leader said of itself. */
  relays: Array<{ readonly relay: Relay; readonly upTo: Index; readonly lead: Pick<Lead<A>, "from" | "safe"> }>
  /** When the leader is to be answered at the latest, and what is to be safe by then. */
  answerAt: number
  answerFor: Index
  /** When the leader is told that something is missing. */
  missingAt: number
  /** When the last message was sent that the leader has said it has heard. */
  heardAt: number
  /** The parts of a snapshot that have come. */
  incoming: { readonly index: Index; text: string } | undefined
}

/** What a leader keeps of each other node; see Replication. */
export interface Peer {
  readonly node: NodeId
  /** By way of whom it was heard last, if not straight. */
  via: NodeId | undefined
  /** The server that is there, and its life, as it has said last. */
  server: ServerId | undefined
  life: number
  /** When the last message of that life was sent that has come, by its own clock. */
  heard: number
  /** Up to here its log is this leader's, and safe. */
  match: Index
  /** What is sent to it next: what comes before it has, or will have when all that was sent has come. */
  next: Index
  /** Since when there is something for it that was not sent; Infinity if there is not. */
  unsentSince: number
  /** Up to where it has said that it knows all to be committed; and up to where it will, when all that was sent has come. */
  commit: Index
  knows: Index
  /** The last entry that its clients wait for: to be committed, and to be known to be. */
  wants: Index
  /** When that was sent; how often in a row another was to tell it in vain, and when another may again. */
  toldAt: number
  relayFailures: number
  relayAfter: number
  /** Since when there is something that its clients wait for; Infinity if there is not. */
  newsSince: number
  /** When it was last sent anything. */
  sentAt: number
  /** The last message to it that it is to answer; the last of all of them that it has answered, or a later one. */
  asked: number
  echo: number
  /** The first that it has not answered, and when that would be late; Infinity if it has answered all. */
  awaited: number
  lateAt: number
  /** How often it has been late, in a row. */
  failures: number
  /** When it was last sent anew what it seemed to lack. */
  rewoundAt: number
  /** How long an answer takes, on average, in ms. */
  roundTrip: number
  /** How far it may read by now, whether that is news to it, and when it was last told. */
  readable: { readonly number: number; readonly index: Index } | undefined
  isReadableNews: boolean
  readableAt: number
  /** Up to which index the snapshot goes that it is sent, and how much of its text it has. */
  installing: Index
  installed: number
}

/** See Leading. */
export interface Leader {
  readonly type: "leader"
  readonly since: number
  /** Its first entry, which is blank. */
  readonly first: Index
  /** Of each server, the last operation in the log. */
  readonly lastOperations: Map<ServerId, OperationId>
  readonly peers: ReadonlyArray<Peer>
  /** The last entry of which the leader itself must learn that it is committed, and up to where it has asked enough others. */
  wants: Index
  askedTo: Index
  /** Since when somebody waits for a dispatch, and since when more than one; Infinity if none does. When the last one was. */
  dispatchSince: number
  sharedSince: number
  dispatchedAt: number
  /** Reads that may be answered when it is known that nobody else led when they came; see Reads. */
  reads: Array<PendingRead>
  /** When the last one came. */
  readAt: number
}

export interface PendingRead {
  /** Who wants to know. */
  readonly node: NodeId
  readonly number: number
  /** When this leader was asked. */
  readonly at: number
  /** Whoever has the log up to here may answer. */
  readonly index: Index
}

/** What clients of this node have asked and not been told; see Requests. */
export interface Requests<A> {
  /** Operations that no leader has been asked to append; since when. */
  waiting: Array<{ readonly ticket: Ticket; readonly operation: A; readonly since: number }>
  /** Operations of this life that a leader has been asked to append, and that are not known to be committed. */
  asked: Array<{ readonly ticket: Ticket; readonly operation: A; readonly number: number; readonly at: number }>
  /** How many operations this life has asked for. */
  count: number
  /** Up to which number they are in the log. */
  accepted: number
  /** When the leader was last asked to append something, and how long it takes, on average. */
  askedAt: number
  roundTrip: number
  reads: Array<Read>
  /** How often a leader was asked how far to read, when last, and how often it has said so. */
  readsAsked: number
  readsAskedAt: number
  readsAnswered: number
}

export interface Read {
  readonly ticket: Ticket
  readonly since: number
  /** With which question it was asked about; 0 if it was not. */
  number: number
  /** The log is needed up to here; Infinity while that is not known. */
  index: Index
}

/** A snapshot without the state, which is asked for. */
export interface Taking extends Omit<Snapshot, "state"> {}

/** A snapshot, and its text, of which followers are sent parts. */
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

  /** In ms, and from 0 to below 1: what this step was given. */
  now: number
  chance: number
  /** A clock that never shows the same time twice; see {@link stamp}. */
  stamped: number
  outputs: Array<Output<A>>

  // On disk.
  term: Term
  vote: ServerId | undefined
  readonly log: Log.Log<A>

  /** Up to here all is committed, and has been delivered. */
  commit: Index
  applied: Index
  /** Of each server, the last operation that was delivered. */
  lastOperations: Map<ServerId, OperationId>
  /** The last one that was taken or installed, and whether the next has been asked for. */
  snapshot: Taken | undefined
  isTaking: boolean

  role: Follower<A> | Candidate | Leader
  /** See Election. */
  readonly election: {
    /** When this server seeks to lead, unless it hears from a leader. */
    deadline: number
    /** Until then it votes for nobody, because it has heard from a leader, or may have in its last life. */
    promisedUntil: number
    /** Since when nobody is known to lead; Infinity while somebody is. */
    leaderlessSince: number
    /** How often it has sought to lead, in a row. */
    attempts: number
  }

  /** Writes, and what waits for them; see {@link afterSync}. */
  readonly disk: {
    written: number
    synced: number
    /** The last write that a message must wait for. */
    termWritten: number
    waiting: Array<{ readonly write: number; readonly to: NodeId; readonly message: Message<A> }>
  }

  readonly requests: Requests<A>
}

/** The smallest step of stamps, in ms: exact in binary fractions, and too small to add up to anything. */
const tick = 1 / 1024

/** The present time, or a little later: after all that has been stamped before. */
export const stamp = <A>(server: Server<A>): number => {
  server.stamped = Math.max(server.now, server.stamped + tick)
  return server.stamped
}

export const send = <A>(server: Server<A>, to: NodeId, message: Message<A>): void => {
  server.outputs.push({ type: "send", to, message })
}

/** The answer is the number of the write. */
export const write = <A>(server: Server<A>, ...records: ReadonlyArray<Record<A>>): number => {
  server.outputs.push({ type: "write", records })
  return ++server.disk.written
}

/** Whether term and vote are safe: a server says nothing about its term before. */
export const isTermSafe = <A>({ disk }: Server<A>): boolean => disk.synced >= disk.termWritten

/** Sends this when all that was written is safe. */
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

/** How many are more than half of the cluster. */
export const majority = <A>(server: Server<A>): number => Math.floor(servers(server).length / 2) + 1

/** The greatest value that a majority of the cluster has reached. */
export const reachedByMajority = <A>(server: Server<A>, valueOf: (id: ServerId) => number): number => {
  const values = servers(server).map(valueOf).toSorted((a, b) => b - a)
  return values[majority(server) - 1] ?? -Infinity
}

export const peerOf = (leader: Leader, node: string): Peer | undefined =>
  leader.peers.find((peer) => peer.node === node)

/** The peer at which this server is, if it is the one that is there now. */
export const peerOfServer = (leader: Leader, id: ServerId): Peer | undefined => {
  const peer = peerOf(leader, nodeOf(id))
  return peer?.server === id ? peer : undefined
}
