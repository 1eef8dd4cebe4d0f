/** Remembers what clients tell it, and keeps it to itself. */
import * as Effect from "effect/Effect"
import { BroadcastProtocol } from "../../../src/schema/BroadcastProtocol.ts"
import type { Json } from "../../../src/schema/Json.ts"
import { Node } from "../../../src/services/node/Node.ts"

export const BroadcastAlone = Effect.gen(function*() {
  const node = yield* Node
  const seen = new Set<Json>()

  yield* node.serve(BroadcastProtocol, {
    topology: () => Effect.succeed({}),
    broadcast: ({ message }) => Effect.sync(() => (seen.add(message), {})),
    read: () => Effect.sync(() => ({ messages: [...seen] }))
  })
})
