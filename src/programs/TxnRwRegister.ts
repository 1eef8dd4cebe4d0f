/**
 * Challenge 6, transactions on registers that always succeed: a node executes a transaction at once, by itself, and
 * tells its peers afterwards. So no partition can stop it.
 *
 * - Algorithm: a transaction reads what its node has, and its own writes, all in one step. Its last write of each key
 *   goes into one write set, which is an operation of Gossip; its stamp is one above the largest that the node has seen
 *   (Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", 1978). Gossip delivers write sets in
 *   causal order, each as a whole. Of two writes of a key, the one with the larger stamp stays; of equal stamps, that
 *   of the larger origin.
 * - Guarantee: **transactional causal consistency, with convergence**. In the terms of Cerone, Bernardi and Gotsman, "A
 *   Framework for Transactional Consistency Models with Atomic Visibility", 2015: let a transaction see those that had
 *   been delivered to its node when it was executed, and let stamp and origin arbitrate. Then their axioms hold. What a
 *   transaction reads is its own last write (INT), else the one that arbitration puts last among all that it sees
 *   (EXT): that is what a register holds, whatever the order of delivery. What is seen includes all that was seen by
 *   what is seen (TRANSVIS), for delivery is causal; and what the same client did before at this node (SESSION).
 *   Arbitration agrees with it, for stamps rise above all that is seen. So, one by one,
 *   - *read committed*: nobody sees a write before its transaction is over, nor one that its transaction replaced; none
 *     ever aborts;
 *   - *read atomic, monotonic atomic view*: a transaction that sees another one sees all of its writes, or, of some
 *     keys, what arbitration puts after it. It never sees half of it: when two transactions have written the same two
 *     keys, both registers keep the write of the same one, because a stamp belongs to the whole write set;
 *   - *repeatable reads* in a transaction: one step meets one state;
 *   - *read your writes, monotonic reads, monotonic writes, writes follow reads* for a client that stays at its node:
 *     what a node has only grows, and travels in causal order.
 *
 *   Nodes that have the same write sets hold the same values.
 * - Anomalies that remain, because both sides of a partition must answer before either has heard of the other: two
 *   transactions read the same version of a key, and both replace it (*lost update*), or each reads what the other is
 *   about to replace (*write skew*); two clients see two writes in opposite orders (*long fork*); a client reads what
 *   was replaced elsewhere long before. A program that excludes one of these must refuse or delay some transactions.
 *   (Bailis et al., "Highly Available Transactions: Virtues and Limitations", 2013, §5.2. Akkoorath et al., "Cure:
 *   Strong Semantics Meets High Availability and Low Latency", 2016, promises the same for nodes each of which holds
 *   only a part of the keys.)
 * - Availability: total, except at a node that has just started. It executes nothing before every peer has answered it
 *   (see Recovery). So a node that starts again with an empty memory has all that any peer had of its earlier life, and
 *   its clock is above that; a client that goes on with it finds its own writes, and can replace them. What the earlier
 *   life alone had is lost, acknowledged or not; what was still under way arrives as if another node had written it at
 *   the same time. Stamps of two lives may be equal, but their origins are not. Where Gossip is durable, nothing is lost,
 *   and only a node that has lost its disk has to wait.
 * - Cost: that of Gossip, at 2 nodes and 1000 operations a second 0.03 messages an operation; nothing for a transaction
 *   that only reads. Write sets that the node makes between two messages go out as one, without what was replaced.
 *   In memory, one register for each key that was ever written, and what of Gossip's log is not stable. Nothing is ever deleted, so registers need no tombstones.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Json from "../schema/Json.ts"
import { type RwRegisterOperation, TxnRwRegisterProtocol } from "../schema/TxnProtocol.ts"
import { Origin } from "../schema/VersionVector.ts"
import { Gossip } from "../services/gossip/Gossip.ts"
import * as Parts from "../services/gossip/Parts.ts"
import * as Recovery from "../services/gossip/Recovery.ts"
import { Node } from "../services/node/Node.ts"

/** A write: its key, its value, and its stamp, which is left out if it is that of the write set (see {@link merge}). */
const Write = Schema.Tuple([Json.Json, Json.Json, Schema.optionalKey(Schema.Int)])
type Write = typeof Write.Type

const WriteSet = Schema.Struct({ stamp: Schema.Int, writes: Schema.Array(Write) })
type WriteSet = typeof WriteSet.Type

/** A part of the state: registers, each with the canonical text of its key, its value, stamp and origin. */
const Registers = Schema.Array(Schema.Tuple([Schema.String, Json.Json, Schema.Int, Origin]))

interface Register {
  readonly value: Json.Json
  readonly stamp: number
  readonly origin: Origin
}

const isLater = (a: Register, b: Register): boolean => a.stamp > b.stamp || (a.stamp === b.stamp && a.origin > b.origin)

/** How many writes a write set has at the most that is merged of two. */
const maxMerged = 32

/**
 * One write set in the place of two that go out together: a write that the later one replaces is left out, and each
 * other write keeps its stamp.
 */
const merge = (earlier: WriteSet, later: WriteSet): WriteSet | undefined => {
  const left = earlier.writes.filter(([key]) => !later.writes.some(([other]) => Json.equals(key, other)))
  if (left.length + later.writes.length > maxMerged) return undefined
  const stamped = left.map(([key, value, stamp = earlier.stamp]): Write => [key, value, stamp])
  return { stamp: later.stamp, writes: [...stamped, ...later.writes] }
}

export const TxnRwRegister = Effect.gen(function*() {
  let registers = new Map<string, Register>()
  let clock = 0
  const gossip = yield* Gossip
  const replica = yield* gossip.join(WriteSet, {
    merge,
    onDelivery: ({ operation, origin }) => {
      clock = Math.max(clock, operation.stamp)
      for (const [key, value, stamp = operation.stamp] of operation.writes) {
        const name = Json.canonical(key)
        const present = registers.get(name)
        const next = { value, stamp, origin }
        if (present === undefined || isLater(next, present)) registers.set(name, next)
      }
    },
    state: {
      part: Registers,
      snapshot: () => {
        const all = [...registers].map(([name, { origin, stamp, value }]) => [name, value, stamp, origin] as const)
        return Parts.first(all, all.length)
      },
      restore: () => {
        const others = new Map<string, Register>()
        return {
          add: (part) => {
            for (const [name, value, stamp, origin] of part) others.set(name, { value, stamp, origin })
          },
          install: () => {
            registers = others
            clock = 0
            for (const { stamp } of registers.values()) clock = Math.max(clock, stamp)
          }
        }
      }
    }
  })

  const { publish } = replica
  const recovery = yield* Recovery.make(replica)

  const execute = (txn: ReadonlyArray<RwRegisterOperation>) => {
    const writes = new Map<string, readonly [key: Json.Json, value: Json.Json]>()
    const reply = txn.map((operation): RwRegisterOperation => {
      const [f, key, value] = operation
      const name = Json.canonical(key)
      if (f === "w") {
        writes.set(name, [key, value])
        return operation
      }
      const own = writes.get(name)
      return [f, key, own === undefined ? registers.get(name)?.value ?? null : own[1]]
    })
    return { writes: [...writes.values()], reply: { txn: reply } }
  }

  return yield* Node.serve(TxnRwRegisterProtocol, {
    txn: ({ txn }) =>
      Effect.suspend(() =>
        recovery.guard(() => {
          const { reply, writes } = execute(txn)
          return writes.length === 0 ? Effect.succeed(reply) : Effect.as(publish({ stamp: clock + 1, writes }), reply)
        })
      )
  }, recovery.ready)
})
