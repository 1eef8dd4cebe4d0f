/**
 * Maelstrom's key-value services.
 *
 * An error that is not definite, such as a `Timeout`, leaves it unknown whether a write took place. {@link Kv.update}
 * copes with that by itself; after `write`, `cas` and `create` it is up to who called.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import { ServiceId } from "../../schema/Address.ts"
import { explain } from "../../schema/Explain.ts"
import type { Json } from "../../schema/Json.ts"
import { Cas, Read, Write } from "../../schema/KvProtocol.ts"
import * as ProtocolError from "../../schema/ProtocolError.ts"
import { Node } from "../node/Node.ts"

/** The name of a key, and the type of what it holds. */
export interface Key<A> {
  readonly name: string
  readonly decode: (value: Json) => Effect.Effect<A, ProtocolError.ProtocolError>
  readonly encode: (value: A) => Json
}

/** A value that is not of the key's type is a `Crash` of whoever wrote it. */
export const key = <A, I extends Json>(name: string, schema: Schema.Codec<A, I>): Key<A> => {
  const decode = Schema.decodeUnknownEffect(schema)
  return {
    name,
    decode: (value) =>
      Effect.mapError(decode(value), (error) => new ProtocolError.Crash({ text: `${name}: ${explain(error)}` })),
    encode: Schema.encodeSync(schema)
  }
}

/** A value that says whose updates it contains: of each writer, all that it made up to the attempt of this number. */
export interface Attributed<A> {
  readonly value: A
  readonly writers: { readonly [writer: string]: number }
}

export const Attributed = <A, I extends Json>(value: Schema.Codec<A, I>) =>
  Schema.Struct({ value, writers: Schema.Record(Schema.String, Schema.Int) })

export interface Kv {
  /** Fails with `KeyDoesNotExist`. */
  readonly read: <A>(key: Key<A>) => Effect.Effect<A, ProtocolError.ProtocolError>
  readonly write: <A>(key: Key<A>, value: A) => Effect.Effect<void, ProtocolError.ProtocolError>
  /** Fails with `PreconditionFailed` when the key holds another value, with `KeyDoesNotExist` when it holds none. */
  readonly cas: <A>(key: Key<A>, from: A, to: A) => Effect.Effect<void, ProtocolError.ProtocolError>
  /** Fails with `KeyAlreadyExists`. lww-kv cannot create by compare-and-set: there it is `KeyDoesNotExist`. */
  readonly create: <A>(key: Key<A>, value: A) => Effect.Effect<void, ProtocolError.ProtocolError>
  /**
   * Applies `f` to what the key holds, or to `initial`, **exactly once**, and answers what it made of it. `f` may be
   * called several times, and must be pure.
   *
   * The difficulty is a `cas` whose reply is lost: it may have taken place, and may even do so much later. So each
   * stored value carries, for each writer, the number of its latest successful attempt, as servers keep sessions for
   * their clients (Ongaro, "Consensus: Bridging Theory and Practice", 2014, §6.3). A writer numbers its attempts and
   * makes its updates one at a time. Before it tries again it reads: a value that carries the number of an attempt at
   * this update contains the update, and what that attempt made is the answer, whatever others have made of it since.
   * One that does not, does not; and then the earlier attempts can never succeed once the next one has, because the
   * numbers only rise, so no value ever returns that they could be compared with.
   *
   * A stale read, as seq-kv serves them, makes the attempt that follows fail and costs a round, no more. On lww-kv even
   * an acknowledged update may vanish. Costs two messages when nobody else writes the key, two to four more for each
   * attempt that somebody else's write defeats; and in the stored value one entry for each life of each writer. Retries until it knows; fails only with definite errors.
   */
  readonly update: <A>(
    key: Key<Attributed<A>>,
    initial: A,
    f: (value: A) => A
  ) => Effect.Effect<A, ProtocolError.ProtocolError>
}

/** Nobody stores this: a `cas` from here succeeds only by creating the key. */
const absent: Json = { "gossip-girl": "absent" }

