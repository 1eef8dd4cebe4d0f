/**
 * A linearizable key-value store on a bucket of JetStream, with the requests of Maelstrom's lin-kv.
 *
 * **Writes** go through the leader of the bucket's stream, which has them on most servers before it acknowledges one.
 *
 * **Reads.** What a server answers may be stale: one that is no leader any more does not know it yet. So a read is followed
 * by a compare-and-set of what was found with itself: it succeeds only if the key still had that very revision when the
 * write took its place in the stream, which lies between request and answer. That is where the read takes place. The
 * same holds for *no such key*, where the write is a marker that the key is deleted; and for a `cas` that refuses.
 *
 * **Unknown outcomes.** A write whose acknowledgement does not come may have taken place or not, and fails with `Timeout`. One
 * that no server was there to take has not, and fails with `TemporarilyUnavailable`. A compare-and-set of a value with itself
 * changes nothing that anybody can see, so a read that is not acknowledged is simply repeated, until its time is over.
 *
 * **Cost**: a read is a look and a write, a `cas` the same, a write a write. The store of each key is its last value.
 */
import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream"
import { type KV, type KvEntry } from "@nats-io/kv"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Json from "../schema/Json.ts"
import * as ProtocolError from "../schema/ProtocolError.ts"

/** What JetStream says to a compare-and-set that comes too late. */
class Overtaken extends Schema.TaggedError<Overtaken>()("Overtaken", {}) {}

export interface NatsKvStore {
  readonly read: (key: string) => Effect.Effect<Json.Json, ProtocolError.ProtocolError>
  readonly write: (key: string, value: Json.Json) => Effect.Effect<void, ProtocolError.ProtocolError>
  readonly cas: (key: string, from: Json.Json, to: Json.Json) => Effect.Effect<void, ProtocolError.ProtocolError>
  readonly create: (key: string, value: Json.Json) => Effect.Effect<void, ProtocolError.ProtocolError>
}

/** How long a request may take, in ms; as that of any service. */
const timeout = 1000

/** JetStream takes letters, digits and a few signs: everything else becomes its bytes behind `=`. */
export const keyName = (name: string): string =>
  [...new TextEncoder().encode(name)].map((byte) =>
    /[-/_A-Za-z0-9]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `=${byte.toString(16).padStart(2, "0")}`
  ).join("")

const decodeJson = Schema.decodeUnknownResult(Schema.fromJsonString(Json.Json))

const isOvertaken = (error: unknown): boolean =>
  error instanceof JetStreamApiError
  && (error.code === JetStreamApiCodes.StreamWrongLastSequence
    || error.code === JetStreamApiCodes.StreamWrongLastSequenceUnknown)

const nameOf = (error: unknown): string => error instanceof Error ? error.name : "unknown"

/** Nobody was there to take it: it did not happen. */
const isUntaken = (error: unknown): boolean =>
  nameOf(error) === "NoRespondersError" || nameOf(error) === "JetStreamNotEnabled"

const toProtocolError = (error: unknown): ProtocolError.ProtocolError =>
  isUntaken(error)
    ? new ProtocolError.TemporarilyUnavailable({ text: "JetStream has no leader for the bucket" })
    : new ProtocolError.Timeout({ text: `JetStream did not answer in time (${nameOf(error)})` })

export const make = (kv: KV): NatsKvStore => {
  const ask = <A>(request: () => Promise<A>): Effect.Effect<A, ProtocolError.ProtocolError | Overtaken> =>
    Effect.tryPromise({
      try: request,
      catch: (error) => isOvertaken(error) ? new Overtaken({}) : toProtocolError(error)
    }).pipe(Effect.timeoutOrElse({
      duration: timeout,
      orElse: () => Effect.fail(new ProtocolError.Timeout({ text: "JetStream did not answer in time" }))
    }))

  const look = (key: string) => ask(() => kv.get(keyName(key)))
  const put = (key: string, value: Json.Json, revision: number) =>
    ask(() => kv.put(keyName(key), JSON.stringify(value), { previousSeq: revision, timeout }))

  const valueOf = (entry: KvEntry | null): Json.Json | undefined => {
    if (entry === null || entry.operation !== "PUT") return undefined
    const value = decodeJson(entry.string())
    return Result.isSuccess(value) ? value.success : undefined
  }

  /** Succeeds if the key had this revision at some moment of the call. */
  const confirm = (key: string, entry: KvEntry | null) => {
    const value = valueOf(entry)
    return value === undefined
      ? ask(() => kv.delete(keyName(key), { previousSeq: entry?.revision ?? 0 }))
      : put(key, value, entry!.revision)
  }

  /** Again and again while others are faster. Each time somebody has made progress. */
  const untilFirst = <A>(
    attempt: Effect.Effect<A, ProtocolError.ProtocolError | Overtaken>
  ): Effect.Effect<A, ProtocolError.ProtocolError> =>
    attempt.pipe(
      Effect.retry({ while: (error) => error._tag === "Overtaken", schedule: Schedule.recurs(100) }),
      Effect.catchTag("Overtaken", () =>
        Effect.fail(new ProtocolError.TemporarilyUnavailable({ text: "others were faster a hundred times" })))
    )

  const found = (key: string) =>
    untilFirst(Effect.gen(function*() {
      const entry = yield* look(key)
      yield* confirm(key, entry)
      return valueOf(entry)
    })).pipe(
      // What was confirmed late changed nothing: it may be asked again.
      Effect.retry({ while: ({ _tag }) => _tag === "Timeout", schedule: Schedule.recurs(1) })
    )

  const missing = (key: string) => new ProtocolError.KeyDoesNotExist({ text: `there is no key ${key}` })

  return {
    read: (key) =>
      Effect.flatMap(found(key), (value) => value === undefined ? Effect.fail(missing(key)) : Effect.succeed(value)),
    write: (key, value) =>
      Effect.asVoid(untilFirst(ask(() => kv.put(keyName(key), JSON.stringify(value), { timeout })))),
    cas: (key, from, to) =>
      untilFirst(Effect.gen(function*() {
        const entry = yield* look(key)
        const value = valueOf(entry)
        if (value !== undefined && Json.equals(value, from)) return yield* Effect.asVoid(put(key, to, entry!.revision))
        yield* confirm(key, entry)
        if (value === undefined) return yield* missing(key)
        return yield* new ProtocolError.PreconditionFailed({ text: `current value of ${key} is not that` })
      })),
    create: (key, value) =>
      untilFirst(Effect.gen(function*() {
        const entry = yield* look(key)
        if (valueOf(entry) === undefined) return yield* Effect.asVoid(put(key, value, entry?.revision ?? 0))
        yield* confirm(key, entry)
        return yield* new ProtocolError.KeyAlreadyExists({ text: `key ${key} exists` })
      }))
  }
}
