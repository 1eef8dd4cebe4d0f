/**
 * Challenge 5, a log for each key, kept in lin-kv.
 *
 * - **One log for all keys**, cut into chunks, each of them a value of lin-kv. An append is a compare-and-set of the last
 *   chunk; one that is full never changes again. The place in the log is the offset: so offsets rise over all keys, and
 *   those of one key have gaps. What is committed is an entry of the log like any other.
 * - **Group commit**: what is to be appended while an append is under way, or within a short *linger* before it, shares
 *   the next one.
 * - **Exactly once**: `Kv.update` finds out whether an append of unknown outcome took place, before it tries again.
 * - **Polls** answer from a copy of the log, which always is the log up to some place: so they skip nothing. A copy that
 *   may be older than {@link refreshAfter} is first brought up to date, by reading chunks from where it ends.
 *
 * Sends are linearizable; a poll sees every send that was acknowledged {@link refreshAfter} before it. All state is in
 * lin-kv, so a node may be killed at any time. Without lin-kv nothing is answered.
 *
 * Costs two messages for each append that no other node defeats, four more for each time that one does, and two for
 * each refresh; however long the log is. An append sends the last chunk twice, at most about {@link fullAt} entries.
 */
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import { Json } from "../schema/Json.ts"
import { KafkaProtocol, Offset, Offsets } from "../schema/KafkaProtocol.ts"
import type * as ProtocolError from "../schema/ProtocolError.ts"
import * as Kv from "../services/Kv.ts"
import { Node } from "../services/Node.ts"
import { Timers } from "../services/Timers.ts"
import * as KafkaIndex from "./KafkaIndex.ts"

/** How long an append waits for company; environment variable `KAFKA_LINGER`. */
const linger = Config.Duration("KAFKA_LINGER").pipe(Config.withDefault(Duration.millis(5)))

/** How old the copy may be that a poll answers from; environment variable `KAFKA_REFRESH`. */
const refreshAfter = Config.Duration("KAFKA_REFRESH").pipe(Config.withDefault(Duration.millis(100)))

/** A chunk of so many entries is full; the last append to it may bring it above. */
const fullAt = 32

/** How many entries one append takes at the most. */
const maxBatch = 500

/** How many chunks are read at once by who has much to catch up with. */
const maxWidth = 32

/** A message and its key, or what is committed. */
const Entry = Schema.Union([Schema.Tuple([Schema.String, Json]), Offsets])
type Entry = typeof Entry.Type

/** `first` is the offset of its first entry. */
const Chunk = Schema.Struct({ first: Schema.Int, entries: Schema.Array(Entry) })
type Chunk = typeof Chunk.Type

const Stored = Kv.Attributed(Chunk)
const key = (index: number) => Kv.key(`log/${index}`, Stored)

const isMessage = (entry: Entry): entry is readonly [string, Json] => Array.isArray(entry)
const isFull = ({ entries }: Chunk): boolean => entries.length >= fullAt
const end = ({ entries, first }: Chunk): number => first + entries.length

interface Pending {
  readonly entry: Entry
  readonly appended: Deferred.Deferred<Offset, ProtocolError.ProtocolError>
}

export const KafkaLinKv = Effect.gen(function*() {
  const kv = yield* Kv.LinKv
  const timers = yield* Timers
  const clock = yield* Clock.Clock
  const lingerFor = yield* linger
  const freshFor = Duration.toMillis(yield* refreshAfter)

  const copy = yield* KafkaIndex.make
  let last = 0 // the chunk that is not full, and what is known of it
  let tail: Chunk = { first: 0, entries: [] }
  let upToDateAt = -Infinity

  const now = (): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

  /** What was read of a chunk, or made of it: the log up to there. */
  const learn = (index: number, chunk: Chunk): void => {
    if (index !== last || end(chunk) <= end(tail)) return
    for (const [i, entry] of chunk.entries.slice(tail.entries.length).entries()) {
      if (isMessage(entry)) copy.add(entry[0], { offset: Offset.make(end(tail) + i), msg: entry[1] })
      else copy.commit(entry)
    }
    tail = chunk
    if (!isFull(chunk)) return
    last++
    tail = { first: end(chunk), entries: [] }
  }

  const readChunk = (index: number) => Effect.catchTag(kv.read(key(index)), "KeyDoesNotExist", () => Effect.undefined)

  /** Reads from where the copy ends, more chunks at a time the more there are. */
  const refresh = Effect.gen(function*() {
    for (let width = 1;; width = Math.min(2 * width, maxWidth)) {
      const begun = now()
      const from = last
      const indexes = Array.from({ length: width }, (_, i) => from + i)
      const chunks = yield* Effect.forEach(indexes, readChunk, { concurrency: "unbounded" })
      for (const [i, chunk] of chunks.entries()) if (chunk !== undefined) learn(from + i, chunk.value)
      if (last < from + width) return void (upToDateAt = begun)
    }
  })

  const refreshed = Effect.orDie(Effect.retry(refresh, Schedule.spaced("100 millis"))) // for ever: it does not fail
  const lock = yield* Semaphore.make(1)
  const upToDate = lock.withPermits(1)(
    Effect.suspend(() => now() - upToDateAt < freshFor ? Effect.void : refreshed)
  )

  /** Appends all of them, one after the other; answers the offset of the first. */
  const append = (batch: ReadonlyArray<Entry>): Effect.Effect<number, ProtocolError.ProtocolError> =>
    Effect.suspend(() => {
      const index = last
      const begun = now()
      return Effect.flatMap(
        kv.update(
          key(index),
          tail,
          (chunk) => isFull(chunk) ? chunk : { ...chunk, entries: [...chunk.entries, ...batch] }
        ),
        (chunk) => {
          learn(index, chunk)
          upToDateAt = begun
          // What this node made holds the very entries; what it merely read was full.
          return chunk.entries.at(-1) === batch.at(-1) ? Effect.succeed(end(chunk) - batch.length) : append(batch)
        }
      )
    })

  const waiting: Array<Pending> = []
  let isAppending = false

  const appendAll: Effect.Effect<void> = Effect.gen(function*() {
    if (upToDateAt === -Infinity) yield* upToDate
    while (waiting.length > 0) {
      const batch = waiting.splice(0, maxBatch)
      const first = yield* Effect.exit(append(batch.map(({ entry }) => entry)))
      for (const [i, { appended }] of batch.entries()) {
        Deferred.doneUnsafe(appended, Exit.map(first, (offset) => Offset.make(offset + i)))
      }
    }
    isAppending = false
  })

  const submit = (entry: Entry): Effect.Effect<Offset, ProtocolError.ProtocolError> =>
    Effect.gen(function*() {
      const appended = Deferred.makeUnsafe<Offset, ProtocolError.ProtocolError>()
      waiting.push({ entry, appended })
      if (!isAppending) {
        isAppending = true
        yield* timers.after(lingerFor, appendAll)
      }
      return yield* Deferred.await(appended)
    })

  return yield* Node.serve(KafkaProtocol, {
    send: ({ key, msg }) => Effect.map(submit([key, msg]), (offset) => ({ offset })),
    poll: ({ offsets }) => Effect.map(upToDate, () => ({ msgs: copy.poll(offsets) })),
    commit_offsets: ({ offsets }) =>
      Effect.suspend(() => {
        const advances = copy.advances(offsets)
        return advances === undefined ? Effect.succeed({}) : Effect.as(submit(advances), {})
      }),
    list_committed_offsets: ({ keys }) => Effect.map(upToDate, () => ({ offsets: copy.committed(keys) }))
  })
})
