/**
 * Challenge 5, a log for each key, kept in a shared log.
 *
 * - Algorithm: one shared log for all keys holds messages and commits. Each node executes it (see SharedLog) and so has
 *   a copy of all keys' logs as of some position of the shared log.
 *   - *Offsets*: the offset of a message is the number of messages of its key before it. So offsets have no gaps, and
 *     are the same at every node.
 *   - *Polls* are answered from the copy: so they skip nothing. A copy that may be older than {@link refreshAfter} is
 *     first brought up to date.
 *   - *Commits* merge by maximum, in the order of the shared log; a commit is appended only if it advances something.
 * - Guarantee: sends are linearizable, and each is in the log once. A poll sees every send that was acknowledged earlier
 *   than {@link refreshAfter} before the poll. What the layer of SharedLog keeps, no kill can take; when it does not
 *   answer, or refuses, this program does the same.
 * - Cost: that of SharedLog. Sends within {@link linger} share a round of appends, polls within {@link refreshAfter} a
 *   round of reads: on lin-kv, 0.7 messages an operation at 2 nodes and 1000 operations a second.
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

/** How long an append may wait for others to share its round; environment variable `KAFKA_LINGER`. */
const linger = Config.Duration("KAFKA_LINGER").pipe(Config.withDefault(Duration.millis(5)))

/** How old the copy may be from which a poll is answered; environment variable `KAFKA_REFRESH`. */
const refreshAfter = Config.Duration("KAFKA_REFRESH").pipe(Config.withDefault(Duration.millis(100)))

/** An entry of the log: a key with a message, or offsets that a client commits. */
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

  /**
   * The same evaluation, which also notes when the program asked for it: the copy then has all that was in the log at
   * that moment.
   */
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
