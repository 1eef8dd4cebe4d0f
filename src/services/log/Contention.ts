/**
 * How nodes that try to move the same root let each other have a turn.
 *
 * A node whose compare-and-set has failed, because another node was first, tries again after a random part of the time
 * that its attempt took. A node that has succeeded, and had failed before, makes way for as long as two attempts take.
 * A node that never fails does not see which nodes it defeats; so it makes way, too, for as long as one attempt takes,
 * now and then.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** All times are in ms. */
export interface Contention {
  /**
   * Whether this node last saw the root where it had left it, and no attempt has failed since. Then no other node seems
   * to append, and this one need not read the root before it does.
   */
  readonly isAlone: () => boolean
  /** This node has read the root, and no other node had moved it. */
  readonly sawUnmoved: () => void
  /** An attempt has succeeded. */
  readonly won: (took: number) => void
  /** An attempt has failed, because another node had moved the root. Waits until it is time for the next attempt. */
  readonly lost: (took: number) => Effect.Effect<void>
  /** The attempt has failed, and not because another node had moved the root. */
  readonly failed: () => void
  /** Waits for as long as this node makes way for others, after a round of appends. */
  readonly makeWay: Effect.Effect<void>
}

/** After so many successful attempts a node makes way that sees no other. */
const makesWayEvery = 6

export const make = (): Contention => {
  let isAlone = false
  let successes = 0 // successful attempts while this node saw no other
  let rest = 0 // for how long this node makes way next time, in ms

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
