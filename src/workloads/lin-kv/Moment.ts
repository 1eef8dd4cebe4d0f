/**
 * What is going on at a moment of a register's history. It goes from event to event, forwards and back.
 */
import { type Action, effectOf, isPossible, type Operation, target } from "./RegisterOperation.ts"

/** An operation that has begun and will end. */
export interface Open {
  readonly operation: Operation
  readonly action: Action
  readonly effect: number
  /** Its bit in the sets of mutators or of observers that have happened. */
  readonly bit: number
}

export interface Moment {
  readonly valueCount: number
  /** Who ends first comes first. */
  readonly observers: Array<Open>
  readonly mutators: Array<Open>
}

export const make = (valueCount: number): Moment => ({ valueCount, observers: [], mutators: [] })

const others = ({ mutators, observers }: Moment, action: Action): Array<Open> =>
  target(action) === undefined ? observers : mutators

/** As many can be open at a time, of mutators and of observers: a bit for each. */
export const mostOpen = 32

/** The lowest bit that none of them has; 0 if there is none. */
const freeBit = (open: ReadonlyArray<Open>): number => {
  let bits = 0
  for (const { bit } of open) bits |= bit
  return ~bits & (bits + 1)
}

/** An operation that begins now; `undefined` if {@link mostOpen} are open. */
export const open = (moment: Moment, operation: Operation, action: Action): Open | undefined => {
  const bit = freeBit(others(moment, action))
  return bit === 0 ? undefined : { operation, action, effect: effectOf(action, moment.valueCount), bit }
}

export const add = (moment: Moment, one: Open): void => {
  const all = others(moment, one.action)
  let at = all.length
  while (at > 0 && all[at - 1]!.operation.end > one.operation.end) at--
  all.splice(at, 0, one)
}

export const remove = (moment: Moment, one: Open): void => {
  const all = others(moment, one.action)
  all.splice(all.indexOf(one), 1)
}

/** The observers that can happen at this value. */
export const content = ({ observers }: Moment, value: number): number => {
  let bits = 0
  for (const { action, bit } of observers) if (isPossible(action, value)) bits |= bit
  return bits
}

/** The open mutators of this effect. */
export const sameAs = ({ mutators }: Moment, effect: number): number => {
  let bits = 0
  for (const other of mutators) if (other.effect === effect) bits |= other.bit
  return bits
}

/** Whether an observer that has not happened waits for the register to hold anything else. */
export const isDisliked = ({ observers }: Moment, value: number, done: number): boolean => {
  for (const { action, bit } of observers) {
    if (action.type === "differ" && action.value === value && (done & bit) === 0) return true
  }
  return false
}

/** The mutators that must have happened before this one may. */
export const predecessors = ({ mutators }: Moment, { effect, operation: { certain, end } }: Open): number => {
  let bits = 0
  for (const { bit, effect: other, operation } of mutators) {
    if (other === effect && operation.end < end && (operation.certain || !certain)) bits |= bit
  }
  return bits
}