/** When the outcome of an attempt is unknown, the service or the way to it is in trouble: give it time. */
const backoff = Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("1 second")]).pipe(Schedule.jittered)

const make = (service: ServiceId) =>
  Effect.gen(function*() {
    const node = yield* Node
    const writer = `${node.id}-${(yield* Random.nextInt).toString(36)}`
    const locks = new Map<string, Semaphore.Semaphore>()
    const known = new Map<string, unknown>()
    let lastAttempt = 0

    const read: Kv["read"] = (key) =>
      Effect.flatMap(node.ask(service, Read, { key: key.name }), ({ value }) => key.decode(value))

    const write: Kv["write"] = (key, value) =>
      Effect.asVoid(node.ask(service, Write, { key: key.name, value: key.encode(value) }))

    const cas: Kv["cas"] = (key, from, to) =>
      Effect.asVoid(node.ask(service, Cas, { key: key.name, from: key.encode(from), to: key.encode(to) }))

    const create: Kv["create"] = (key, value) =>
      node.ask(service, Cas, {
        key: key.name,
        from: absent,
        to: key.encode(value),
        create_if_not_exists: true
      }).pipe(
        Effect.asVoid,
        Effect.catchTag("PreconditionFailed", ({ text }) => Effect.fail(new ProtocolError.KeyAlreadyExists({ text })))
      )

    const update = <A>(key: Key<Attributed<A>>, initial: A, f: (value: A) => A) =>
      Effect.suspend(() => {
        const before = lastAttempt
        const made = new Map<number, A>()
        let current = known.get(key.name) as Attributed<A> | undefined // only this key's updates put anything there
        let uncertain = false

        const attempt = Effect.gen(function*() {
          current ??= yield* Effect.catchTag(read(key), "KeyDoesNotExist", () => Effect.undefined)
          const succeeded = current?.writers[writer] ?? 0
          if (current !== undefined && succeeded > before) return { stored: current, answer: made.get(succeeded)! }
          const answer = f(current === undefined ? initial : current.value)
          const number = ++lastAttempt
          made.set(number, answer)
          const next: Attributed<A> = { value: answer, writers: { ...current?.writers, [writer]: number } }
          yield* current === undefined ? create(key, next) : cas(key, current, next)
          return { stored: next, answer }
        }).pipe(Effect.tapError((error) =>
          Effect.sync(() => {
            current = undefined
            uncertain ||= !error.definite
          })
        ))

        return attempt.pipe(
          Effect.retry({ while: ({ _tag }) => _tag === "PreconditionFailed" || _tag === "KeyAlreadyExists" }),
          // Once one attempt is in doubt, so is the update: no error is definite then, but for success it can be tried.
          Effect.retry({ while: () => uncertain, schedule: backoff }),
          Effect.map(({ answer, stored }) => {
            known.set(key.name, stored)
            return answer
          })
        )
      }).pipe(lockOf(key.name).withPermits(1))

    const lockOf = (name: string): Semaphore.Semaphore => {
      const lock = locks.get(name) ?? Semaphore.makeUnsafe(1)
      locks.set(name, lock)
      return lock
    }

    return { read, write, cas, create, update } satisfies Kv
  })

const layer = <I>(tag: Context.Service<I, Kv>, service: string) => Layer.effect(tag, make(ServiceId.make(service)))

/** Linearizable: every request sees all that came before it. */
export class LinKv extends Context.Service<LinKv, Kv>()("gossip-girl/LinKv") {
  static readonly layer = layer(LinKv, "lin-kv")
}

/**
 * Sequential: everybody sees the same order of changes, but a read may be served from long ago, again and again. Only a
 * request that changes something is sure to meet the newest state.
 */
export class SeqKv extends Context.Service<SeqKv, Kv>()("gossip-girl/SeqKv") {
  static readonly layer = layer(SeqKv, "seq-kv")
}

/** Last writer wins, on several replicas: an acknowledged write may vanish. */
export class LwwKv extends Context.Service<LwwKv, Kv>()("gossip-girl/LwwKv") {
  static readonly layer = layer(LwwKv, "lww-kv")
}
