/**
 * What servers say to each other to agree on one log (see Raft), and what they write down. No message wants a reply.
 *
 * A server is a disk: its id is drawn when its disk is first used, so a node that has lost its disk is another server.
 * A life of a server is one process. Times are in ms, by the monotonic clock of the server that says them first.
 *
 * For a schema of operations each message is made and compiled once: all nodes of a simulation share it.
 */
import { memoize } from "effect/Function"
import * as Schema from "effect/Schema"
import { NodeId } from "./Address.ts"
import { Json } from "./Json.ts"
import * as Rpc from "./Rpc.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** The id of a server: the node at which it is, a dot, and a random text. */
export const ServerId = Schema.NonEmptyString.pipe(Schema.brand("ServerId"))
export type ServerId = typeof ServerId.Type

/** The node at which the server is. */
export const nodeOf = (server: ServerId): NodeId => server.slice(0, server.lastIndexOf(".")) as NodeId // every id of a server begins with that of its node

/** Terms are numbered from 1; before the first it is 0. */
export type Term = number

/** The first entry of the log has index 1. */
export type Index = number

/** Which server asked for an operation, in which of its lives, and its number there: a life numbers its operations from 1. */
export interface OperationId {
  readonly server: ServerId
  readonly life: number
  readonly number: number
}

const OperationId = Schema.Struct({ server: ServerId, life: Count, number: Count })

/** What is in the log: an operation, which servers make up the cluster from here on, or nothing. */
export type Entry<A> =
  | { readonly term: Term; readonly by: OperationId; readonly operation: A }
  | { readonly term: Term; readonly servers: ReadonlyArray<ServerId> }
  | { readonly term: Term; readonly blank: true }

export const Entry = <A, I>(operation: Schema.Codec<A, I>) =>
  Schema.Union([
    Schema.Struct({ term: Count, by: OperationId, operation }),
    Schema.Struct({ term: Count, servers: Schema.Array(ServerId) }),
    Schema.Struct({ term: Count, blank: Schema.Literal(true) })
  ])

/** A position in the log: an index, and the term of the entry there. */
const Position = Schema.Struct({ index: Count, term: Count })
export type Position = typeof Position.Type

/** What the log up to a position comes to: the servers, the last operation of each, and the state of the program. */
export const Snapshot = Schema.Struct({
  position: Position,
  servers: Schema.Array(ServerId),
  lastOperations: Schema.Array(OperationId),
  state: Json
})
export type Snapshot = typeof Snapshot.Type

/**
 * Please vote for the sender in this term. `last` is where its log ends. `pre`: only say whether you would; the term is
 * the one that the sender would begin.
 */
export const vote = Rpc.make("raft_vote", {
  request: { from: ServerId, term: Count, last: Position, pre: Schema.Boolean }
})

/** The answer, about the term `about`; `term` is that of the sender, and `leader` leads in it, as far as it knows. */
export const voted = Rpc.make("raft_voted", {
  request: {
    from: ServerId,
    term: Count,
    about: Count,
    pre: Schema.Boolean,
    granted: Schema.Boolean,
    leader: Schema.optionalKey(ServerId)
  }
})

const To = Schema.Struct({ server: ServerId, life: Count, heard: Schema.Finite })
const Readable = Schema.Struct({ number: Count, index: Count })

const leadFields = <A>(operation: Schema.Codec<A, unknown>) => ({
  from: ServerId,
  term: Count,
  at: Schema.Finite,
  previous: Position,
  entries: Schema.Array(Entry(operation)),
  commit: Count,
  safe: Count,
  answerWithin: Schema.optionalKey(Schema.Finite),
  to: Schema.optionalKey(To),
  read: Schema.optionalKey(Readable)
})

/** What the leader says to another follower; the entries after `after` are to be added to it. */
const Relay = Schema.Struct({
  at: Schema.Finite,
  after: Count,
  answerWithin: Schema.Finite,
  to: To,
  read: Schema.optionalKey(Readable)
})
export type Relay = typeof Relay.Type

/**
 * The leader of the term to a follower.
 *
 * - `at`: when it was sent; no two messages of a leader have the same time.
 * - `previous`, `entries`: a part of the log, and what comes before it.
 * - `commit`: up to which index all is committed; `safe`: up to where the log is safe on the leader's disk.
 * - `answerWithin`: how long the follower may wait with its answer, if the leader wants one.
 * - `to`: the life that the follower has spoken from last, and when it sent the last message that has come.
 * - `read`: all that this life has asked to read up to this number may be read from the log up to `index`, or further.
 * - `relays`: what the follower is to pass on to others, when all of this is safe on its disk.
 */
export const lead = memoize(<A>(operation: Schema.Codec<A, unknown>) =>
  Rpc.make("raft_lead", {
    request: { ...leadFields(operation), relays: Schema.optionalKey(Schema.Array(Relay)) }
  })
)

/** A follower passes on what the leader says, with the entries; `match`: up to here it has them, safe on its disk. */
export const relayed = memoize(<A>(operation: Schema.Codec<A, unknown>) =>
  Rpc.make("raft_relayed", {
    request: { from: ServerId, match: Count, lead: Schema.Struct(leadFields(operation)) }
  })
)

const followFields = <A>(operation: Schema.Codec<A, unknown>) => ({
  from: ServerId,
  life: Count,
  term: Count,
  at: Schema.Finite,
  echo: Schema.Finite,
  helped: Schema.optionalKey(Schema.Finite),
  match: Count,
  commit: Count,
  isMissing: Schema.optionalKey(Schema.Boolean),
  operations: Schema.Array(Schema.Struct({ number: Count, operation })),
  read: Count,
  snapshot: Schema.optionalKey(Schema.Struct({ index: Count, length: Count }))
})

/**
 * A follower to the leader of the term; or to who claims to be, of an earlier one.
 *
 * - `at`: when it was sent; `echo`: the greatest `at` that has come from the leader.
 * - `helped`: the greatest `at` that has come by way of a helper.
 * - `match`: up to here its log is the leader's, and safe on its disk; `commit`: it knows that all is committed up to here.
 * - `isMissing`: it lacks what comes after that, though more has been sent.
 * - `operations`: please append these operations of the sender's life, by their numbers.
 * - `read`: please say up to where I must have the log to answer my reads up to this number.
 * - `snapshot`: so much of the text of this snapshot has come.
 */
export const follow = memoize(<A>(operation: Schema.Codec<A, unknown>) =>
  Rpc.make("raft_follow", { request: followFields(operation) })
)

const installFields = {
  from: ServerId,
  term: Count,
  at: Schema.Finite,
  index: Count,
  offset: Count,
  text: Schema.String,
  isLast: Schema.Boolean
}

/**
 * The leader to a follower that is so far behind that the log no longer has what it lacks: a part of a snapshot's text.
 * `index` is the last that the snapshot covers.
 */
export const install = Rpc.make("raft_install", { request: installFields })

/** Please pass this on to the node `to`; and when it comes there, it comes from the node `origin`, by way of the sender. */
export const detour = memoize(<A>(operation: Schema.Codec<A, unknown>) =>
  Rpc.make("raft_detour", {
    request: {
      origin: NodeId,
      to: NodeId,
      message: Schema.Union([
        Schema.Struct({ type: Schema.Literal("lead"), body: Schema.Struct(leadFields(operation)) }),
        Schema.Struct({ type: Schema.Literal("follow"), body: Schema.Struct(followFields(operation)) }),
        Schema.Struct({ type: Schema.Literal("install"), body: Schema.Struct(installFields) })
      ])
    }
  })
)
