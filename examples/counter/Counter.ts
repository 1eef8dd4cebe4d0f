/**
 * A counter that survives kills: each node keeps what it was told to add in a key of its own in lin-kv, and looks at the
 * keys of the others twice a second.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { CounterProtocol, GrowOnlyDelta } from "gossip-girl/schema/CounterProtocol"
import * as Key from "gossip-girl/services/Key"
import { LinKv } from "gossip-girl/services/Kv"
import { Node } from "gossip-girl/services/Node"
import { Timers } from "gossip-girl/services/Timers"
import * as Updates from "gossip-girl/services/Updates"

const keyOf = (node: string) => Key.make(`count of ${node}`, Updates.Attributed(Schema.Int))

export const Counter = Effect.gen(function*() {
  const { id, ids } = yield* Node
  const kv = yield* LinKv
  const timers = yield* Timers
  const counts = new Map<string, number>()

  // Counts only grow: of two, the greater is the newer one.
  const learn = (node: string, count: number): void => void counts.set(node, Math.max(count, counts.get(node) ?? 0))

  const look = (node: string) =>
    kv.read(keyOf(node)).pipe(
      Effect.map(({ value }) => learn(node, value)),
      Effect.catchTag("KeyDoesNotExist", () => Effect.void) // it has never added anything
    )
  const lookAtAll = Effect.forEach(ids, look, { concurrency: "unbounded", discard: true })

  yield* Effect.retry(lookAtAll, Schedule.spaced("100 millis")) // what earlier lives of this node have added, too
  yield* timers.every("500 millis", Effect.ignore(lookAtAll))

  return yield* Node.serve(CounterProtocol(GrowOnlyDelta), {
    // Exactly once, even when the answer of lin-kv is lost.
    add: ({ delta }) =>
      kv.update(keyOf(id), 0, (count) => count + delta).pipe(
        Effect.map((count) => {
          learn(id, count)
          return {}
        })
      ),
    read: () => Effect.sync(() => ({ value: [...counts.values()].reduce((sum, count) => sum + count, 0) }))
  })
}).pipe(Effect.provide(LinKv.layer))
