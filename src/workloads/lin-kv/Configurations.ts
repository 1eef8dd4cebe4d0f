/**
 * The states that a register can be in at a moment of its history, as far as its operations tell.
 */
import * as Tally from "./Tally.ts"

/** Sets of open operations that have happened, as bits. */
export interface Configuration {
  readonly value: number
  readonly mutators: number
  /** None that can happen now: it has as good as happened. */
  readonly observers: number
  /** How many unknown operations were needed to come here. */
  readonly need: Tally.Tally
}

/**
 * A set of configurations without those that are no better than another. Of two with the same value and mutators one is
 * at least as good if all observers have happened that have in the other, and it needed no more unknown operations of
 * any kind: it can go wherever the other can. The mutators in `welcome` count as observers do.
 */
export interface Configurations {
  readonly size: () => number
  /** Whether it was not there, nor one as good. */
  readonly add: (one: Configuration) => boolean
  readonly forEach: (visit: (one: Configuration) => void) => void
  /** Whether none was dropped that might have been worth it. */
  readonly isComplete: () => boolean
}

export const make = (valueCount: number, welcome = 0, variety = Infinity): Configurations => {
  const known = new Map<number, Array<Configuration>>()
  let size = 0
  let isComplete = true

  const isAsGood = (a: Configuration, b: Configuration): boolean =>
    (b.observers & ~a.observers) === 0 && (b.mutators & ~a.mutators) === 0 && Tally.isAtMost(a.need, b.need)

  return {
    size: () => size,
    add: (one) => {
      const key = (one.mutators & ~welcome) * valueCount + one.value
      const others = known.get(key)
      if (others === undefined) {
        known.set(key, [one])
        size++
        return true
      }
      for (const other of others) if (isAsGood(other, one)) return false
      if (others.length >= variety) {
        isComplete = false
        return false
      }
      let kept = 0
      for (const other of others) if (!isAsGood(one, other)) others[kept++] = other
      size += kept + 1 - others.length
      others.length = kept
      others.push(one)
      return true
    },
    forEach: (visit) => {
      for (const ones of known.values()) for (const one of ones) visit(one)
    },
    isComplete: () => isComplete
  }
}
