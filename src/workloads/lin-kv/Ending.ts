/**
 * One step of the search: an operation ends. Of a certain one it must then be true that it has happened, so all ways are
 * looked for in which it can have, from what was possible before.
 *
 * Just before the end is early enough ("just-in-time linearization": Lowe, "Testing for linearizability", 2017, §5): an
 * operation that happened earlier, with nobody noticing, can as well happen now. So open mutators and unknown operations
 * are tried in every order in front of it, but no longer than it takes. What is behind it can happen later.
 *
 * - An observer happens as soon as it can: it changes nothing, so that is always as good.
 * - Of mutators with the same effect that one is tried which ends first: in any order they can change places. Only one that
 *   must happen does not wait for one that need not.
 * - What need not happen does so only if somebody finds what it leaves.
 */
import * as Buckets from "./Buckets.ts"
import * as Configurations from "./Configurations.ts"
import * as Moment from "./Moment.ts"
import * as Outlook from "./Outlook.ts"
import { isPossible, needed, target } from "./RegisterOperation.ts"
import * as Supplies from "./Supplies.ts"
import * as Tally from "./Tally.ts"

type Configuration = Configurations.Configuration

/** What is the same all along. */
export interface Register {
  readonly outlook: Outlook.Outlook
  readonly supplies: Supplies.Supplies
}

export interface Search {
  /** How many configurations are kept at a time, those that needed fewest unknown operations. */
  readonly width: number
  /** Whether an unknown operation may happen again and again. */
  readonly isGenerous: boolean
}

/** What is to be done, and what has come of it. */
export interface Effort {
  /** How many configurations may still be looked at. */
  left: number
}

/** For each configuration that is wanted so many are looked at, and if there is any then, no more. */
const revisits = 8

interface Ending extends Register, Search {
  readonly moment: Moment.Moment
  readonly last: Moment.Open
  readonly now: number
  /** The mutators that any write may hide. */
  readonly hidden: number
  /** The open mutators that are tried, each with those that must have happened before it. */
  readonly mutators: ReadonlyArray<readonly [Moment.Open, to: number, predecessors: number]>
  /** Values that the last operation needs, then others that are open, then unknown ones that lead to these. */
  readonly wanted: () => ReadonlyArray<ReadonlyArray<number>>
  readonly after: Configurations.Configurations
  readonly seen: Configurations.Configurations
  /** What is still to be tried. */
  readonly tasks: Buckets.Buckets<() => void>
  /** The fewest unknown operations that were needed before. */
  readonly least: number
}

/** If all unknown operations may happen again and again, what they write is as good as there, and may be left again. */
const settle = ({ isGenerous, moment, now, supplies }: Ending, one: Configuration): Configuration => {
  if (!isGenerous || !Supplies.exists(supplies.byEffect.get(one.value), now)) return one
  const writable = supplies.writes.filter((supply) => Supplies.exists(supply, now))
  const value = writable[0]!.to
  const observers = writable.reduce((bits, { to }) => bits | Moment.content(moment, to), one.observers)
  return { ...one, value, observers: observers & ~Moment.content(moment, value) }
}

/** The configuration after a mutator; `undefined` if what it overwrites is still needed. */
const move = (
  { hidden, moment, now, outlook, supplies }: Ending,
  from: Configuration,
  to: number,
  bit: number,
  isWrite: boolean,
  need: Tally.Tally
): Configuration | undefined => {
  const mutators = from.mutators | bit | (isWrite ? hidden : 0)
  if (from.value !== to && Outlook.isNeeded(outlook, supplies, moment, now, from.value, mutators)) return undefined
  return {
    value: to,
    mutators,
    // Who can happen at the value that the register holds is not in the set: equal configurations are to look equal.
    observers: (from.observers | Moment.content(moment, from.value)) & ~Moment.content(moment, to),
    need
  }
}

const tryMutator = (ending: Ending, from: Configuration, to: number, bit: number, isWrite: boolean): void => {
  const { last, least, tasks } = ending
  tasks.add(2 * (from.need.total - least) + (isPossible(last.action, to) ? 0 : 1), () => {
    const there = move(ending, from, to, bit, isWrite, from.need)
    if (there !== undefined) look(ending, there)
  })
}

const tryUnknown = (ending: Ending, from: Configuration, supply: Supplies.Supply | undefined): void => {
  const { hidden, isGenerous, last, least, moment, now, tasks } = ending
  if (supply === undefined || supply.to === from.value || !Supplies.exists(supply, now)) return
  const { action, effect, kind, to } = supply
  // It waits for open ones of the same effect.
  if ((Moment.sameAs(moment, effect) & ~(from.mutators | hidden)) !== 0) return
  const isWrite = action.type === "write"
  if (isGenerous) return tryMutator(ending, from, to, 0, isWrite)
  if (Tally.count(from.need, kind) >= Supplies.count(supply, now)) return
  tasks.add(2 * (from.need.total - least + 1) + (isPossible(last.action, to) ? 0 : 1), () => {
    const there = move(ending, from, to, 0, isWrite, Tally.oneMore(from.need, kind))
    if (there !== undefined) look(ending, there)
  })
}

