/**
 * The mutators of unknown outcome that have no end: each may happen at any moment after it began. Those that do the same
 * are alike, so they are counted.
 */
import { rank } from "../history/Sorted.ts"
import { type Action, effectOf, needed, type Operation, target } from "./RegisterOperation.ts"

/** The supply of all mutators of one effect. */
export interface Supply {
  /** Its number among all supplies. */
  readonly kind: number
  readonly action: Action
  readonly effect: number
  readonly to: number
  /** When the mutators began, in ascending order. */
  readonly begins: Array<number>
}

export interface Supplies {
  readonly byEffect: ReadonlyMap<number, Supply>
  /** Supplies by the value that their mutators leave. */
  readonly to: ReadonlyMap<number, ReadonlyArray<Supply>>
  /** Supplies by the value that their mutators need to find, if they need one. */
  readonly from: ReadonlyMap<number, ReadonlyArray<Supply>>
  readonly writes: ReadonlyArray<Supply>
}

const append = <K, A>(map: Map<K, Array<A>>, key: K, one: A): void => {
  const known = map.get(key)
  if (known === undefined) map.set(key, [one])
  else known.push(one)
}

export const make = (operations: ReadonlyArray<readonly [Operation, Action]>, valueCount: number): Supplies => {
  const byEffect = new Map<number, Supply>()
  const to = new Map<number, Array<Supply>>()
  const from = new Map<number, Array<Supply>>()
  const writes: Array<Supply> = []
  for (const [{ begin, end }, action] of operations) {
    const left = target(action)
    if (end !== Infinity || left === undefined) continue
    const effect = effectOf(action, valueCount)
    const known = byEffect.get(effect)
    if (known !== undefined) {
      known.begins.push(begin)
      continue
    }
    const supply = { kind: byEffect.size, action, effect, to: left, begins: [begin] }
    byEffect.set(effect, supply)
    append(to, left, supply)
    const value = needed(action)
    if (value === undefined) writes.push(supply)
    else append(from, value, supply)
  }
  return { byEffect, to, from, writes }
}

export const exists = (supply: Supply | undefined, now: number): boolean =>
  supply !== undefined && supply.begins[0]! < now

/** How many of its mutators have begun. */
export const count = ({ begins }: Supply, now: number): number => rank(begins, now)
