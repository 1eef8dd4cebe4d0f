/**
 * Which of a program's requests wait until the node has asked the hub; Freshness says how it asks.
 *
 * - *Never*: none of them waits.
 * - *Reads*: each read asks a question, and looks at the state when the question is answered.
 * - *Everything*: operations and reads go in rounds, one round at a time. A round publishes its operations together
 *   with its question. When the answer has come, the hub's log has all these operations, this node has nothing that the
 *   hub lacks, and its copy is the state of the hub's log at some position. At that moment, before the next round
 *   begins, the reads of the round look at the state, and its operations are acknowledged.
 *
 * **Why that is linearizable** (Herlihy and Wing, 1990). Positions in the hub's log put all reads and operations in one
 * order. An answer comes with a position at least as high as that of any answer that came before its question was
 * asked. It holds as long as one hub answers all nodes: not while some nodes go through another hub, nor for rounds
 * that end because the hub has not answered in time.
 */
import * as Effect from "effect/Effect"
import type { Asks } from "./Settings.ts"

export interface Rounds<A> {
  readonly read: <B>(look: () => B) => Effect.Effect<B>
  readonly commit: (operations: ReadonlyArray<A>) => Effect.Effect<void>
  /** The question of this number is answered, or the node waits for its answer no longer. */
  readonly answered: (number: number) => void
  /** Begins the next round, if one may begin. */
  readonly proceed: () => void
}

interface Waiting<A> {
  readonly operations: ReadonlyArray<A>
  readonly done: () => void
}

export const make = <A>(
  asks: Asks,
  publish: (operation: A) => Effect.Effect<unknown>,
  /** Publishes these operations, and asks a question of this number with them. */
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
