/**
 * A counter that any node can add to, and that every node can read: each node keeps how much was added at each, and tells
 * all others what it knows, five times a second. Of two numbers for the same node the greater one is newer.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Rpc from "gossip-girl/schema/Rpc"
import { Node } from "gossip-girl/services/Node"
import { Peers } from "gossip-girl/services/Peers"
import { Timers } from "gossip-girl/services/Timers"

const Add = Rpc.make("add", { request: { delta: Schema.Int } })
const Read = Rpc.make("read", { reply: { value: Schema.Int } })
const Tell = Rpc.make("tell", { request: { counts: Schema.Record(Schema.String, Schema.Int) } })

export const Counter = Effect.gen(function*() {
  const peers = yield* Peers
  const timers = yield* Timers
  const counts: Record<string, number> = {}

  const learn = (node: string, count: number) => {
    counts[node] = Math.max(count, counts[node] ?? 0)
  }
  yield* peers.handle([Tell] as const, {
    tell: ({ counts }) => Effect.sync(() => (Object.entries(counts).forEach(([node, count]) => learn(node, count)), {}))
  })
  yield* timers.every("200 millis", Effect.forEach(peers.ids, (peer) => peers.send(peer, Tell, { counts })))

  return yield* Node.serve([Add, Read] as const, {
    add: ({ delta }) => Effect.sync(() => (learn(peers.self, (counts[peers.self] ?? 0) + delta), {})),
    read: () => Effect.sync(() => ({ value: Object.values(counts).reduce((sum, count) => sum + count, 0) }))
  })
})
