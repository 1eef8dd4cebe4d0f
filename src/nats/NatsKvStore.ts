/**
 * A linearizable key-value store on a bucket of JetStream, with the requests of Maelstrom's lin-kv.
 *
 * - **Writes** go through the leader of the bucket's stream, which has them on most servers before it acknowledges one.
 * - **Reads.** What a server answers may be stale: a leader that was voted out may not know it yet. So a read is a
 *   compare-and-set of what was found with itself: it succeeds only if the key still had that very revision when the write
 *   took its place in the stream, which lies between request and answer. That is where the read takes place. The same
 *   holds for a `cas` that refuses; for *no such key* an empty value, which no JSON text is, stands in the bucket.
 * - **Cost.** What this store last saw of each of the {@link maxKnown} keys in use is found without a message: so a read, a
 *   write and a `cas` are one write each while nobody else writes the key, and a look and a write more whenever somebody
 *   was faster. Of each key the bucket holds the last value.
 * - **Unknown outcomes.** A write whose acknowledgement does not come may have taken place or not, and fails with `Timeout`.
 *   One that nobody was there to take has not, and fails with `TemporarilyUnavailable`. A compare-and-set of a value with
 *   itself changes nothing that anybody can see, so a read without acknowledgement is repeated within {@link timeout}.
 */
import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream"
import type { KV } from "@nats-io/kv"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Json from "../schema/Json.ts"
import * as ProtocolError from "../schema/ProtocolError.ts"
import type { NatsBus } from "./NatsBus.ts"

export interface NatsKvStore {
  readonly read: (key: string) => Effect.Effect<Json.Json, ProtocolError.ProtocolError>
  readonly write: (key: string, value: Json.Json) => Effect.Effect<void, ProtocolError.ProtocolError>
  /** With `create`, a key that does not exist is created. */
  readonly cas: (
    key: string,
    from: Json.Json,
    to: Json.Json,
    create?: boolean
  ) => Effect.Effect<void, ProtocolError.ProtocolError>
  /** A number that is larger than all that were handed out before: the place of a write in the stream. */
  readonly timestamp: (key: string) => Effect.Effect<number, ProtocolError.ProtocolError>
}

type Bus = Pick<NatsBus["Service"], "isConnected" | "maxPayload">

/** How long a request may take, in ms: as long as nodes wait for a bench service. */
export const timeout = 1000

/** How many keys are remembered. */
export const maxKnown = 4096

/** Room for the headers of a write, in bytes. */
const headerBytes = 1024

/** JetStream says that the key has another revision than the write expects. */
class Overtaken extends Data.TaggedError("Overtaken") {}

type Failure = ProtocolError.ProtocolError | Overtaken

/** What a key holds, `undefined` for nothing, and which revision of it that is. */
interface Known {
  readonly value: Json.Json | undefined
  readonly revision: number
}

/** JetStream takes letters, digits and a few signs: everything else becomes its bytes behind `=`; so does nothing at all. */
export const keyName = (name: string): string =>
  name === "" ? "=" : [...new TextEncoder().encode(name)].map((byte) =>
    /[-_A-Za-z0-9]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `=${byte.toString(16).padStart(2, "0")}`
  ).join("")

const encoder = new TextEncoder()
const decodeJson = Schema.decodeUnknownResult(Schema.fromJsonString(Json.Json))

const isOvertaken = (error: unknown): boolean =>
  error instanceof JetStreamApiError
  && (error.code === JetStreamApiCodes.StreamWrongLastSequence
    || error.code === JetStreamApiCodes.StreamWrongLastSequenceUnknown)

const nameOf = (error: unknown): string => error instanceof Error ? error.name : "unknown"

/** That nobody listens for the bucket's writes, the server says under this name. */
const isUntaken = (error: unknown): boolean => nameOf(error) === "JetStreamNotEnabled"

const toFailure = (error: unknown): Failure => {
  if (isOvertaken(error)) return new Overtaken()
  return isUntaken(error)
    ? new ProtocolError.TemporarilyUnavailable({ text: "JetStream has no leader for the bucket" })
    : new ProtocolError.Timeout({ text: `JetStream did not acknowledge (${nameOf(error)})` })
}

const missing = (key: string) => new ProtocolError.KeyDoesNotExist({ text: `there is no key ${key}` })

/** Keys and what is known of them; beyond {@link maxKnown} the one is forgotten that was longest in no use. */
const memory = () => {
  const known = new Map<string, Known>()
  return {
    get: (key: string): Known | undefined => known.get(key),
    forget: (key: string): void => void known.delete(key),
    set: (key: string, now: Known): void => {
      const before = known.get(key)
      if (before !== undefined && before.revision > now.revision) return
      known.delete(key)
      known.set(key, now)
      if (known.size > maxKnown) known.delete(known.keys().next().value!) // there is one
    }
  }
}

