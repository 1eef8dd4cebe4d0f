/**
 * The reads that wait until the copy of this node is fresh; see Freshness.
 */
import * as Effect from "effect/Effect"

export interface Reads {
  /** What `look` sees once the read that is begun by this number is over. */
  readonly read: <B>(look: () => B, begin: (number: number) => void) => Effect.Effect<B>
  /** It looks at this moment: what is delivered later may be unknown to the hub. */
  readonly refreshed: (number: number) => void
}

export const make = (): Reads => {
  const waiting = new Map<number, () => void>()
  let count = 0
  return {
    read: (look, begin) =>
      Effect.callback((resume) => {
        const number = ++count
        waiting.set(number, () => resume(Effect.succeed(look())))
        begin(number)
      }),
    refreshed: (number) => {
      waiting.get(number)?.()
      waiting.delete(number)
    }
  }
}
