/**
 * Challenge 4 as its text asks for it: a grow-only counter that is kept in seq-kv.
 *
 * - Algorithm: a key for each node holds the total of what was added there. Only its node writes it, so nobody ever
 *   contends; the sum is that of all keys. (The vector of a state-based G-counter: Shapiro et al., "A comprehensive study
 *   of Convergent and Commutative Replicated Data Types", 2011, §3.1.2.) Adds that come while an update of the key is
 *   under way share the next one, as transactions share a write of the log; none waits for company. (Group commit:
 *   DeWitt et al., "Implementation Techniques for Main Memory Database Systems", 1984.)
 * - The trap: seq-kv may answer who only reads from an old state, for ever. A request that changes something executes on
 *   the newest state, and what the same client reads after it is not older. So a refresh updates this node's own key
 *   first, by 0 if nothing waits to be added: each update stores a new attempt number, so it always changes something.
 *   Then it reads the others' keys.
 * - Guarantee: nothing counts twice, whatever is lost, repeated or restarted, since `Kv.update` happens exactly once, and
 *   each key has one writer. What is acknowledged is stored, and what is read was stored before; so it outlives all nodes.
 *   A read has all that was acknowledged anywhere up to {@link staleness} before it was asked, and all that this node
 *   has acknowledged. Reads of a node never go back, since totals only grow, and none is read from an older state than
 *   before. Available as long as seq-kv is.
 * - Exact: totals are kept without bound, as text, and a sum beyond 2^53 - 1 is refused, as by Counter.
 * - Cost: 2 messages for each batch of adds, and 2 for each node in each refresh, of which there is at most one a node
 *   in each {@link staleness}, and none while nobody reads. An add takes a round trip to seq-kv, or two if one is under
 *   way already; a read takes none if what is known is fresh, else two or three.
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

/** How old what is read may be. Environment variable `COUNTER_STALENESS`, such as `1 second`. */
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
  const totals = new Map<NodeId, bigint>() // all that was stored up to `knownAt` at least
  let knownAt = -Infinity
  let waiting = 0n
  let next: Effect.Effect<void, ProtocolError.ProtocolError> | undefined

  const sum = (): bigint => [...totals.values()].reduce((a, b) => a + b, 0n)

  /** Stores what is waiting, and brings this node up to date with seq-kv. Whoever waits for its beginning shares it. */
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

  /** Makes what is known fresh enough for who asked then. Who had to wait for a refresh most likely needs none himself. */
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
