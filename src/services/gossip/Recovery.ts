/**
 * What a node does that keeps everything in memory, and may have lived before: it does not answer for what it may have
 * forgotten before it has got back what others have.
 *
 * It says that it is ready when it has recovered. So in a cluster that starts whole nobody is ever refused: all nodes hear
 * of each other first. But while some node cannot be reached nobody can recover; so it is ready after {@link readyWithin}
 * in any case, and refuses with error 11, which is definite, until it has recovered after all.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as ProtocolError from "../../schema/ProtocolError.ts"

export interface Recovery {
  /** To be awaited before the node is ready; see Node's `serve`. */
  readonly ready: Effect.Effect<void>
  /** The answer, or a refusal. */
  readonly guard: <A, E, R>(
    answer: () => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | ProtocolError.TemporarilyUnavailable, R>
}

/** Maelstrom waits 10 s for a node to be ready, and in that time it has to be started too. */
const readyWithin = Duration.seconds(7)

const refusal = Effect.fail(new ProtocolError.TemporarilyUnavailable({ text: "not every node has been reached yet" }))

/** `recovered` is begun at once: it succeeds when the node has recovered, as `recovered` of Gossip does. */
export const make = (recovered: Effect.Effect<unknown>): Effect.Effect<Recovery> =>
  Effect.map(Effect.forkChild(recovered), (recovery) => ({
    ready: Effect.asVoid(Effect.timeoutOption(Fiber.join(recovery), readyWithin)),
    guard: (answer) => recovery.pollUnsafe() === undefined ? refusal : answer()
  }))