/** What a store asks of its bucket. */
const bucketOf = (kv: KV, { isConnected, maxPayload }: Bus) => {
  const unreached = new ProtocolError.TemporarilyUnavailable({ text: "no NATS server is reached" })
  const ask = <A>(request: () => Promise<A>): Effect.Effect<A, Failure> =>
    Effect.suspend(() => isConnected() ? Effect.tryPromise({ try: request, catch: toFailure }) : Effect.fail(unreached))

  return {
    look: (key: string): Effect.Effect<Known, Failure> =>
      Effect.gen(function*() {
        const entry = yield* ask(() => kv.get(keyName(key)))
        const revision = entry?.revision ?? 0
        if (entry === null || entry.operation !== "PUT" || entry.length === 0) return { value: undefined, revision }
        const value = decodeJson(entry.string())
        if (Result.isSuccess(value)) return { value: value.success, revision }
        return yield* new ProtocolError.Crash({ text: `key ${key} holds what is no JSON` })
      }),
    /** The new revision. With `previousSeq` only if the key has that one. */
    put: (key: string, value: Json.Json | undefined, previousSeq?: number): Effect.Effect<number, Failure> => {
      const bytes = value === undefined ? new Uint8Array() : encoder.encode(JSON.stringify(value))
      const room = maxPayload() - headerBytes
      if (bytes.length > room) {
        const text = `a value of ${bytes.length} bytes is more than the NATS server takes (${room})`
        return Effect.fail(new ProtocolError.MalformedRequest({ text }))
      }
      return ask(() => kv.put(keyName(key), bytes, { timeout, ...previousSeq !== undefined && { previousSeq } }))
    }
  }
}

/** Whoever waits longer than {@link timeout} does not know what became of it. */
const inTime = <A>(request: Effect.Effect<A, ProtocolError.ProtocolError>) =>
  Effect.timeoutOrElse(request, {
    duration: timeout,
    orElse: () => Effect.fail(new ProtocolError.Timeout({ text: "JetStream did not answer in time" }))
  })

export const make = (kv: KV, bus: Bus): NatsKvStore => {
  const { look, put } = bucketOf(kv, bus)
  const known = memory()

  /**
   * Writes what `next` makes of what the key holds, or confirms what it holds where that is an error: with the very
   * revision that `next` saw. Whenever somebody was faster, it looks and tries again: then somebody has made progress.
   */
  const step = (
    key: string,
    next: (value: Json.Json | undefined) => Result.Result<Json.Json | undefined, ProtocolError.ProtocolError>
  ): Effect.Effect<Json.Json | undefined, ProtocolError.ProtocolError> =>
    Effect.gen(function*() {
      const now = known.get(key) ?? (yield* look(key))
      const then = next(now.value)
      const value = Result.isSuccess(then) ? then.success : now.value
      const revision = yield* Effect.tapError(put(key, value, now.revision), () => Effect.sync(() => known.forget(key)))
      known.set(key, { value, revision })
      return yield* Effect.fromResult(then)
    }).pipe(
      Effect.retry({ while: (error) => error._tag === "Overtaken", schedule: Schedule.recurs(100) }),
      Effect.catchTag("Overtaken", () =>
        Effect.fail(new ProtocolError.TemporarilyUnavailable({ text: "others were faster a hundred times" })))
    )

  const cas: NatsKvStore["cas"] = (key, from, to, create = false) =>
    inTime(Effect.asVoid(step(key, (value) => {
      if (value === undefined) return create ? Result.succeed(to) : Result.fail(missing(key))
      if (Json.equals(value, from)) return Result.succeed(to)
      const text = `current value ${JSON.stringify(value)} is not ${JSON.stringify(from)}`
      return Result.fail(new ProtocolError.PreconditionFailed({ text }))
    })))

  /** A write that expects no revision is overtaken by nobody. */
  const putAnyway = (key: string, value: Json.Json) =>
    put(key, value).pipe(
      Effect.catchTag("Overtaken", () => Effect.fail(new ProtocolError.Timeout({ text: "JetStream is at odds" }))),
      inTime
    )

  return {
    read: (key) =>
      step(key, (value) => Result.succeed(value)).pipe(
        Effect.retry({ while: ({ _tag }) => _tag === "Timeout", schedule: Schedule.spaced("50 millis") }),
        inTime,
        Effect.flatMap((value) => value === undefined ? Effect.fail(missing(key)) : Effect.succeed(value))
      ),
    write: (key, value) =>
      putAnyway(key, value).pipe(
        Effect.tapError(() => Effect.sync(() => known.forget(key))),
        Effect.map((revision) => known.set(key, { value, revision }))
      ),
    cas,
    timestamp: (key) => putAnyway(key, null)
  }
}
