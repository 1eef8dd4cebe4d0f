/**
 * Another way to tell whether a history of a register is linearizable: as a formula, which MiniSat solves.
 *
 * It says that there is a total order of all operations that keeps that of time, and that each certain one finds what the
 * last mutator before it left, or what was there at first. An operation that is not certain has a variable for whether
 * it happened.
 */
import Logic, { type Formula } from "logic-solver"
import type { Problem } from "../../../src/workloads/lin-kv/Linearizability.ts"
import { isPossible, type Operation, target } from "../../../src/workloads/lin-kv/RegisterOperation.ts"

/** Whether the first comes before the second: where time does not say it, there is a variable for each two. */
const orderOf = (operations: ReadonlyArray<Operation>) => (i: number, j: number): Formula => {
  if (operations[i]!.end < operations[j]!.begin) return Logic.TRUE
  if (operations[j]!.end < operations[i]!.begin) return Logic.FALSE
  return i < j ? `${i} before ${j}` : Logic.not(`${j} before ${i}`)
}

/** That of any three the first comes before the last, if it comes before the second, and that before the last. */
const isTransitive = (count: number, isBefore: ReturnType<typeof orderOf>): ReadonlyArray<Formula> => {
  const clauses: Array<Formula> = []
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      if (i === j || isBefore(i, j) === Logic.FALSE) continue
      for (let k = 0; k < count; k++) {
        if (k === i || k === j || isBefore(j, k) === Logic.FALSE || isBefore(i, k) === Logic.TRUE) continue
        clauses.push(Logic.or(Logic.not(isBefore(i, j)), Logic.not(isBefore(j, k)), isBefore(i, k)))
      }
    }
  }
  return clauses
}

export const isLinearizable = ({ initial = [0], operations }: Problem): boolean => {
  const isBefore = orderOf(operations)
  const indices = operations.map((_, index) => index)
  const mutators = indices.filter((index) => target(operations[index]!.action) !== undefined)
  const happens = (index: number): Formula => operations[index]!.certain ? Logic.TRUE : `${index} happens`
  const isFirst = (value: number): Formula => `${value} at first`

  const solver = new Logic.Solver()
  solver.require(Logic.exactlyOne(...initial.map(isFirst)), ...isTransitive(operations.length, isBefore))
  for (const index of indices) {
    const { action } = operations[index]!
    if (action.type === "write") continue
    const others = mutators.filter((other) => other !== index && isBefore(other, index) !== Logic.FALSE)
    /** That nothing has changed it since, or since the beginning. */
    const isUnchangedSince = (source: number | undefined): Formula => {
      const isOlder = (other: number): Formula => source === undefined ? Logic.FALSE : isBefore(other, source)
      return Logic.and(
        ...others.filter((other) => other !== source && isOlder(other) !== Logic.TRUE).map((other) =>
          Logic.or(Logic.not(happens(other)), isBefore(index, other), isOlder(other))
        )
      )
    }
    const isFound = (source: number): Formula =>
      Logic.and(happens(source), isBefore(source, index), isUnchangedSince(source))
    /** Whether a mutator that has happened comes between for certain. */
    const isHidden = (source: number): boolean =>
      others.some((other) =>
        operations[other]!.certain && isBefore(source, other) === Logic.TRUE && isBefore(other, index) === Logic.TRUE
      )
    const ways = [
      ...initial.filter((value) => isPossible(action, value))
        .map((value) => Logic.and(isFirst(value), isUnchangedSince(undefined))),
      ...others.filter((other) => isPossible(action, target(operations[other]!.action)!) && !isHidden(other))
        .map(isFound)
    ]
    solver.require(Logic.or(Logic.not(happens(index)), ...ways))
  }
  return solver.solve() !== null
}
