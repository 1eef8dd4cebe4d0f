/**
 * Whether a history of one register is linearizable, by a few configurations of very many: where outcomes are unknown.
 *
 * Each of n operations of unknown outcome may happen at any later moment, or never, so there are 2ⁿ sets of those that have
 * happened.
 *
 * - **Algorithm.** {@link search} goes from event to event (see Ending for one step) and keeps few configurations, those
 *   that needed fewest unknown operations. When none is left, it goes back and comes again with more. {@link sweep}
 *   lets each unknown operation happen as often as is convenient, so it need not remember which ones have.
 * - **Guarantee.** `linearizable` is said when a configuration has come to the end by steps that are all allowed: so
 *   there is an order, whatever was not tried. `broken` is said when none is left and none was dropped on the way, or
 *   when none is left although more was allowed than is possible. Else the answer is `undecided`.
 * - **Cost.** Some 30 µs for an operation of twenty clients, also where a quarter of them has an unknown outcome. But
 *   deciding is NP-complete (Gibbons and Korach, "Testing Shared Memories", 1997): there are histories that end at the
 *   limit.
 */
import * as Configurations from "./Configurations.ts"
import * as Ending from "./Ending.ts"
import * as Moment from "./Moment.ts"
import * as Outlook from "./Outlook.ts"
import type { Judgement, Problem } from "./Problem.ts"
import { type Action, essence, type Operation } from "./RegisterOperation.ts"
import * as Supplies from "./Supplies.ts"
import * as Tally from "./Tally.ts"

export interface Options {
  /** How much is tried in each of three ways before it is given up. */
  readonly limit?: number
}

/** A beginning or an end. */
interface Event {
  readonly open: Moment.Open
  readonly isEnd: boolean
}

interface Prepared extends Ending.Register {
  readonly valueCount: number
  readonly initial: ReadonlyArray<number>
  readonly events: ReadonlyArray<Event>
}

/** The beginnings and ends of operations in their order; `undefined` if too many are open at a time. */
const timeline = (
  operations: ReadonlyArray<readonly [Operation, Action]>,
  valueCount: number
): ReadonlyArray<Event> | undefined => {
  const size = operations.length
  const times: Array<number> = []
  for (const [index, [{ begin, end }]] of operations.entries()) {
    if (end !== Infinity) times.push(begin * 2 * size + index, end * 2 * size + size + index)
  }
  const moment = Moment.make(valueCount)
  const all = new Map<number, Moment.Open>()
  const events: Array<Event> = []
  for (const time of Float64Array.from(times).toSorted()) {
    const index = time % size
    const known = all.get(index)
    const open = known ?? Moment.open(moment, ...operations[index]!)
    if (open === undefined) return undefined
    if (known === undefined) Moment.add(moment, open)
    else Moment.remove(moment, open)
    all.set(index, open)
    events.push({ open, isEnd: known !== undefined })
  }
  return events
}

const prepare = ({ initial = [0], operations, valueCount }: Problem): Prepared | undefined => {
  const all = operations.flatMap((operation) => {
    const action = essence(operation)
    return action === undefined ? [] : [[operation, action] as const]
  })
  const events = timeline(all, valueCount)
  return events && {
    valueCount,
    initial,
    events,
    supplies: Supplies.make(all, valueCount),
    outlook: Outlook.make(all)
  }
}

const first = ({ initial, valueCount }: Prepared): Configurations.Configurations => {
  const possible = Configurations.make(valueCount)
  for (const value of initial) possible.add({ value, mutators: 0, observers: 0, need: Tally.none })
  return possible
}

/**
 * All that is possible if an unknown operation may happen again and again. `undefined` if that is something to the end, else
 * the operation at whose end it is nothing.
 */
const sweep = (prepared: Prepared, effort: Ending.Effort): "linearizable" | "undecided" | Operation => {
  const moment = Moment.make(prepared.valueCount)
  let possible = first(prepared)
  for (const { isEnd, open } of prepared.events) {
    if (!isEnd) {
      Moment.add(moment, open)
      continue
    }
    const { after, isComplete } = Ending.end(
      prepared,
      { width: Infinity, isGenerous: true },
      effort,
      moment,
      possible,
      open
    )
    if (!isComplete) return "undecided"
    if (after.size() === 0) return open.operation
    possible = after
    Moment.remove(moment, open)
  }
  return prepared.supplies.byEffect.size === 0 ? "linearizable" : "undecided"
}

/** How many configurations are kept at first, and over how many events they are looked for again when none is left. */
const narrow = 8
const near = 16
/** How many events it can go back; if more, it begins again. */
const memory = 5000

/**
 * Looks for an order with few configurations at a time. When none is left, it goes back some way and comes again with more,
 * each time farther and with four times as many.
 */
const search = (
  prepared: Prepared,
  effort: Ending.Effort,
  farthest: number
): "linearizable" | "undecided" | Operation => {
  const { events } = prepared
  const moment = Moment.make(prepared.valueCount)
  const start = { possible: first(prepared), isComplete: true }
  const states: Array<typeof start | undefined> = [start]
  let hardest = -1
  let back = near
  let width = narrow

  const step = (at: number): typeof start => {
    const { isEnd, open } = events[at]!
    const { isComplete, possible } = states[at]! // the state before the next event is never forgotten
    if (!isEnd) {
      Moment.add(moment, open)
      return states[at]!
    }
    const how = { width: at <= hardest ? width : narrow, isGenerous: false }
    const next = Ending.end(prepared, how, effort, moment, possible, open)
    Moment.remove(moment, open)
    return { possible: next.after, isComplete: isComplete && next.isComplete }
  }
  const undo = (at: number): void => {
    const { isEnd, open } = events[at]!
    if (isEnd) Moment.add(moment, open)
    else Moment.remove(moment, open)
  }

  for (let at = 0; at < events.length;) {
    const next = step(at)
    if (effort.left <= 0) return "undecided"
    if (next.possible.size() > 0) {
      states[++at] = next
      if (at > memory) states[at - memory] = undefined
      continue
    }
    if (next.isComplete) return events[at]!.open.operation
    back = at > hardest ? near : back * 4
    if (back > farthest) return "undecided"
    width = at > hardest ? narrow * 4 : width * 4
    hardest = Math.max(hardest, at)
    const to = states[at - back] === undefined ? 0 : at - back
    states[0] = start
    for (let undone = at; undone >= to; undone--) undo(undone)
    at = to
  }
  return "linearizable"
}

export const judge = (problem: Problem, { limit = 10_000_000 }: Options = {}): Judgement => {
  const prepared = prepare(problem)
  if (prepared === undefined) return { type: "undecided" }
  // The first decides nearly all that is right, and the second nearly all that is wrong.
  const attempts = [
    () => search(prepared, { left: limit }, 1000),
    () => sweep(prepared, { left: limit }),
    () => search(prepared, { left: limit }, Infinity)
  ]
  for (const attempt of attempts) {
    const result = attempt()
    if (result === "linearizable") return { type: result }
    if (result !== "undecided") return { type: "broken", at: problem.operations.indexOf(result) }
  }
  return { type: "undecided" }
}
