/**
 * Another way to tell whether a history of a register is linearizable, slow and plain.
 */
import type { Problem } from "../../../src/workloads/lin-kv/Linearizability.ts"
import { isPossible, type Operation, target } from "../../../src/workloads/lin-kv/RegisterOperation.ts"

/** Tries every order. */
export const bruteForce = ({ initial = [0], operations }: Problem): boolean => {
  const canEnd = (left: ReadonlyArray<Operation>, value: number): boolean => {
    const certain = left.filter((operation) => operation.certain)
    if (certain.length === 0) return true
    const firstEnd = Math.min(...certain.map(({ end }) => end))
    return left.some((next) => {
      if (next.begin > firstEnd || !isPossible(next.action, value)) return false
      // What ended before this one began has not happened, and never will.
      const rest = left.filter((other) => other !== next && (other.certain || other.end > next.begin))
      return canEnd(rest, target(next.action) ?? value)
    })
  }
  return initial.some((value) => canEnd(operations, value))
}

/** What was known at this moment: what had not ended may have happened, or not. */
export const until = (problem: Problem, time: number): Problem => ({
  ...problem,
  operations: problem.operations.filter(({ begin }) => begin < time)
    .map((operation) => ({ ...operation, certain: operation.certain && operation.end <= time }))
})
