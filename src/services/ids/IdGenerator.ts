/**
 * Makes ids, each of which no other node, and no other life of this node, ever makes.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as ProtocolError from "../../schema/ProtocolError.ts"
import { Node } from "../node/Node.ts"
import { Timestamps } from "./Timestamps.ts"

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, "0")

/** 128 random bits. Math.random gives 52 good ones at a time, so they come from four draws of 32 each. */
const random128 = Effect.map(
  Effect.all([Random.next, Random.next, Random.next, Random.next]),
  (draws) => draws.map((draw) => hex(Math.floor(draw * 0x1_0000_0000), 8)).join("")
)

/** How many ids can bear the same millisecond. */
const perMillisecond = 0x1_0000

export class IdGenerator extends Context.Service<IdGenerator, {
  readonly next: Effect.Effect<string, ProtocolError.ProtocolError>
}>()("gossip-girl/IdGenerator") {
  /**
   * An id consists of time, sequence, node and life, such as `0193b4e8a1c30000-n1-1f2e3d4c5b6a7988`. It costs no
   * messages. Sorting ids as text sorts them by the time at which they were made; ids of one life are sorted exactly.
   *
   * Like Snowflake (Twitter, 2010) and Flake (Boundary, 2012), with two repairs:
   *
   * - The time is the latest that the clock has ever shown, and when the sequence overflows, the time goes on by a
   *   millisecond before the clock does, as in a hybrid logical clock (Kulkarni et al., "Logical Physical Clocks",
   *   2014). So (time, sequence) strictly rises whatever the clock does, and a node never waits.
   * - A node that starts again, when its clock may show what it has shown before, begins a new life, which draws a name
   *   of 64 random bits. So two ids can be equal only if two lives of the same node have drawn the same name. For a
   *   node that starts a thousand times, the chance of that is less than 1 in 10^13.
   */
  static readonly layerFlake = Layer.effect(
    IdGenerator,
    Effect.gen(function*() {
      const { id } = yield* Node
      const clock = yield* Clock.Clock
      const life = (yield* random128).slice(0, 16)
      let time = 0
      let sequence = 0
      return IdGenerator.of({
        next: Effect.sync(() => {
          const now = clock.currentTimeMillisUnsafe()
          if (now > time) {
            time = now
            sequence = 0
          } else if (++sequence === perMillisecond) {
            time++
            sequence = 0
          }
          return `${hex(time, 12)}${hex(sequence, 4)}-${id}-${life}`
        })
      })
    })
  )

  /**
   * An id is 128 random bits. It costs no messages and no state, and ids have no order. They are only as random as
   * `Random` is: two processes whose Math.random has the same seed, which happens with a chance of 2^-64, make the same
   * ids.
   */
  static readonly layerRandom = Layer.succeed(IdGenerator, { next: random128 })

  /**
   * An id is a timestamp of lin-tso. Ids are short and totally ordered; each costs two messages and waits for lin-tso.
   * When a reply is lost, its timestamp is never used, which harms nobody, and the node asks for another one. If it
   * gets none in the end, it has handed out no id: so the error is definite.
   */
  static readonly layerCentral = Layer.effect(
    IdGenerator,
    Effect.map(Timestamps, (timestamps) =>
      IdGenerator.of({
        next: timestamps.next.pipe(
          Effect.retry({ times: 2 }),
          Effect.map(String),
          Effect.mapError((error) => new ProtocolError.TemporarilyUnavailable({ text: `lin-tso: ${error.text}` }))
        )
      }))
  )
}
