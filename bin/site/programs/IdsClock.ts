/** The node, the time of day, and a number for ids of the same millisecond: unique while clocks only go forward. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { UniqueIdsProtocol } from "../../../src/schema/UniqueIdsProtocol.ts"
import { Node } from "../../../src/services/node/Node.ts"

export const IdsClock = Effect.gen(function*() {
  const node = yield* Node
  let time = 0
  let sequence = 0

  yield* node.serve(UniqueIdsProtocol, {
    generate: () =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        sequence = now === time ? sequence + 1 : 0
        time = now
        return { id: `${node.id}-${time}-${sequence}` }
      })
  })
})
