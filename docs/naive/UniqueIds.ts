/**
 * Unique ids as one writes them first: the time, and a number for what is made in the same millisecond.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { UniqueIdsProtocol } from "../../src/schema/UniqueIdsProtocol.ts"
import { Node } from "../../src/services/node/Node.ts"

export const UniqueIds = Effect.suspend(() => {
  let last = 0
  let number = 0
  return Node.serve(UniqueIdsProtocol, {
    generate: () =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        number = now === last ? number + 1 : 0
        last = now
        return { id: `${now}-${number}` }
      })
  })
})
