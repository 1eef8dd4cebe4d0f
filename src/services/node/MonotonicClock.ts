import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/**
 * The time in ms of a clock that never jumps, whatever the time of day does. It tells how much time has passed, and
 * nothing else.
 */
export const millis: Effect.Effect<() => number> = Effect.map(
  Clock.Clock,
  (clock) => () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
)