/** All that may happen next, in stages: what the last one needs, what others need, what leads there. */
const proceed = (ending: Ending, from: Configuration, stage: number): void => {
  const { last, least, moment, mutators, supplies, tasks } = ending
  const wanted = ending.wanted()[stage] ?? []
  const isUnwanted = stage === 0
    ? last.action.type === "differ" && last.action.value === from.value
    : stage === 1 && Moment.isDisliked(moment, from.value, from.observers)
  for (const [{ action, bit, operation: { certain } }, to, predecessors] of mutators) {
    if (((from.mutators & bit) | (predecessors & ~from.mutators)) !== 0 || !isPossible(action, from.value)) continue
    const isWorthIt = certain ? stage === 0 : to !== from.value && (isUnwanted || wanted.includes(to))
    if (isWorthIt) tryMutator(ending, from, to, bit, action.type === "write")
  }
  for (const to of wanted) {
    tryUnknown(ending, from, supplies.byEffect.get(to))
    tryUnknown(ending, from, supplies.byEffect.get((from.value + 1) * moment.valueCount + to))
  }
  if (isUnwanted) {
    for (const supply of supplies.writes) tryUnknown(ending, from, supply)
    for (const supply of supplies.from.get(from.value) ?? []) tryUnknown(ending, from, supply)
  }
  if (stage < 2 && ending.wanted().length > 0) {
    tasks.add(2 * (from.need.total - least + stage + 1), () => proceed(ending, from, stage + 1))
  }
}

/** Looks at a configuration: what it is if the operation happens now, or has already, and where else it leads. */
const look = (ending: Ending, reached: Configuration): void => {
  const { after, hidden, last: { action, bit, operation: { certain } }, moment, seen } = ending
  // A write of what is there leaves no trace either.
  const traceless = hidden === 0 ? 0 : hidden & Moment.sameAs(moment, reached.value)
  const one = traceless === 0 ? reached : { ...reached, mutators: reached.mutators | traceless }
  if (!seen.add(one)) return
  const keep = (kept: Configuration): void => void after.add(settle(ending, kept))
  const to = target(action)
  const has = to === undefined ? one.observers : one.mutators
  if ((has & bit) !== 0) {
    return keep(to === undefined ? { ...one, observers: has & ~bit } : { ...one, mutators: has & ~bit })
  }
  if (!certain) keep(one)
  if (isPossible(action, one.value)) {
    // What else is open can as well happen after an observer.
    if (to === undefined) return keep(one)
    const there = move(ending, one, to, 0, action.type === "write", one.need)
    if (there !== undefined) keep(there)
  }
  proceed(ending, one, 0)
}

/** The mutators that unknown operations can stand in for, again and again: it is as good if they have happened. */
const replaceable = ({ mutators }: Moment.Moment, supplies: Supplies.Supplies, now: number): number => {
  let bits = 0
  for (const { bit, effect } of mutators) if (Supplies.exists(supplies.byEffect.get(effect), now)) bits |= bit
  return bits
}

/** See Ending. None, if nothing is there that may happen and need not. */
const wantedValues = (
  { mutators, observers }: Moment.Moment,
  supplies: Supplies.Supplies,
  last: Moment.Open,
  now: number,
  isGenerous: boolean
): ReadonlyArray<ReadonlyArray<number>> => {
  if (supplies.byEffect.size === 0 && mutators.every(({ operation }) => operation.certain)) return []
  const known = new Set<number>()
  const want = (value: number | undefined): ReadonlyArray<number> => {
    if (value === undefined || known.has(value)) return []
    known.add(value)
    return [value]
  }
  const byLast = want(needed(last.action))
  const byOthers = [...observers, ...mutators].flatMap(({ action }) => want(needed(action)))
  const between: Array<number> = []
  const follow = (value: number): void => {
    if (isGenerous && Supplies.exists(supplies.byEffect.get(value), now)) return
    for (const supply of supplies.to.get(value) ?? []) {
      if (Supplies.exists(supply, now)) { for (const from of want(needed(supply.action))) between.push(from) }
    }
  }
  for (const value of [...byLast, ...byOthers]) follow(value)
  for (const value of between) follow(value) // it grows
  return [byLast, byOthers, between]
}

/** What can be when `last` ends and has happened, given what can be before; and whether that is all. */
export const end = (
  register: Register,
  search: Search,
  effort: Effort,
  moment: Moment.Moment,
  before: Configurations.Configurations,
  last: Moment.Open
): { readonly after: Configurations.Configurations; readonly isComplete: boolean } => {
  const { outlook, supplies } = register
  const now = last.operation.end
  const spare = search.isGenerous ? replaceable(moment, supplies, now) : 0
  const isMutator = target(last.action) !== undefined
  const hidden = (Outlook.futile(outlook, supplies, moment, now) | spare) & ~(isMutator ? last.bit : 0)
  const variety = Math.max(4, search.width / 4)
  let least = Infinity
  before.forEach(({ need }) => least = Math.min(least, need.total))
  let wanted: ReadonlyArray<ReadonlyArray<number>> | undefined
  const ending: Ending = {
    ...register,
    ...search,
    moment,
    last,
    now,
    hidden,
    mutators: moment.mutators.flatMap((open): Ending["mutators"] =>
      open === last || (open.action.type === "write" && (hidden & open.bit) !== 0)
        ? []
        : [[open, target(open.action)!, Moment.predecessors(moment, open)]] // it is a mutator
    ),
    wanted: () => wanted ??= wantedValues(moment, supplies, last, now, search.isGenerous),
    after: Configurations.make(moment.valueCount, spare, variety),
    seen: Configurations.make(moment.valueCount, spare, variety),
    tasks: Buckets.make(),
    least
  }
  const { after, seen, tasks } = ending
  before.forEach((one) => look(ending, settle(ending, one)))
  for (let task = tasks.take(); task !== undefined; task = tasks.take()) {
    const enough = after.size() >= search.width || (after.size() > 0 && seen.size() > revisits * search.width)
    if (enough || effort.left <= 0) return { after, isComplete: false }
    effort.left--
    task()
  }
  return { after, isComplete: after.isComplete() && seen.isComplete() }
}
