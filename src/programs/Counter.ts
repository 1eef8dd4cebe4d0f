/**
 * Challenge 4, the grow-only counter, and its sibling that goes both ways: clients add at any node, and soon read the
 * sum of all that was added at every node.
 *
 * - Algorithm: each delta is an operation of Gossip; a node reads the sum of the deltas that have been delivered to it.
 *   (An operation-based counter: Shapiro et al., "A comprehensive study of Convergent and Commutative Replicated Data
 *   Types", 2011, §3.1.1.)
 * - Guarantee: Gossip delivers each delta once, so none counts twice, and an acknowledged one reaches every node that
 *   is alive and can be reached in the end. A node that is ready always takes an add, and a read contains every add
 *   that this life has acknowledged. When a node starts again, it refuses to read before every peer has told it what it
 *   has (see Recovery): so the sum that a node reads of a grow-only counter never falls, except for deltas that only
 *   lives knew that are over; where Gossip is durable there are none, and a node that starts again reads at once.
 * - Exact: a node keeps its sum without bound, and refuses to read one beyond 2^53 - 1, either way. It refuses an add
 *   that would take its own sum there. Adds at several nodes may still do so together; then reads are refused until
 *   other adds bring the sum back.
 * - Cost: that of Gossip, where deltas that a node takes between two messages are one; to add costs no messages between
 *   servers, and to read none but where Gossip pulls; to add 0 costs nothing at all.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { CounterProtocol, Delta, GrowOnlyDelta } from "../schema/CounterProtocol.ts"
import * as ExactSum from "../schema/ExactSum.ts"
import { Gossip } from "../services/gossip/Gossip.ts"
import * as Recovery from "../services/gossip/Recovery.ts"
import { Node } from "../services/node/Node.ts"

/** A sum, in decimal digits: it may be larger than what JavaScript reads exactly from a number in JSON. */
const Sum = Schema.String.check(Schema.isPattern(/^-?\d{1,1000}$/))

const counter = (delta: Schema.Codec<number>) =>
  Effect.gen(function*() {
    let sum = 0n
    const gossip = yield* Gossip
    const replica = yield* gossip.join(delta, {
      merge: (earlier, later) => Number.isSafeInteger(earlier + later) ? earlier + later : undefined,
      onDelivery: ({ operation }) => {
        sum += BigInt(operation)
      },
      state: {
        part: Sum,
        snapshot: () => [String(sum)],
        restore: () => {
          let other = 0n
          return {
            add: (text) => {
              other += BigInt(text)
            },
            install: () => {
              sum = other
            }
          }
        }
      }
    })
    const recovery = yield* Recovery.make(replica)

    return yield* Node.serve(CounterProtocol(delta), {
      add: ({ delta }) =>
        Effect.suspend(() => ExactSum.admit(sum, delta)).pipe(
          Effect.andThen(replica.commit(delta === 0 ? [] : [delta])),
          Effect.as({})
        ),
      read: () =>
        recovery.guard(() => Effect.map(Effect.flatten(replica.read(() => ExactSum.say(sum))), (value) => ({ value })))
    }, recovery.ready)
  })

export const GCounter = counter(GrowOnlyDelta)
export const PnCounter = counter(Delta)
