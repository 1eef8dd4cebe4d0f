/**
 * Where ids come from that nobody else in the cluster ever gets.
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

/** 128 bits of chance. Math.random gives 52 good ones at a time, so four draws of 32. */
const random128 = Effect.map(
  Effect.all([Random.next, Random.next, Random.next, Random.next]),
  (draws) => draws.map((draw) => hex(Math.floor(draw * 0x1_0000_0000), 8)).join("")
)

/** How many ids one millisecond can name. */
const perMillisecond = 0x1_0000

export class IdGenerator extends Context.Service<IdGenerator, {
  readonly next: Effect.Effect<string, ProtocolError.ProtocolError>
}>()("gossip-girl/IdGenerator") {
  /**
   * Time, sequence, node, life, such as `0193b4e8a1c30000-n1-1f2e3d4c5b6a7988`: no messages, and sorting the ids
   * as text sorts them by time, those of one node exactly.
   *
   * Like Snowflake (Twitter, 2010) and Flake (Boundary, 2012), with two repairs. The time is the largest that the clock
   * has ever shown, and a sequence that overflows takes the next millisecond on credit, as in a hybrid logical clock
   * (Kulkarni et al., "Logical Physical Clocks", 2014). So (time, sequence) strictly rises whatever the clock does, and
   * a node never waits. And a node that restarts, when its clock may show a time it has shown before, is a new
   * life with a random name of 64 bits. Two ids can therefore only be equal if two lives of the same node drew
   * the same name: for a thousand restarts of a node, less than one chance in 10^13.
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
   * 128 random bits: no messages, no state, no order. They are as unpredictable as `Random` is: two processes whose
   * Math.random was seeded alike, which happens with a chance of 2^-64, hand out the same ids.
   */
  static readonly layerRandom = Layer.succeed(IdGenerator, { next: random128 })

  /**
   * The cluster's timestamp oracle: short, totally ordered ids, at the price of two messages each and of waiting for
   * the oracle. A timestamp whose reply is lost is wasted, which harms nobody, so another one is asked for. An id that is
   * not obtained in the end was not handed out either: the error is a definite one.
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
