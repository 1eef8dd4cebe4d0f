/**
 * How a node gets entries into the log: it hands them to the combiner first; what is not in the log then, it appends by
 * attempts of its own to move the root, until nothing is missing.
 */
import * as Effect from "effect/Effect"
import type { Entry } from "../../schema/LinKvLogProtocol.ts"
import * as MonotonicClock from "../node/MonotonicClock.ts"
import type { CatchUp } from "./CatchUp.ts"
import type { Combiner } from "./Combiner.ts"
import type { Contention } from "./Contention.ts"
import { chunkSize, type LogCopy } from "./LogCopy.ts"
import { type LogStore, respite } from "./LogStore.ts"

export interface Parts<A> {
  readonly copy: LogCopy<A>
  readonly store: LogStore<A>
  readonly contention: Contention
  readonly combiner: Combiner<A>
  readonly catchUp: CatchUp<A>
}

type Append<A> = (entries: ReadonlyArray<Entry<A>>) => Effect.Effect<void>

/** Makes the effect that ends when all of these entries are in the log, and are executed here. */
export const make = <A>({ catchUp, combiner, contention, copy, store }: Parts<A>): Effect.Effect<Append<A>> =>
  Effect.map(MonotonicClock.millis, (now) => {
    /**
     * Replaces the root of this copy by one with these entries. Meanwhile a read may bring more entries into the copy.
     */
    const attempt: (entries: ReadonlyArray<Entry<A>>) => ReturnType<LogStore<A>["move"]> = (entries) =>
      Effect.suspend(() => {
        const start = copy.length()
        return Effect.map(store.move(copy.root(), copy.rootWith(entries)), () => copy.take({ start, entries }))
      })

    /** Tries once to append some of these entries. */
    const appendSome = (entries: ReadonlyArray<Entry<A>>): Effect.Effect<void> =>
      Effect.gen(function*() {
        if (!contention.isAlone()) yield* catchUp.toRoot
        const next = copy.missing(entries).slice(0, chunkSize)
        if (next.length === 0) return
        const before = now()
        yield* Effect.matchEffect(attempt(next), {
          onSuccess: () => Effect.sync(() => contention.won(now() - before)),
          onFailure: ({ _tag }) => {
            if (_tag === "PreconditionFailed" || _tag === "KeyAlreadyExists") return contention.lost(now() - before)
            contention.failed()
            return Effect.sleep(respite)
          }
        })
      })

    return (entries) =>
      Effect.gen(function*() {
        const other = combiner.other()
        if (other !== undefined && copy.missing(entries).length > 0) {
          yield* combiner.hand(other, copy.missing(entries))
        }
        while (copy.missing(entries).length > 0) yield* appendSome(entries)
      })
  })
