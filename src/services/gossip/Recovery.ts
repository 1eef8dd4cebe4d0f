/**
 * How a node starts that keeps everything in memory. Its earlier lives may have promised what this life does not know,
 * so the node answers nobody before it has got what its peers have.
 *
 * The node says that it is ready when it has recovered. When all nodes of a cluster start together, they all recover
 * before any client asks, so no node refuses a request. But a node cannot recover while it cannot reach some peer. So
 * it says that it is ready after {@link readyWithin} in any case, and then refuses requests with error 11 until it has
 * recovered. A durable node recovers only once: from then on its disk has all that it promises (see Durable).
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as ProtocolError from "../../schema/ProtocolError.ts"
import type { Replica } from "./Gossip.ts"

export interface Recovery {
  /** What a node waits for before it says that it is ready; see `serve` of Node. */
  readonly ready: Effect.Effect<void>
  /** The answer, or a refusal while the node has not recovered. */
  readonly guard: <A, E, R>(
    answer: () => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | ProtocolError.TemporarilyUnavailable, R>
}

/** Maelstrom waits 10 s until a node says that it is ready, and the process has to start in that time as well. */
const readyWithin = Duration.seconds(7)

const refusal = Effect.fail(new ProtocolError.TemporarilyUnavailable({ text: "not every node has been reached yet" }))

/** `finish` is what the program does when the replica has recovered; it is given the number of former lives. */
export const make = (
  { recovered, settle }: Pick<Replica<never>, "recovered" | "settle">,
  finish: (formerLives: number) => Effect.Effect<unknown> = () => Effect.void
): Effect.Effect<Recovery> =>
  Effect.map(Effect.forkChild(Effect.andThen(Effect.flatMap(recovered, finish), settle)), (recovery) => ({
    ready: Effect.asVoid(Effect.timeoutOption(Fiber.join(recovery), readyWithin)),
    guard: (answer) => recovery.pollUnsafe() === undefined ? refusal : answer()
  }))
