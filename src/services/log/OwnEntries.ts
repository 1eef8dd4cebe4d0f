/**
 * The entries that this life appends. It numbers them, and hands each operation's result to the handler that waits for
 * it, when the entry is about to be executed here.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Entry } from "../../schema/LinKvLogProtocol.ts"

export interface OwnEntries<A> {
  /** Makes the next entry. `evaluated` succeeds with what `evaluate` makes of the state just before it is executed. */
  readonly next: <B>(
    operation: A,
    evaluate: () => B
  ) => { readonly entry: Entry<A>; readonly evaluated: Effect.Effect<B> }
  /** This entry, of whatever writer, is about to be executed. */
  readonly reached: (entry: Entry<A>) => void
}

/** `writer` is the name under which this life appends. */
export const make = <A>(writer: string): OwnEntries<A> => {
  const evaluations = new Map<number, () => void>() // what waits for each entry, by the entry's number
  let lastNumber = 0

  return {
    next: <B>(operation: A, evaluate: () => B) => {
      const number = ++lastNumber
      const evaluated = Deferred.makeUnsafe<B>()
      evaluations.set(number, () => Deferred.doneUnsafe(evaluated, Effect.runSyncExit(Effect.sync(evaluate))))
      return { entry: [writer, number, operation], evaluated: Deferred.await(evaluated) }
    },
    reached: ([from, number]) => {
      if (from !== writer) return
      evaluations.get(number)?.()
      evaluations.delete(number)
    }
  }
}
