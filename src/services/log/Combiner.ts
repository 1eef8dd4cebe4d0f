/**
 * Whom a node hands its entries to: the combiner, which appends them together with its own.
 *
 * The combiner is the first node of the list that is not suspected. It is no leader: every node may append at any time,
 * and a node does so itself when no answer comes. A wrong suspicion costs messages, never correctness; where some nodes do
 * not reach others, several combine. Who is suspected is asked again and again whether it answers.
 *
 * (Hendler et al., "Flat Combining and the Synchronization-Parallelism Tradeoff", 2010.)
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { NodeId } from "../../schema/Address.ts"
import type * as ProtocolError from "../../schema/ProtocolError.ts"
import type { Entry } from "../../schema/SharedLogProtocol.ts"
import type { Peers } from "../node/Peers.ts"

export interface Combiner<A> {
  /** The present combiner: another node, or undefined, when it is this one. */
  readonly other: () => NodeId | undefined
  /** Hands entries to another node, and waits a while for its answer. */
  readonly hand: (to: NodeId, entries: ReadonlyArray<Entry<A>>) => Effect.Effect<void>
  /** Asks each node that would come before the present combiner whether it answers again. */
  readonly probe: Effect.Effect<void>
}

/** How long a node waits for the one that it has handed entries to, before it appends them itself. */
const answerWithin = Duration.millis(1500)

/** `request` hands entries to another node, and takes what it answers; it may take longer than anybody waits for it. */
export const make = <A>(
  { members, self }: Peers["Service"],
  request: (to: NodeId, entries: ReadonlyArray<Entry<A>>) => Effect.Effect<void, ProtocolError.ProtocolError>
): Combiner<A> => {
  const answering = new Set(members.slice(0, 1)) // the others are not asked before the first one is suspected
  const current = (): NodeId => members.find((id) => id === self || answering.has(id)) ?? self

  const hand = (to: NodeId, entries: ReadonlyArray<Entry<A>>): Effect.Effect<void> =>
    Effect.gen(function*() {
      // An answer that comes too late is worth knowing all the same: so the request goes on by itself.
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
