/**
 * Whether a history of one register is linearizable: whether each operation can be given a moment between its beginning
 * and its end, so that in the order of these moments each does what its answer says.
 *
 * Wing and Gong ("Testing and Verifying Concurrent Objects", 1993) try the operations in every order that time allows; Lowe
 * ("Testing for linearizability", 2017) remembers which configurations were reached, so that none is tried again.
 * {@link Exhaustive} does that for all configurations at once, and decides what has few of them, which is nearly all. What is
 * left has many operations of unknown outcome: of their configurations {@link Selective} keeps the most promising.
 */
import * as Exhaustive from "./Exhaustive.ts"
import type { Judgement, Problem } from "./Problem.ts"
import * as Selective from "./Selective.ts"

export type { Judgement, Problem } from "./Problem.ts"

export const judge = (problem: Problem, options: Selective.Options = {}): Judgement => {
  const judgement = Exhaustive.judge(problem)
  return judgement.type === "undecided" ? Selective.judge(problem, options) : judgement
}
