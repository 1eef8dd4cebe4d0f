import * as Effect from "effect/Effect"
import { Timers } from "gossip-girl/services/Timers"

export const program = Effect.gen(function*() {
  const timers = yield* Timers
  yield* timers.after("5 seconds", Effect.log("once"))
  yield* timers.every("200 millis", Effect.log("again and again, until the node stops"))
})
