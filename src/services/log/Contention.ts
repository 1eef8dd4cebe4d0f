/**
 * How nodes that try to move the same root leave each other their turns.
 *
 * Who has lost a compare-and-set tries again after a random part of the time that its attempt took. Who has won while
 * others tried too makes way for as long as two attempts take, so that all get their turn. A node that never loses does
 * not see whom it defeats; so it, too, makes way for one attempt now and then.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** All times are in ms. */
export interface Contention {
  /** Whether no attempt has failed since this node last saw the root unmoved: then it need not look before it appends. */
  readonly isAlone: () => boolean
  /** This node has looked at the root, and nobody else had moved it. */
  readonly sawUnmoved: () => void
  /** An attempt has succeeded. */
  readonly won: (took: number) => void
  /** An attempt has failed, since another node had moved the root; waits before the next one. */
  readonly lost: (took: number) => Effect.Effect<void>
  /** An attempt has failed for another reason. */
  readonly failed: () => void
  /** Makes way for others, if it is time to. */
  readonly makeWay: Effect.Effect<void>
}

/** A node that sees nobody else makes way after so many successful attempts. */
const makesWayEvery = 6

export const make = (): Contention => {
  let isAlone = false
  let successes = 0 // while alone
  let rest = 0 // how long to make way next time

  return {
    isAlone: () => isAlone,
    sawUnmoved: () => {
      isAlone = true
    },
    won: (took) => {
      if (!isAlone) rest = 2 * took
      else if (++successes % makesWayEvery === 0) rest = took
    },
    lost: (took) => {
      isAlone = false
      return Effect.flatMap(Random.next, (random) => Effect.sleep(random * took))
    },
    failed: () => {
      isAlone = false
    },
    makeWay: Effect.suspend(() => {
      const millis = rest
      rest = 0
      return millis > 0 ? Effect.sleep(millis) : Effect.void
    })
  }
}
