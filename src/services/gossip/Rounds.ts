/**
 * What of a program waits until the hub has been asked; see Freshness.
 *
 * - *Never*: nothing waits.
 * - *Reads*: each read begins a question, and looks when it is answered.
 * - *Everything*: operations and reads go in rounds, one at a time. A round publishes its operations with its question, so
 *   when the answer has come, the hub's log has them all, this node has nothing that the hub lacks, and its copy is as the
 *   hub's log was at some position. At that moment, before the next round begins, the reads of the round look and its
 *   operations are acknowledged. Positions put all reads and operations in one order; the position of an answer is not less
 *   than that of any answer that had come before its question was asked. So all is linearizable (Herlihy and Wing, 1990),
 *   as long as one hub answers all: not while some nodes go through another one, or answer because the time is over.
 */
import * as Effect from "effect/Effect"
import type { Asks } from "./Settings.ts"

export interface Rounds<A> {
  readonly read: <B>(look: () => B) => Effect.Effect<B>
  readonly commit: (operations: ReadonlyArray<A>) => Effect.Effect<void>
  /** The question of this number is answered, or nobody waits for the answer any more. */
  readonly answered: (number: number) => void
  /** Begins what may begin now. */
  readonly proceed: () => void
}

interface Waiting<A> {
  readonly operations: ReadonlyArray<A>
  readonly done: () => void
}

export const make = <A>(
  asks: Asks,
  publish: (operation: A) => Effect.Effect<unknown>,
  /** Publishes these, and asks a question of this number with them. */
  ask: (number: number, operations: ReadonlyArray<A>) => void
): Rounds<A> => {
  const rounds = new Map<number, ReadonlyArray<Waiting<A>>>()
  let queue: Array<Waiting<A>> = []
  let count = 0

  const proceed = (): void => {
    if (queue.length === 0 || (asks === "everything" && rounds.size > 0)) return
    const round = queue
    queue = []
    rounds.set(++count, round)
    ask(count, round.flatMap(({ operations }) => operations))
  }

  const wait = <B>(operations: ReadonlyArray<A>, look: () => B): Effect.Effect<B> =>
    Effect.callback((resume) => {
      queue.push({ operations, done: () => resume(Effect.succeed(look())) })
      proceed()
    })

  return {
    read: (look) => asks === "never" ? Effect.sync(look) : wait([], look),
    commit: (operations) =>
      asks === "everything" ? wait(operations, () => {}) : Effect.forEach(operations, publish, { discard: true }),
    answered: (number) => {
      for (const { done } of rounds.get(number) ?? []) done()
      rounds.delete(number)
    },
    proceed
  }
}
