/**
 * Updates of values in a key-value service, each of which happens **exactly once**.
 *
 * The difficulty is a `cas` whose reply is lost: it may have taken place, and may even do so much later. So each stored
 * value carries, for each writer, the number of its latest successful attempt, as servers keep sessions for their
 * clients (Ongaro, "Consensus: Bridging Theory and Practice", 2014, §6.3). A writer numbers its attempts, and makes its
 * updates of a key one at a time. Before it tries again it reads:
 *
 * - A value that carries the number of an attempt at this update contains the update. What that attempt made is the
 *   answer, whatever others have made of it since.
 * - A value that carries none does not contain it. Then the writer tries again, and once that attempt has succeeded the
 *   earlier ones never can: the numbers only rise, so no value ever returns that they could be compared with.
 *
 * A stale read, as seq-kv serves them, makes the attempt that follows fail, and costs one attempt more. On lww-kv even an
 * acknowledged update may vanish.
 *
 * **Cost**: two messages when nobody else writes the key, and two to four more for each attempt that somebody else's
 * write defeats; in the stored value one number for each life of each writer; in the node the last known value of each
 * key.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import type { Json } from "../../schema/Json.ts"
import type * as ProtocolError from "../../schema/ProtocolError.ts"
import type { Key } from "./Key.ts"

/** A value that says whose updates it contains: of each writer, all that it made up to the attempt of this number. */
export interface Attributed<A> {
  readonly value: A
  readonly writers: { readonly [writer: string]: number }
}

export const Attributed = <A, I extends Json>(value: Schema.Codec<A, I>) =>
  Schema.Struct({ value, writers: Schema.Record(Schema.String, Schema.Int) })

/** What an update asks of a key-value service; see Kv. */
export interface Access {
  readonly read: <A>(key: Key<A>) => Effect.Effect<A, ProtocolError.ProtocolError>
  readonly cas: <A>(key: Key<A>, from: A, to: A) => Effect.Effect<void, ProtocolError.ProtocolError>
  readonly create: <A>(key: Key<A>, value: A) => Effect.Effect<void, ProtocolError.ProtocolError>
}

/** `update` of Kv. */
export type Update = <A>(
  key: Key<Attributed<A>>,
  initial: A,
  f: (value: A) => A
) => Effect.Effect<A, ProtocolError.ProtocolError>

/**
 * How long a writer waits before it tries again, when the outcome of an attempt is unknown: something is in trouble.
 */
const backoff = Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("1 second")]).pipe(Schedule.jittered)

/** `writer` is the name of this life. */
export const make = ({ cas, create, read }: Access, writer: string): Update => {
  const locks = new Map<string, Semaphore.Semaphore>() // by the name of the key
  const known = new Map<string, unknown>() // what this node last knew of a key that it has updated
  let lastAttempt = 0

  const lockOf = (name: string): Semaphore.Semaphore => {
    const lock = locks.get(name) ?? Semaphore.makeUnsafe(1)
    locks.set(name, lock)
    return lock
  }

  return <A>(key: Key<Attributed<A>>, initial: A, f: (value: A) => A) =>
    Effect.suspend(() => {
      const before = lastAttempt
      const made = new Map<number, A>()
      let current = known.get(key.name) as Attributed<A> | undefined // only this key's updates put anything there
      let isUncertain = false // the outcome of an attempt is unknown

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
          isUncertain ||= !error.definite
        })
      ))

      return attempt.pipe(
        Effect.retry({ while: ({ _tag }) => _tag === "PreconditionFailed" || _tag === "KeyAlreadyExists" }),
        // Once the outcome of one attempt is unknown, so is that of the update: it cannot fail with a definite error
        // any more, but it can still succeed.
        Effect.retry({ while: () => isUncertain, schedule: backoff }),
        Effect.map(({ answer, stored }) => {
          known.set(key.name, stored)
          return answer
        })
      )
    }).pipe(lockOf(key.name).withPermits(1))
}
