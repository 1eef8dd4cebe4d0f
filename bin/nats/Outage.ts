/**
 * How a campaign and its workers outlive servers that are down, or late because their machine is busy: they ask again
 * every second, and say so once, when a second attempt has failed as well.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Output from "../cli/Output.ts"

export interface Outage {
  /** Does this again until it succeeds. */
  readonly outlive: <A, E extends { readonly message: string }, R>(
    effect: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, never, R>
  /** To call when servers have answered. */
  readonly isOver: () => void
}

export const make = (): Outage => {
  let failures = 0
  const fail = ({ message }: { readonly message: string }) =>
    Effect.suspend(() =>
      ++failures === 2 ? Output.err(`gossip-girl: warning: ${message}; it is tried again.\n`) : Effect.void
    )
  const isOver = (): void => {
    failures = 0
  }
  return {
    outlive: (effect) =>
      effect.pipe(
        Effect.tapError(fail),
        Effect.retry(Schedule.spaced("1 second")),
        Effect.tap(() => Effect.sync(isOver)),
        Effect.orDie // it is retried without end
      ),
    isOver
  }
}
