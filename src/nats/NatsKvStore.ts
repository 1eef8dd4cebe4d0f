/**
 * A linearizable key-value store on a bucket of JetStream, with the requests of Maelstrom's lin-kv.
 *
 * The bucket's stream is a log, and each store follows it: what a key holds is a function of its writes in their order.
 *
 * - **Writes** go through the leader of the stream, which acknowledges a write when most servers have it. A write takes
 *   effect at its place in the stream.
 * - **cas.** A write may say which write of its key it has to come next after. It has an effect only if that write is
 *   the last one of the key before it. Every follower sees that alike, and a store has succeeded when it sees so of its
 *   own write. The server refuses a write that comes too late as well. But a server of a cluster (2.9) compares with
 *   the writes that it has applied, not with those under way, and so lets two writers pass at once: a store that relied
 *   on its word alone would lose writes.
 * - **Reads.** A store writes a mark into the stream, waits until it sees the mark there, and answers with what the key
 *   holds then. The mark has its place between the request and the answer, and all writes that were acknowledged before
 *   the request come before it. Reads that come while a mark is on its way share the next one. A refused `cas`, and the
 *   answer that there is *no such key*, are such reads.
 * - **Own writes.** By its id a store knows a write for its own: a random name of the store, and a number. That the store
 *   has seen a write is not enough: a server that is cut off or killed may have told followers of a write that most
 *   servers do not have. So marks and `cas` must be acknowledged and seen.
 * - **Cost.** A write, a read and a `cas` are one write to the stream each; a `cas` is one more for each time that
 *   another writer was faster; many reads at a time are one write together. A store has in memory what the bucket
 *   holds.
 * - **Unknown outcomes.** A write that is not acknowledged may have taken place or not, and fails with `Timeout`. A
 *   write that no leader was there to take has not taken place, and fails with `TemporarilyUnavailable`.
 * - **Limit.** A store that starts sees the last `history` writes of each key. If none of these had an effect, the
 *   store would take the first of them for one that had. For that as many writers would have to write to one key at the
 *   same time.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Json from "../schema/Json.ts"
import { MessageId } from "../schema/MessageId.ts"
import * as ProtocolError from "../schema/ProtocolError.ts"
import * as Calls from "../services/node/Calls.ts"
import { Timers } from "../services/node/Timers.ts"
import * as BucketWriter from "./BucketWriter.ts"
import * as NatsBucket from "./NatsBucket.ts"
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
  /** A number larger than all that were handed out before: the place of a write in the stream. */
  readonly timestamp: (key: string) => Effect.Effect<number, ProtocolError.ProtocolError>
}

type Bus = Pick<NatsBus["Service"], "isConnected" | "maxPayload">

/** How long a request may take, in ms: as long as nodes wait for a bench service. */
export const timeout = 1000

/** Room for the headers of a write, in bytes. */
const headerBytes = 1024

type Failure = ProtocolError.ProtocolError | BucketWriter.Overtaken

/**
 * The name of a key in JetStream, which takes letters, digits and a few signs. Any other byte becomes `=` and its
 * value, and an empty name `=` alone.
 */
export const keyName = (name: string): string =>
  name === "" ? "=" : [...new TextEncoder().encode(name)].map((byte) =>
    /[-_A-Za-z0-9]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `=${byte.toString(16).padStart(2, "0")}`
  ).join("")

/** A write: with `after`, only if that is the place of the last one before it. A store knows its own ones by `by`. */
const Written = Schema.Struct({
  value: Json.Json,
  after: Schema.optionalKey(Schema.Int),
  by: Schema.optionalKey(Schema.Struct({ store: Schema.String, id: MessageId }))
})
const encode = Schema.encodeSync(Schema.fromJsonString(Written))
const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Written))

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const toFailure = (failure: BucketWriter.Failure): Failure => {
  switch (failure._tag) {
    case "Overtaken":
      return failure
    case "Untaken":
      return new ProtocolError.TemporarilyUnavailable({ text: "JetStream has no leader for the bucket" })
    case "Unacknowledged":
      return new ProtocolError.Timeout({ text: `JetStream did not acknowledge: ${failure.detail}` })
  }
}

