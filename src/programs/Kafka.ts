/**
 * Challenge 5, a log for each key, without coordination: any node takes a message at once, and no poll ever skips one.
 *
 * - **Offsets.** Node i of N takes for a key the smallest offset ≡ i (mod N) above all that it has seen of that key. So
 *   no two nodes ever take the same, and what a node makes has a higher offset than all that it knew of.
 * - **Polls** answer the causally stable part of a log up to the first message that is not stable yet. An operation is
 *   stable once whatever is delivered later was made by somebody who had it (see Gossip), and so has a higher offset:
 *   nothing can ever appear below what has been shown. And every node has what any poll has shown.
 * - **Commits** merge by maximum, and are published only when they advance something. All below what is committed was
 *   shown to somebody before, so nothing will appear there: who begins at a committed offset skips nothing.
 * - **Restart with empty memory.** A life that is recovered has all that was ever shown, on whatever grounds, but may
 *   have sent before what nobody got: those offsets must not be taken again. So a life that is not the first of its node
 *   announces a *floor*, higher than all that it has heard of by {@link reserve} places for each node, and takes only
 *   offsets from there on; and it does not serve before every node has heard of the floor. A life refuses (error 11)
 *   offsets that are higher by as much than all that every node is known to have, floors included. So whatever a life
 *   took, the floor of the next is higher.
 * - **Durability** is a dial, see {@link Durability}.
 *
 * Always available once every node has been reached; while one cannot be reached, polls lag, and a node that starts
 * refuses requests (see Recovery). All is lost if there is a moment at which no recovered node lives.
 *
 * Costs what Gossip costs, about 0.03 messages an operation at 2 nodes and 1000 operations a second. A log of n messages
 * ends below about N × n, if no node starts again. A send takes O(1), a poll O(log n) for each key and O(1) for each
 * message that it answers. Where nothing is cut, polls at both nodes of a star show a message within a window of the
 * hub, one of the leaf and two hops; at more nodes within two of each and four hops. One that waits for a lower offset
 * of the same key, made elsewhere at the same time, may take a window of the hub and a hop longer.
 *
 * The idea is that of timestamps which order what is causally stable: Lamport, "Time, Clocks, and the Ordering of Events
 * in a Distributed System", 1978; Baquero and Shoker, "Pure Operation-Based Replicated Data Types", 2017.
 */
import * as Config from "effect/Config"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { Json } from "../schema/Json.ts"
import { KafkaProtocol, Offset, Offsets } from "../schema/KafkaProtocol.ts"
import * as ProtocolError from "../schema/ProtocolError.ts"
import type * as Vector from "../schema/VersionVector.ts"
import type { Entry } from "../services/gossip/CausalLog.ts"
import { Gossip } from "../services/gossip/Gossip.ts"
import * as Recovery from "../services/gossip/Recovery.ts"
import { Node } from "../services/node/Node.ts"
import * as KafkaIndex from "./KafkaIndex.ts"
import * as KafkaOffsets from "./KafkaOffsets.ts"

/**
 * When a send is acknowledged, and so what it survives; environment variable `KAFKA_DURABILITY`.
 *
 * - `none`: at once. It is lost if the node is killed before the next message to a peer has left and arrived.
 * - `one`: when one peer has it. It survives that any node is killed.
 * - `majority`: when most nodes have it. It survives that any minority is killed at the same moment.
 *
 * A node that starts again is a copy only once it has recovered, which takes until it has reached every other node. Nodes
 * may be killed in turn, all of them and again and again, as long as each has recovered before the next one is killed;
 * those that have not recovered yet count as killed at the same moment. So `majority` may lose what it has acknowledged
 * to nodes that are killed one after the other faster than they recover, though few are down at a time.
 *
 * If that takes longer than a client waits, nobody answers, and the message may be in the log or not.
 */
const Durability = Config.Literals(["none", "one", "majority"], "KAFKA_DURABILITY").pipe(Config.withDefault("none"))

const Message = Schema.Struct({ key: Schema.String, offset: Offset, msg: Json })
const Floor = Schema.Struct({ floor: Offset })
const Operation = Schema.Union([Message, Schema.Struct({ committed: Offsets }), Floor])
type Message = typeof Message.Type
type Floor = typeof Floor.Type
type Operation = typeof Operation.Type

const isMessage = (entry: Entry<Operation>): entry is Entry<Message> => "offset" in entry.operation
const isFloor = (entry: Entry<Operation>): entry is Entry<Floor> => "floor" in entry.operation

/** Waits until a frontier has come to an entry. Entries are those of one origin, in order. */
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
  const durability = yield* Durability
  const index = yield* KafkaIndex.make // what is stable
  const nodeCount = node.ids.length
  const offsets = KafkaOffsets.make(node.ids.indexOf(node.id), nodeCount)
  const unstable = new Map<string, Array<Entry<Message>>>()
  const floors: Array<Entry<Floor>> = []

  const onDelivery = (entry: Entry<Operation>): void => {
    if (isMessage(entry)) {
      const { key, offset } = entry.operation
      offsets.delivered(key, offset)
      const others = unstable.get(key)
      if (others === undefined) unstable.set(key, [entry])
      else others.push(entry)
    } else if (isFloor(entry)) {
      floors.push(entry)
      offsets.floorDelivered(entry.operation.floor)
    } else if ("committed" in entry.operation) {
      index.commit(entry.operation.committed)
    }
  }

  const stability = awaitFrontier()
  const onStable = (stable: Vector.VersionVector): void => {
    const isStable = ({ origin, sequence }: Entry<Operation>): boolean => sequence <= (stable.get(origin) ?? 0)
    for (const [key, entries] of unstable) {
      if (!entries.some(isStable)) continue
      entries.sort((a, b) => a.operation.offset - b.operation.offset)
      const end = entries.findIndex((entry) => !isStable(entry))
      for (const { operation } of entries.splice(0, end === -1 ? entries.length : end)) {
        index.add(key, operation)
        offsets.stable(operation.offset)
      }
      if (entries.length === 0) unstable.delete(key)
    }
    for (const entry of floors) if (isStable(entry)) offsets.stable(entry.operation.floor)
    stability.advance(stable)
  }

  const durable = awaitFrontier()
  const copies = Math.min(nodeCount, { none: 1, one: 2, majority: Math.floor(nodeCount / 2) + 1 }[durability])
  const { publish, recovered } = yield* gossip.join(Operation, {
    onDelivery,
    onStable,
    ...(durability === "none" ? {} : { onCopied: { copies, advance: durable.advance } })
  })

  const { guard, ready } = yield* Recovery.make(Effect.gen(function*() {
    if ((yield* recovered) === 0) return
    yield* stability.until(yield* publish({ floor: offsets.raiseFloor() }))
  }))

  return yield* Node.serve(KafkaProtocol, {
    send: ({ key, msg }) =>
      guard(() => {
        const offset = offsets.next(key)
        if (offset === undefined) {
          return Effect.fail(new ProtocolError.TemporarilyUnavailable({ text: "too far ahead of the other nodes" }))
        }
        const published = publish({ key, offset, msg })
        return Effect.as(durability === "none" ? published : Effect.flatMap(published, durable.until), { offset })
      }),
    poll: (from) => guard(() => Effect.succeed({ msgs: index.poll(from.offsets) })),
    commit_offsets: (processed) =>
      guard(() => {
        const committed = index.advances(processed.offsets)
        return committed === undefined ? Effect.succeed({}) : Effect.as(publish({ committed }), {})
      }),
    list_committed_offsets: ({ keys }) => guard(() => Effect.succeed({ offsets: index.committed(keys) }))
  }, ready)
})
