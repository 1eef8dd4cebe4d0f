/**
 * Challenge 5, a log for each key, without coordination: any node takes a message at once, and no poll ever skips one.
 *
 * - Algorithm: messages and commits are operations of Gossip. The idea is that of timestamps which order what is
 *   causally stable: Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", 1978; Baquero and
 *   Shoker, "Pure Operation-Based Replicated Data Types", 2017.
 *   - *Offsets.* A node takes a higher offset for a message than those of all messages of the key that it has, and one
 *     that no other node ever takes; see KafkaOffsets.
 *   - *Polls* answer a log up to the first message that is not stable. When a message is stable, every node has it, and
 *     whatever is delivered later was made by a node that had it (see Gossip), and so has a higher offset. So nothing
 *     ever appears below what a poll has shown, and every node has what any poll has shown.
 *   - *Commits* merge by maximum, and are published only when they advance something. A client has polled everything up
 *     to the offset that it commits, so nothing appears there any more: a client that begins at a committed offset
 *     skips nothing.
 *   - *A node that starts again* has an empty memory. It serves when it is recovered: then it has all that any poll has
 *     shown. But messages of an earlier life may have reached nobody, and their offsets must not be taken again. So it
 *     announces a floor below which it takes none (see KafkaOffsets), and serves only when every node has the floor.
 * - Guarantee: sends get unique offsets, and polls skip nothing and never contradict each other. How many kills a
 *   message survives is a dial, see {@link Durability}; all is lost when at some moment no recovered node is alive, unless
 *   Gossip is durable: then nothing is, and a node that starts again serves at once.
 *   Nodes always answer once they have reached all others. While one cannot be reached, polls lag behind, and a node
 *   that starts refuses requests (see Recovery).
 * - Cost: that of Gossip, about 0.03 messages an operation at 2 nodes and 1000 operations a second. The last offset of
 *   a log of n messages is at most about N × n at N nodes, if none starts again. A send takes O(1), a poll O(log n) for
 *   each key and O(1) for each message that it answers. While nothing is cut, polls at both nodes of a star show a
 *   message after one window of the hub, one of the leaf and two hops at the most; at more nodes after two windows of
 *   each and four hops. A message that waits for another one of its key, which was made elsewhere at the same time and
 *   has a lower offset, may take another window of the hub and another hop.
 */
import * as Config from "effect/Config"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { KafkaProtocol } from "../schema/KafkaProtocol.ts"
import * as ProtocolError from "../schema/ProtocolError.ts"
import type * as Vector from "../schema/VersionVector.ts"
import { type Entry, Gossip } from "../services/gossip/Gossip.ts"
import * as Recovery from "../services/gossip/Recovery.ts"
import { Node } from "../services/node/Node.ts"
import * as KafkaCopy from "./KafkaCopy.ts"

/**
 * How many nodes have a message when its send is acknowledged, and so what it survives; environment variable `KAFKA_COPIES`.
 *
 * - `one`: its own node, so at once. The message is lost if that node is killed before a peer has got it.
 * - `two`: one peer too. Then it survives that any one node is killed.
 * - `majority`: most nodes. Then it survives that any minority of nodes is killed at the same moment.
 *
 * A node that starts again holds a copy only when it has recovered, and for that it must reach every other node. Nodes
 * may be killed in turn, all of them and again and again, as long as each has recovered before the next one is killed.
 * Nodes that have not recovered yet count as killed at the same moment: so a message is lost even with `majority` when
 * nodes are killed one after the other faster than they recover.
 *
 * If it takes longer than a client waits until so many nodes have the message, the send is not answered, and its
 * outcome is unknown.
 */
const Copies = Config.Literals(["one", "two", "majority"], "KAFKA_COPIES").pipe(Config.withDefault("one"))

/**
 * Lets fibers wait until a frontier has reached an entry. They must come with entries of one origin, in order.
 */
const awaitFrontier = () => {
  const waiting: Array<readonly [entry: Entry<unknown>, reached: Deferred.Deferred<void>]> = []
  let frontier: Vector.VersionVector = new Map()
  const isBehind = ({ origin, sequence }: Entry<unknown>): boolean => sequence > (frontier.get(origin) ?? 0)
  return {
    until: (entry: Entry<unknown>) =>
      Effect.suspend(() => {
        if (!isBehind(entry)) return Effect.void
        const reached = Deferred.makeUnsafe<void>()
        waiting.push([entry, reached])
        return Deferred.await(reached)
      }),
    advance: (vector: Vector.VersionVector): void => {
      frontier = vector
      const first = waiting.findIndex(([entry]) => isBehind(entry))
      for (const [, reached] of waiting.splice(0, first === -1 ? waiting.length : first)) {
        Deferred.doneUnsafe(reached, Exit.void)
      }
    }
  }
}

export const Kafka = Effect.gen(function*() {
  const node = yield* Node
  const gossip = yield* Gossip
  const nodeCount = node.ids.length
  const copy = yield* KafkaCopy.make(node.ids.indexOf(node.id), nodeCount)
  const stability = awaitFrontier()
  const copied = awaitFrontier()
  const copies = Math.min(nodeCount, { one: 1, two: 2, majority: Math.floor(nodeCount / 2) + 1 }[yield* Copies])
  const replica = yield* gossip.join(KafkaCopy.Operation, {
    state: copy,
    onDelivery: copy.delivered,
    onStable: (frontier, entries) => {
      copy.stable(frontier, entries)
      stability.advance(frontier)
    },
    ...(copies === 1 ? {} : { onCopied: { copies, advance: copied.advance } })
  })

  const { publish } = replica
  const { guard, ready } = yield* Recovery.make(replica, (formerLives) =>
    formerLives === 0
      ? Effect.void
      : Effect.flatMap(publish({ floor: copy.offsets().raiseFloor() }), stability.until))

  return yield* Node.serve(KafkaProtocol, {
    send: ({ key, msg }) =>
      guard(() => {
        const offset = copy.offsets().next(key)
        if (offset === undefined) {
          return Effect.fail(new ProtocolError.TemporarilyUnavailable({ text: "too far ahead of the other nodes" }))
        }
        const published = publish({ key, offset, msg })
        return Effect.as(copies === 1 ? published : Effect.flatMap(published, copied.until), { offset })
      }),
    poll: (from) => guard(() => Effect.succeed({ msgs: copy.index().poll(from.offsets) })),
    commit_offsets: (processed) =>
      guard(() => {
        const committed = copy.index().advances(processed.offsets)
        return committed === undefined ? Effect.succeed({}) : Effect.as(publish({ committed }), {})
      }),
    list_committed_offsets: ({ keys }) => guard(() => Effect.succeed({ offsets: copy.index().committed(keys) }))
  }, ready)
})