const missing = (key: string) => new ProtocolError.KeyDoesNotExist({ text: `there is no key ${key}` })

/** What a key holds: its value, if it has one, and the revision of its last write, even if that had no effect. */
interface Held {
  readonly value: Json.Json | undefined
  readonly revision: number
}

const nothing: Held = { value: undefined, revision: 0 }

/** What became of a write: its place in the stream, and whether it came in time to have an effect. */
interface Outcome {
  readonly revision: number
  readonly isInTime: boolean
}

/**
 * What the writes of the stream, up to a place in it, make of the keys.
 *
 * @param onOwn is told of each write of the store of this name
 */
const replica = (store: string, onOwn: (id: MessageId, isInTime: boolean) => void) => {
  const held = new Map<string, Held>()
  let position = 0
  return {
    get: (key: string): Held => held.get(keyName(key)) ?? nothing,
    apply: ({ data, key, revision }: NatsBucket.Write): void => {
      if (revision <= position) return
      position = revision
      const written = decode(decoder.decode(data))
      if (Option.isNone(written)) return
      const { after, by, value } = written.value
      const now = held.get(key) ?? nothing
      // Nobody knows what came before the first write that the bucket still holds.
      const isInTime = after === undefined || after === now.revision || now === nothing
      held.set(key, { value: isInTime ? value : now.value, revision })
      if (by?.store === store) onOwn(by.id, isInTime)
    }
  }
}

/** A request that takes longer than {@link timeout} fails, and its outcome is unknown. */
const inTime = <A>(request: Effect.Effect<A, ProtocolError.ProtocolError>) =>
  Effect.timeoutOrElse(request, {
    duration: timeout,
    orElse: () => Effect.fail(new ProtocolError.Timeout({ text: "JetStream did not answer in time" }))
  })

/** What a store of this name writes to its bucket, and how it learns what became of that. */
const sender = Effect.fnUntraced(function*(bucket: NatsBucket.Bucket, { isConnected, maxPayload }: Bus, store: string) {
  const timers = yield* Layer.build(Timers.layer)
  const { call, complete } = yield* Effect.provideContext(Calls.make<Outcome, Failure>(), timers)
  /** What is known of each write that is under way. */
  const underWay = new Map<MessageId, Partial<Outcome>>()
  const learn = (id: MessageId, more: Partial<Outcome>): void => {
    const { isInTime, revision } = Object.assign(underWay.get(id) ?? {}, more)
    if (revision !== undefined && isInTime !== undefined) complete(id, Effect.succeed({ revision, isInTime }))
  }
  const writer = yield* bucket.writer((id, outcome) => {
    if (Result.isSuccess(outcome)) learn(id, { revision: outcome.success })
    else complete(id, Effect.fail(toFailure(outcome.failure)))
  })

  const refusal = ({ length }: Uint8Array): ProtocolError.ProtocolError | undefined => {
    if (!isConnected()) return new ProtocolError.TemporarilyUnavailable({ text: "no NATS server is reached" })
    const room = maxPayload() - headerBytes
    const text = `a value of ${length} bytes is more than the NATS server takes (${room})`
    return length > room ? new ProtocolError.MalformedRequest({ text }) : undefined
  }

  /** Writes, and succeeds when all of the outcome is known that is not known before. */
  const send = (
    key: string,
    written: Pick<typeof Written.Type, "value" | "after">,
    before: Partial<Outcome> = {}
  ): Effect.Effect<Outcome, Failure> =>
    Effect.suspend(() => {
      let sent: MessageId
      return Effect.ensuring(
        call(Duration.millis(timeout), (id) => {
          sent = id
          const bytes = encoder.encode(encode({ ...written, by: { store, id } }))
          const refused = refusal(bytes)
          if (refused === undefined) {
            underWay.set(id, { ...before })
            writer.write(id, key, bytes, written.after)
          } else complete(id, Effect.fail(refused))
        }),
        Effect.sync(() => underWay.delete(sent))
      )
    })

  return {
    mark: send(NatsBucket.probe, { value: null }),
    /** A write without a condition has an effect wherever its place is. */
    write: (key: string, value: Json.Json) => send(keyName(key), { value }, { isInTime: true }),
    writeAfter: (key: string, value: Json.Json, after: number) => send(keyName(key), { value, after }),
    /** To call when this store sees a write of its own in the stream. */
    onOwn: (id: MessageId, isInTime: boolean) => learn(id, { isInTime })
  }
})

