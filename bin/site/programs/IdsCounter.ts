/** Unique as long as nobody forgets how far it has counted. */
import * as Effect from "effect/Effect"
import { UniqueIdsProtocol } from "../../../src/schema/UniqueIdsProtocol.ts"
import { Node } from "../../../src/services/node/Node.ts"

export const IdsCounter = Effect.gen(function*() {
  const node = yield* Node
  let count = 0

  yield* node.serve(UniqueIdsProtocol, {
    generate: () => Effect.sync(() => ({ id: `${node.id}-${++count}` }))
  })
})
