/**
 * What the rest of a register's history holds: for each value, until when it may be needed and can be brought back.
 *
 * Two things follow that spare a search most of its ways, and none that leads to the end.
 * - A value that a later operation is certain to find, and that nothing can bring back any more, must not be left before.
 * - An open write of a value that nobody will ever find need not be tried. It happens just before the next write, which
 *   hides it.
 */
import type { Moment } from "./Moment.ts"
import { type Action, needed, type Operation, target } from "./RegisterOperation.ts"
import * as Supplies from "./Supplies.ts"

export interface Outlook {
  /** The last beginning of an operation that finds this value for certain, that may find it, and that may leave it. */
  readonly finds: ReadonlyMap<number, number>
  readonly mayFind: ReadonlyMap<number, number>
  readonly leaves: ReadonlyMap<number, number>
  /** The last beginning of one that finds any value but one. */
  readonly differs: number
}

const raise = (map: Map<number, number>, value: number | undefined, time: number): void => {
  if (value !== undefined && time > (map.get(value) ?? -Infinity)) map.set(value, time)
}

export const make = (operations: ReadonlyArray<readonly [Operation, Action]>): Outlook => {
  const finds = new Map<number, number>()
  const mayFind = new Map<number, number>()
  const leaves = new Map<number, number>()
  let differs = -Infinity
  for (const [{ begin, certain }, action] of operations) {
    if (certain) raise(finds, needed(action), begin)
    raise(mayFind, needed(action), begin)
    raise(leaves, target(action), begin)
    if (action.type === "differ") differs = Math.max(differs, begin)
  }
  return { finds, mayFind, leaves, differs }
}

const isLater = (time: number | undefined, now: number): boolean => time !== undefined && time > now

/** Whether any of these has begun. */
const anyExists = (supplies: ReadonlyArray<Supplies.Supply> | undefined, now: number): boolean =>
  supplies !== undefined && supplies.some((supply) => Supplies.exists(supply, now))

/** Whether a value must not be left. `done` are the mutators that have happened. */
export const isNeeded = (
  { finds, leaves }: Outlook,
  supplies: Supplies.Supplies,
  { mutators }: Moment,
  now: number,
  value: number,
  done: number
): boolean => {
  if (!isLater(finds.get(value), now) || isLater(leaves.get(value), now)) return false
  for (const { action, bit } of mutators) if ((done & bit) === 0 && target(action) === value) return false
  return !anyExists(supplies.to.get(value), now)
}

/** The open writes that need not be tried. */
export const futile = (
  { differs, mayFind }: Outlook,
  supplies: Supplies.Supplies,
  { mutators, observers }: Moment,
  now: number
): number => {
  if (differs > now || observers.some(({ action }) => action.type === "differ")) return 0
  let bits = 0
  for (const { action, bit } of mutators) {
    if (action.type !== "write" || isLater(mayFind.get(action.value), now)) continue
    const finds = (other: { readonly action: Action }): boolean => needed(other.action) === action.value
    if (!anyExists(supplies.from.get(action.value), now) && !observers.some(finds) && !mutators.some(finds)) bits |= bit
  }
  return bits
}
