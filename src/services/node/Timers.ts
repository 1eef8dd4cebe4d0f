/**
 * What a node does later, or again and again. Time is that of Effect's Clock, so it is virtual where the clock is.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"

export class Timers extends Context.Service<Timers, {
  /** Runs `effect` once, `delay` from now. */
  readonly after: <R>(delay: Duration.Input, effect: Effect.Effect<void, never, R>) => Effect.Effect<void, never, R>
  /** Runs `effect` again and again; `interval` passes between the end of one run and the start of the next. */
  readonly every: <R>(interval: Duration.Input, effect: Effect.Effect<void, never, R>) => Effect.Effect<void, never, R>
}>()("gossip-girl/Timers") {
  /**
   * Timers end with the scope of the layer: a node that stops leaves none behind. When an effect dies, its defect is
   * written to the diagnostics, since nobody waits for a timer; its next turn comes all the same. As with a handler, a
   * defect in one timer does not stop the node.
   */
  static readonly layer = Layer.effect(
    Timers,
    Effect.gen(function*() {
      const running = yield* FiberSet.make<void>()
      const turn = <R>(delay: Duration.Input, effect: Effect.Effect<void, never, R>) =>
        Effect.delay(Effect.catchDefect(effect, (defect) => Effect.logError("a timer died", defect)), delay)
      const start = <R>(effect: Effect.Effect<void, never, R>) => Effect.asVoid(FiberSet.run(running, effect))
      return Timers.of({
        after: (delay, effect) => start(turn(delay, effect)),
        every: (interval, effect) => start(Effect.forever(turn(interval, effect), { disableYield: true }))
      })
    })
  )
}
