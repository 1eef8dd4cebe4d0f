/**
 * Every order of events, within a budget: each message arrives at any time or never, each timer goes off at any time, each
 * crash happens at any time and keeps any part of what was not synced. Since the budget is finite, so is the search; every
 * state is looked at once, whichever way leads there.
 */
import * as Watcher from "./Watcher.ts"
import * as World from "./World.ts"

export interface Found {
  /** How many different states there are. */
  readonly states: number
  /** Whether all of them were looked at. */
  readonly isComplete: boolean
  readonly violation: Watcher.Violation | undefined
  /** What led to the violation. */
  readonly course: ReadonlyArray<string>
}

/** A number for each different text. */
const numbering = () => {
  const numbers = new Map<string, number>()
  return (text: string): number => {
    const known = numbers.get(text)
    if (known !== undefined) return known
    numbers.set(text, numbers.size)
    return numbers.size - 1
  }
}

/** A text that is the same for equal data. */
const toText = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return `${value as string}`
  if (Object.isFrozen(value)) return ""
  let text = "{"
  if (Array.isArray(value)) { for (const item of value) text += `${toText(item)},` }
  else if (value instanceof Map || value instanceof Set) { for (const item of value) text += `${toText(item)},` }
  else for (const key in value) text += `${toText(value[key as keyof typeof value])},`
  return `${text}}`
}

/** A world, as far as another one may be like it. */
interface Visit {
  /** The numbers of the messages that are under way, in order. */
  readonly messages: ReadonlyArray<number>
  readonly budget: ReadonlyArray<number>
}

/** Whether whatever may follow from the second may follow from the first: a message may never be delivered. */
const covers = (one: Visit, other: Visit): boolean => {
  if (one.budget.some((left, i) => left < other.budget[i]!)) return false
  let at = 0
  for (const message of other.messages) {
    at = one.messages.indexOf(message, at) + 1
    if (at === 0) return false
  }
  return true
}

/** Notes worlds; says whether a world is new, that is, whether something may follow from it that has not been looked at. */
const visitor = () => {
  const number = numbering()
  const known = new WeakMap<object, number>()
  const of = (part: object): number => {
    const before = known.get(part)
    if (before !== undefined) return before
    const after = number(toText(part)) // most of one world is also part of another
    known.set(part, after)
    return after
  }
  const visits = new Map<string, ReadonlyArray<Visit>>()
  return ({ messages, places, watcher }: World.World, budget: World.Budget): boolean => {
    const servers = [...places, watcher].map(of).join()
    const visit = { messages: messages.map(of).toSorted((a, b) => a - b), budget: Object.values(budget) }
    const before = visits.get(servers) ?? []
    if (before.some((other) => covers(other, visit))) return false
    visits.set(servers, [...before.filter((other) => !covers(visit, other)), visit])
    return true
  }
}

interface Step {
  readonly world: World.World
  readonly budget: World.Budget
  readonly by: { readonly before: Step; readonly event: World.Event } | undefined
}

const courseOf = (step: Step): ReadonlyArray<string> => {
  const course: Array<string> = []
  for (let at = step.by; at !== undefined; at = at.before.by) course.unshift(World.describe(at.before.world, at.event))
  return course
}

/** Looks at no more than so many states. */
export const search = (rules: World.Rules, start: World.World, budget: World.Budget, limit: number): Found => {
  const isNew = visitor()
  isNew(start, budget)
  let states = 1
  const open: Array<Step> = [{ world: start, budget, by: undefined }]
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    for (const event of World.events(rules, step.world, step.budget)) {
      const world = World.apply(rules, step.world, event)
      const left = World.spend(step.budget, event)
      if (!isNew(world, left)) continue
      states++
      Watcher.compareLogs(world.watcher, world.places.map(({ server }) => server))
      const next = { world, budget: left, by: { before: step, event } }
      const [violation] = world.watcher.violations
      if (violation !== undefined) return { states, isComplete: false, violation, course: courseOf(next) }
      if (states >= limit) return { states, isComplete: false, violation: undefined, course: [] }
      open.push(next)
    }
  }
  return { states, isComplete: true, violation: undefined, course: [] }
}
