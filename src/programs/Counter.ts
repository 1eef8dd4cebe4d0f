/**
 * Challenge 4, the grow-only counter, and its sibling that goes both ways: what is added at any node is in the sum that
 * every node reads soon.
 *
 * - Algorithm: the sum of the delivered deltas; see Gossip. (An operation-based counter: Shapiro et al., "A comprehensive
 *   study of Convergent and Commutative Replicated Data Types", 2011, §3.1.1.)
 * - Guarantee: Gossip delivers each delta once, so none counts twice, and an acknowledged one reaches every node that
 *   lives and can be reached in the end. A node that is ready always takes an add, and a read has all that it has
 *   acknowledged. Reads of a grow-only counter never go back at a node, also when it restarts, as far as any node knew
 *   that lives on: a node that has just started refuses to read before every other one has told it what it has (see
 *   Recovery).
 * - Exact: sums are kept without bound, and one beyond 2^53 - 1 is refused. A node refuses to add what would take its sum
 *   there. Several at once may still do it together, each of them rightly; then reads fail until the sum is back.
 * - Cost: that of Gossip; adding and reading cost no messages between servers, and nothing is sent when 0 is added.
 */
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import { CounterProtocol, Delta, GrowOnlyDelta } from "../schema/CounterProtocol.ts"
import * as ExactSum from "../schema/ExactSum.ts"
import { Gossip } from "../services/gossip/Gossip.ts"
import * as Recovery from "../services/gossip/Recovery.ts"
import { Node } from "../services/node/Node.ts"

const counter = (delta: Schema.Codec<number>) =>
  Effect.gen(function*() {
    let sum = 0n
    const gossip = yield* Gossip
    const replica = yield* gossip.join(delta, {
      onDelivery: ({ operation }) => {
        sum += BigInt(operation)
      }
    })
    const recovery = yield* Recovery.make(replica.recovered)

    return yield* Node.serve(CounterProtocol(delta), {
      add: ({ delta }) =>
        Effect.suspend(() => ExactSum.admit(sum, delta)).pipe(
          Effect.andThen(delta === 0 ? Effect.void : replica.publish(delta)),
          Effect.as({})
        ),
      read: () => recovery.guard(() => Effect.map(ExactSum.say(sum), (value) => ({ value })))
    }, recovery.ready)
  })

export const GCounter = counter(GrowOnlyDelta)
export const PnCounter = counter(Delta)