/** A write without a condition is never refused: should it be, its outcome counts as unknown. */
const atOdds = <A>(write: Effect.Effect<A, Failure>): Effect.Effect<A, ProtocolError.ProtocolError> => {
  const unknown = () => Effect.fail(new ProtocolError.Timeout({ text: "JetStream is at odds" }))
  return Effect.catchTag(write, "Overtaken", unknown)
}

/** Serves all requests that come while an attempt is under way by the next one: these are rounds. */
const shared = (attempt: Effect.Effect<void, ProtocolError.ProtocolError>) => {
  type Resume = (result: Effect.Effect<void, ProtocolError.ProtocolError>) => void
  let waiting: Array<Resume> = []
  let isUnderWay = false
  const begin = (): void => {
    const asked = waiting
    waiting = []
    isUnderWay = true
    Effect.runCallback(attempt, {
      onExit: (exit) => {
        isUnderWay = false
        if (waiting.length > 0) begin()
        for (const resume of asked) resume(exit)
      }
    })
  }
  return Effect.callback<void, ProtocolError.ProtocolError>((resume) => {
    waiting.push(resume)
    if (!isUnderWay) begin()
  })
}

/** A store that follows the bucket until the scope ends. */
export const make = Effect.fnUntraced(function*(bucket: NatsBucket.Bucket, bus: Bus) {
  const store = Math.abs(yield* Random.nextInt).toString(36)
  const { mark, onOwn, write, writeAfter } = yield* sender(bucket, bus, store)
  const { apply, get } = replica(store, onOwn)
  yield* bucket.follow(apply)
  const catchUp = shared(Effect.asVoid(atOdds(mark)))

  /** What the key holds at a moment after this was asked. */
  const look = (key: string) => Effect.map(catchUp, () => get(key))

  /**
   * Writes what `next` makes of what the key holds. If `next` fails, it has failed on what the key held at a moment
   * after this was asked.
   */
  const step = (
    key: string,
    next: (value: Json.Json | undefined) => Result.Result<Json.Json, ProtocolError.ProtocolError>
  ) =>
    Effect.gen(function*() {
      let now = get(key)
      if (Result.isFailure(next(now.value))) now = yield* look(key)
      const { isInTime } = yield* writeAfter(key, yield* Effect.fromResult(next(now.value)), now.revision)
      if (!isInTime) return yield* new BucketWriter.Overtaken()
    }).pipe(
      Effect.tapError((error) => error._tag === "Overtaken" ? catchUp : Effect.void),
      Effect.retry({ while: (error) => error._tag === "Overtaken", schedule: Schedule.recurs(100) }),
      Effect.catchTag("Overtaken", () =>
        Effect.fail(new ProtocolError.TemporarilyUnavailable({ text: "others were faster a hundred times" })))
    )

  const cas: NatsKvStore["cas"] = (key, from, to, create = false) =>
    inTime(step(key, (value) => {
      if (value === undefined) return create ? Result.succeed(to) : Result.fail(missing(key))
      if (Json.equals(value, from)) return Result.succeed(to)
      const text = `current value ${JSON.stringify(value)} is not ${JSON.stringify(from)}`
      return Result.fail(new ProtocolError.PreconditionFailed({ text }))
    }))

  const putAnyway = (key: string, value: Json.Json) => atOdds(write(key, value))

  return {
    read: (key) =>
      Effect.flatMap(look(key), ({ value }) => value === undefined ? Effect.fail(missing(key)) : Effect.succeed(value)),
    write: (key, value) => Effect.asVoid(putAnyway(key, value)),
    cas,
    timestamp: (key) => Effect.map(putAnyway(key, null), ({ revision }) => revision)
  } satisfies NatsKvStore as NatsKvStore
})
