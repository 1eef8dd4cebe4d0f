/**
 * A grow-only set: clients add elements at any node, and soon read them at every node.
 *
 * - Algorithm, guarantee and cost: those of Broadcast.
 */
import * as Effect from "effect/Effect"
import { GSetProtocol } from "../schema/GSetProtocol.ts"
import * as Json from "../schema/Json.ts"
import { Gossip } from "../services/gossip/Gossip.ts"
import { Node } from "../services/node/Node.ts"

export const GSet = Effect.gen(function*() {
  const elements = new Map<string, Json.Json>()
  const gossip = yield* Gossip
  const { publish } = yield* gossip.join(Json.Json, {
    onDelivery: ({ operation }) => elements.set(Json.canonical(operation), operation)
  })

  return yield* Node.serve(GSetProtocol, {
    add: ({ element }) => elements.has(Json.canonical(element)) ? Effect.succeed({}) : Effect.as(publish(element), {}),
    read: () => Effect.sync(() => ({ value: [...elements.values()] }))
  })
})
