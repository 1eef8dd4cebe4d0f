/**
 * How a node starts that keeps everything in memory, and may have forgotten what an earlier life of it had promised: it
 * gives no answers before it has got what its peers have.
 *
 * The node says that it is ready when it has recovered. When all nodes of a cluster start together, they all recover
 * before any client asks, so no request is refused. But a node cannot recover while it cannot reach some peer. So it
 * says that it is ready after {@link readyWithin} in any case, and then refuses requests with error 11 until it has
 * recovered. A node that keeps on disk what it promises has nothing to recover, once it has recovered for the first time
 * (see Durable).
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as ProtocolError from "../../schema/ProtocolError.ts"
import type { Replica } from "./Gossip.ts"

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

/** `finish` is what remains to be done when the replica has recovered, and is given how many former lives there were. */
export const make = (
  { recovered, settle }: Pick<Replica<never>, "recovered" | "settle">,
  finish: (formerLives: number) => Effect.Effect<unknown> = () => Effect.void
): Effect.Effect<Recovery> =>
  Effect.map(Effect.forkChild(Effect.andThen(Effect.flatMap(recovered, finish), settle)), (recovery) => ({
    ready: Effect.asVoid(Effect.timeoutOption(Fiber.join(recovery), readyWithin)),
    guard: (answer) => recovery.pollUnsafe() === undefined ? refusal : answer()
  }))
