/**
 * The smallest part of a register's history that has no order.
 *
 * An operation is left out of account by doubting it: it may then have happened between its beginning and its end, or not
 * at all. Those that cannot be doubted, unless an order is found, are the conflict: one of them is wrong, whatever else is.
 * They are found by QuickXplain (Junker, "QUICKXPLAIN: Preferred Explanations and Relaxations for Over-Constrained
 * Problems", 2004) in k log(n / k) judgements for k of n operations, and no part of them is a conflict by itself.
 *
 * First the history is cut where the orders end that are possible so far, and of what is left late operations are kept
 * rather than early ones: so the conflict is where the first wrong answer was.
 *
 * They are looked for in a window that grows. What ended before the window is left out altogether: the register then holds
 * any value at first that it could have by then. A conflict that needs a larger window than the last is not found.
 */
import * as Linearizability from "./Linearizability.ts"
import { target } from "./RegisterOperation.ts"

export interface Conflict {
  /** The indices of operations that have no order, in the order in which they began. */
  readonly operations: ReadonlyArray<number>
  /** The one of them that ends last: the others have an order. */
  readonly last: number
  /** The values that the register can have had when that took place, {@link mostValues} at the most. */
  readonly possible: ReadonlyArray<number>
}

/** How many values are tried, the latest. */
const mostValues = 100

/** How many certain operations the window has at first, and then. */
const windows = [16, 64, 256]

type Problem = Linearizability.Problem

/** How much is tried to tell whether a part has an order, for each of its operations. What is harder counts as having one. */
const effort = 20

const judge = (problem: Problem): Linearizability.Judgement["type"] =>
  Linearizability.judge(problem, { limit: 1000 + effort * problem.operations.length }).type

const isBroken = (problem: Problem): boolean => judge(problem) === "broken"

/** Only what is kept is certain. */
const doubt = (problem: Problem, isKept: (index: number) => boolean): Problem => ({
  ...problem,
  operations: problem.operations.map((operation, index) => isKept(index) ? operation : { ...operation, certain: false })
})

/** What was known at this moment: what had not ended is doubted. */
const until = (problem: Problem, time: number): Problem => {
  const operations = problem.operations.filter(({ begin }) => begin < time)
  return doubt({ ...problem, operations }, (index) => operations[index]!.certain && operations[index]!.end <= time)
}

/** The indices of certain operations in the order in which they ended. */
const byEnd = ({ operations }: Problem): ReadonlyArray<number> =>
  operations.flatMap(({ certain }, index) => certain ? [index] : [])
    .toSorted((a, b) => operations[a]!.end - operations[b]!.end)

/** The history up to where no order is left. That is not before `at` ends, where no order is left that goes on. */
const cut = (problem: Problem, at: number): Problem => {
  const ends = byEnd(problem).map((index) => problem.operations[index]!.end)
  const isOver = (index: number): boolean => isBroken(until(problem, ends[index]!))
  let high = ends.findIndex((end) => end >= problem.operations[at]!.end)
  let low = high - 1
  for (let more = 1; high < ends.length - 1 && !isOver(high); more *= 2) {
    low = high
    high = Math.min(high + more, ends.length - 1)
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (isOver(middle)) high = middle
    else low = middle
  }
  return until(problem, ends[high]!)
}

/** What goes on from when the first of these operations begins, with the indices that it has in the whole. */
const since = (whole: Problem, kept: ReadonlyArray<number>) => {
  const { initial = [0], operations } = whole
  const start = kept.reduce((start, index) => Math.min(start, operations[index]!.begin), Infinity)
  const before = new Set(initial)
  const asked = new Set<number>()
  const indices: Array<number> = []
  for (const [index, { action, end }] of operations.entries()) {
    const to = target(action)
    if (end >= start) {
      indices.push(index)
      asked.add(action.type === "cas" ? action.from : action.value)
    } else if (to !== undefined) before.add(to)
  }
  // All values that nobody asks for are alike.
  const other = [...before].find((value) => !asked.has(value))
  const known = [...before].filter((value) => asked.has(value))
  return {
    indices,
    problem: {
      ...whole,
      initial: other === undefined ? known : [...known, other],
      operations: indices.map((index) => operations[index]!)
    }
  }
}

/** The fewest of these whose certainty, with that of the background, leaves no order. */
const quickXplain = (
  problem: Problem,
  background: ReadonlyArray<number>,
  isNew: boolean,
  candidates: ReadonlyArray<number>
): ReadonlyArray<number> => {
  const certain = new Set(background)
  if (isNew && isBroken(doubt(problem, (index) => certain.has(index)))) return []
  if (candidates.length <= 1) return candidates
  const half = Math.ceil(candidates.length / 2)
  const [first, second] = [candidates.slice(0, half), candidates.slice(half)]
  const ofSecond = quickXplain(problem, [...background, ...first], first.length > 0, second)
  return [...quickXplain(problem, [...background, ...ofSecond], ofSecond.length > 0, first), ...ofSecond]
}

/** What anybody wrote, and what was there at first, as far as it is known. */
const valuesOf = ({ initial = [0], operations }: Problem): ReadonlyArray<number> =>
  [...new Set([...initial, ...operations.flatMap(({ action }) => target(action) ?? [])])].slice(-mostValues)

/** The values of which there is an order that has an operation find them. */
const valuesAt = (problem: Problem, index: number): ReadonlyArray<number> =>
  valuesOf(problem).filter((value) => {
    const reading = { ...problem.operations[index]!, action: { type: "read", value } } as const
    const operations = problem.operations.with(index, reading)
    return judge({ ...problem, operations }) === "linearizable"
  })

/** Of a history that is broken, as its judgement says. `undefined` if it is too hard to find. */
export const find = (whole: Problem, at: number): Conflict | undefined => {
  const past = cut(whole, at)
  const latest = byEnd(past).toReversed()
  for (const size of windows) {
    const { indices, problem } = since(past, latest.slice(0, size))
    const candidates = latest.slice(0, size).map((index) => indices.indexOf(index))
    const kept = new Set(candidates)
    if (!isBroken(doubt(problem, (index) => kept.has(index)))) continue
    const found = new Set(quickXplain(problem, [], false, candidates))
    const last = candidates.find((index) => found.has(index))! // they are not none, and the latest comes first
    return {
      operations: [...found].toSorted((a, b) => a - b).map((index) => indices[index]!),
      last: indices[last]!,
      possible: valuesAt(doubt(problem, (index) => found.has(index)), last)
    }
  }
  return undefined
}
