/**
 * Challenge 5, a log for each key, kept in lin-kv.
 *
 * - **One log for all keys**, see SharedLog: its entries are messages, and what is committed. Each node has a copy, which
 *   always is the log up to some place.
 * - **Offsets**: that of a message is how many of its key come before it. So they are dense, and the same to everybody.
 * - **Polls** answer from the copy: so they skip nothing. A copy that may be older than {@link refreshAfter} is first
 *   brought up to date.
 * - **Commits** merge by maximum, in the order of the log; only what advances something is appended.
 *
 * Sends are linearizable, exactly once, and wait as long as it takes; a poll sees every send that was acknowledged
 * {@link refreshAfter} before it. All state is in lin-kv, so all nodes may be killed at any time. Without lin-kv nothing
 * is answered.
 *
 * Costs what SharedLog costs; sends within {@link linger} of each other share a round, and so do all polls of
 * {@link refreshAfter}: 0.7 messages an operation at 2 nodes and 1000 operations a second. However long the log is, an
 * append sends the root twice, at most 128 entries.
 */
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Json } from "../schema/Json.ts"
import { KafkaProtocol, Offset, Offsets } from "../schema/KafkaProtocol.ts"
import { SharedLog } from "../services/log/SharedLog.ts"
import * as MonotonicClock from "../services/node/MonotonicClock.ts"
import { Node } from "../services/node/Node.ts"
import * as KafkaIndex from "./KafkaIndex.ts"

/** How long an append waits for company after the one before; environment variable `KAFKA_LINGER`. */
const linger = Config.Duration("KAFKA_LINGER").pipe(Config.withDefault(Duration.millis(5)))

/** How old the copy may be that a poll answers from; environment variable `KAFKA_REFRESH`. */
const refreshAfter = Config.Duration("KAFKA_REFRESH").pipe(Config.withDefault(Duration.millis(100)))

/** A message and its key, or what is committed. */
const Entry = Schema.Union([Schema.Tuple([Schema.String, Json]), Offsets])
type Entry = typeof Entry.Type

const isMessage = (entry: Entry): entry is readonly [string, Json] => Array.isArray(entry)

export const KafkaSharedLog = Effect.gen(function*() {
  const now = yield* MonotonicClock.millis
  const freshFor = Duration.toMillis(yield* refreshAfter)
  const copy = yield* KafkaIndex.make
  const nextOf = (key: string): Offset => Offset.make(copy.count(key))
  const sharedLog = yield* SharedLog
  const log = yield* sharedLog.join({
    operation: Entry,
    execute: (entry) => {
      if (isMessage(entry)) copy.add(entry[0], { offset: nextOf(entry[0]), msg: entry[1] })
      else copy.commit(entry)
    },
    state: KafkaIndex.State,
    snapshot: copy.snapshot,
    restore: copy.restore
  }, { linger: yield* linger })
  let upToDateAt = -Infinity

  /** What `evaluate` makes of a copy that is as new as this moment. */
  const noting = <A>(evaluate: () => A): () => A => {
    const asked = now()
    return () => {
      upToDateAt = Math.max(upToDateAt, asked)
      return evaluate()
    }
  }
  const append = <A>(entry: Entry, evaluate: () => A) => Effect.suspend(() => log.append(entry, noting(evaluate)))
  const read = <A>(evaluate: () => A) =>
    Effect.suspend(() => now() - upToDateAt < freshFor ? Effect.succeed(evaluate()) : log.read(noting(evaluate)))

  return yield* Node.serve(KafkaProtocol, {
    send: ({ key, msg }) => append([key, msg], () => ({ offset: nextOf(key) })),
    poll: ({ offsets }) => read(() => ({ msgs: copy.poll(offsets) })),
    commit_offsets: ({ offsets }) =>
      Effect.suspend(() => {
        const advances = copy.advances(offsets)
        return advances === undefined ? Effect.succeed({}) : append(advances, () => ({}))
      }),
    list_committed_offsets: ({ keys }) => read(() => ({ offsets: copy.committed(keys) }))
  })
})
