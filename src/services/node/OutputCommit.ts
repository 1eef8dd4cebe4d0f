/**
 * What a node says waits until that on which it rests is safe on disk: **output commit**. So nobody has ever heard of
 * anything that a crash makes the node forget, and for everybody else a crash is a pause in which some messages were lost.
 *
 * (Strom and Yemini, "Optimistic Recovery in Distributed Systems", 1985; Elnozahy et al., "A Survey of Rollback-Recovery
 * Protocols in Message-Passing Systems", 2002, §2.4.)
 *
 * **Bound.** While more than {@link maxWaiting} messages wait, the node hears nothing new: a disk that is slow, or full,
 * makes those wait who ask, and fills no memory. What waits is served by the disk alone, so it never waits for input.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/**
 * What must succeed before a message that the node sends now may go out; undefined when all is safe. It never fails.
 */
export type Pending = () => Effect.Effect<void> | undefined

export interface OutputCommit {
  /** From now on the node asks this whenever it sends a message. */
  readonly require: (pending: Pending) => void
  /** Sends a message as soon as it may go out. */
  readonly say: (say: Effect.Effect<void>) => Effect.Effect<void>
  /** The same answer, as soon as it may go out. */
  readonly answer: <A, E, R>(answer: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** What must succeed before the node hears more; undefined if it may. */
  readonly crowded: Pending
}

/** How many messages may wait before the node hears nothing new. */
export const maxWaiting = 10_000

export const make = (): OutputCommit => {
  let pending: Pending | undefined
  let waiting = 0

  const wait = (safe: Effect.Effect<void>): Effect.Effect<void> =>
    Effect.suspend(() => {
      waiting++
      return Effect.ensuring(safe, Effect.sync(() => void waiting--))
    })
  const after = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    const safe = pending?.()
    return safe === undefined ? effect : Effect.andThen(wait(safe), effect)
  }

  return {
    require: (other) => {
      pending = other
    },
    crowded: () => waiting > maxWaiting ? pending?.() : undefined,
    say: (say) => Effect.suspend(() => after(say)),
    answer: <A, E, R>(answer: Effect.Effect<A, E, R>) => {
      if (pending === undefined) return answer
      if (Exit.isExit(answer)) return after<A, E, R>(answer)
      return Effect.flatMap(Effect.exit(answer), (exit) => after<A, E, R>(exit))
    }
  }
}
