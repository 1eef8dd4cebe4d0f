/**
 * The combiner is the node to which the others hand their entries; it appends them together with its own. So nodes do
 * not defeat each other's attempts, and entries of many nodes cost one attempt.
 *
 * Each node takes the first member that it does not suspect for the combiner. A combiner is no leader: every node may
 * append at any time, and does when no answer comes. A wrong suspicion costs messages, never correctness; where some
 * nodes do not reach others, there are several combiners. A node probes those that it suspects again and again.
 *
 * (Hendler et al., "Flat Combining and the Synchronization-Parallelism Tradeoff", 2010.)
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { NodeId } from "../../schema/Address.ts"
import type { Entry } from "../../schema/LinKvLogProtocol.ts"
import type * as ProtocolError from "../../schema/ProtocolError.ts"
import type { Peers } from "../node/Peers.ts"

export interface Combiner<A> {
  /** The combiner; undefined when it is this node. */
  readonly other: () => NodeId | undefined
  /** Hands entries to another node, waits a while for its answer, and suspects the node when none comes. */
  readonly hand: (to: NodeId, entries: ReadonlyArray<Entry<A>>) => Effect.Effect<void>
  /** Asks each member before the combiner, all of which are suspected, whether it answers again. */
  readonly probe: Effect.Effect<void>
}

/** How long a node waits for the answer of the combiner, before it appends its entries itself. */
const answerWithin = Duration.millis(1500)

/** `request` hands entries to another node, and executes what it answers. It may take longer than `hand` waits. */
export const make = <A>(
  { members, self }: Peers["Service"],
  request: (to: NodeId, entries: ReadonlyArray<Entry<A>>) => Effect.Effect<void, ProtocolError.ProtocolError>
): Combiner<A> => {
  const answering = new Set(members.slice(0, 1)) // the others are not asked before the first one is suspected
  const current = (): NodeId => members.find((id) => id === self || answering.has(id)) ?? self

  const hand = (to: NodeId, entries: ReadonlyArray<Entry<A>>): Effect.Effect<void> =>
    Effect.gen(function*() {
      // The request goes on when nobody waits for it any more: a late answer shows that the node is there after all.
      const answer = yield* request(to, entries).pipe(
        Effect.map(() => answering.add(to)),
        Effect.isSuccess,
        Effect.forkDetach({ startImmediately: true })
      )
      const hasAnswered = yield* Effect.timeoutOption(Fiber.join(answer), answerWithin)
      if (Option.getOrElse(hasAnswered, () => false)) return
      if (answering.delete(to)) yield* Effect.forkDetach(probe, { startImmediately: true })
    })

  const probe: Effect.Effect<void> = Effect.suspend(() => {
    const before = members.slice(0, members.indexOf(current()))
    return Effect.forEach(before, (id) => hand(id, []), { concurrency: "unbounded", discard: true })
  })

  return { other: () => current() === self ? undefined : current(), hand, probe }
}
