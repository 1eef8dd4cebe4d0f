/**
 * Challenge 4 as its text asks for it: a grow-only counter that is kept in seq-kv.
 *
 * - Algorithm: for each node there is a key, which holds the total of what was added at that node. Only that node
 *   writes the key, so no two writes contend; the sum is that of all keys. (The vector of a state-based G-counter:
 *   Shapiro et al., "A comprehensive study of Convergent and Commutative Replicated Data Types", 2011, §3.1.2.) Adds
 *   that come while an update of the key is under way share the next one; an add that could go at once never waits for
 *   others. (Group commit: DeWitt et al., "Implementation Techniques for Main Memory Database Systems", 1984.)
 * - The trap: seq-kv may answer a node that only reads from an old state, for ever. A request that changes something
 *   executes on the newest state, and what the same node reads after it is not older. So a refresh first updates this
 *   node's own key, by 0 if nothing waits to be added: since each update stores a new attempt number, it always changes
 *   something. Then it reads the other keys.
 * - Guarantee: nothing counts twice, whatever is lost, repeated or killed, since `Kv.update` happens exactly once and
 *   each key has one writer. What is acknowledged is stored, and what is read was stored before; so both outlive all
 *   nodes. A read contains all that was acknowledged anywhere {@link staleness} before it came, or earlier, and all
 *   that this node has acknowledged. The sum that a node reads never falls, since totals only grow, and no total is
 *   read from an older state than before. Nodes answer as long as seq-kv does.
 * - Exact: totals are kept without bound, as text; what is beyond 2^53 - 1 is refused as by Counter.
 * - Cost: 2 messages for each batch of adds, and 2 for each node in each refresh. A node refreshes at most once in each
 *   {@link staleness}, and only when it is read. An add takes one round trip to seq-kv, or two if an update is under
 *   way already; a read takes none if the last refresh is recent enough, else two or three.
 */
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import type { NodeId } from "../schema/Address.ts"
import { CounterProtocol, GrowOnlyDelta } from "../schema/CounterProtocol.ts"
import * as ExactSum from "../schema/ExactSum.ts"
import type * as ProtocolError from "../schema/ProtocolError.ts"
import * as Key from "../services/kv/Key.ts"
import { SeqKv } from "../services/kv/Kv.ts"
import * as Updates from "../services/kv/Updates.ts"
import * as MonotonicClock from "../services/node/MonotonicClock.ts"
import { Node } from "../services/node/Node.ts"

/**
 * How old the totals may be from which a read is answered.
 * Environment variable `COUNTER_STALENESS`, such as `1 second`.
 */
export const staleness = Config.Duration("COUNTER_STALENESS").pipe(Config.withDefault(Duration.seconds(1)))

const Total = Updates.Attributed(Schema.BigIntFromString)
const keyOf = (id: NodeId) => Key.make(`g-counter ${id}`, Total)

export const GCounterSeqKv = Effect.gen(function*() {
  const node = yield* Node
  const kv = yield* SeqKv
  const now = yield* MonotonicClock.millis
  const maxAge = Duration.toMillis(yield* staleness)
  const committing = yield* Semaphore.make(1)
  const refreshing = yield* Semaphore.make(1)
  const totals = new Map<NodeId, bigint>() // they contain at least all that was stored up to `knownAt`, a time in ms
  let knownAt = -Infinity
  let waiting = 0n // what was added, and no update has taken up yet
  let next: Effect.Effect<void, ProtocolError.ProtocolError> | undefined

  const sum = (): bigint => [...totals.values()].reduce((a, b) => a + b, 0n)

  /** Adds to this node's key what is waiting. All that wait for the same update to begin share it. */
  const commit = Effect.gen(function*() {
    next ??= yield* Effect.cached(
      Effect.suspend(() => {
        const delta = waiting
        waiting = 0n
        next = undefined
        return Effect.map(
          kv.update(keyOf(node.id), 0n, (total) => total + delta),
          (total) => totals.set(node.id, total)
        )
      }).pipe(committing.withPermits(1))
    )
    return yield* next
  })

  const fetch = (id: NodeId) =>
    kv.read(keyOf(id)).pipe(
      Effect.map(({ value }) => totals.set(id, value)),
      Effect.catchTag("KeyDoesNotExist", () => Effect.void),
      Effect.retry(Schedule.spaced("100 millis"))
    )

  const refresh = Effect.gen(function*() {
    const begun = now()
    yield* commit
    yield* Effect.forEach(node.ids.filter((id) => id !== node.id), fetch, { concurrency: "unbounded", discard: true })
    knownAt = begun
  })

  /**
   * Refreshes, unless what is known is recent enough for a read that came at this time. Reads that come while a refresh
   * is under way wait for it, and most likely need none of their own.
   */
  const freshenFor = (asked: number) =>
    Effect.suspend(() => knownAt >= asked - maxAge ? Effect.void : refresh).pipe(refreshing.withPermits(1))

  return yield* Node.serve(CounterProtocol(GrowOnlyDelta), {
    add: ({ delta }) =>
      delta === 0 ? Effect.succeed({}) : Effect.suspend(() => ExactSum.admit(sum() + waiting, delta)).pipe(
        Effect.tap(Effect.sync(() => {
          waiting += BigInt(delta)
        })),
        Effect.andThen(commit),
        Effect.as({})
      ),
    read: () =>
      freshenFor(now()).pipe(
        Effect.andThen(Effect.suspend(() => ExactSum.say(sum()))),
        Effect.map((value) => ({ value }))
      )
  })
})
