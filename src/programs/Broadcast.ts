/**
 * Challenge 3, broadcast: a value that any node is told, every node knows soon.
 *
 * - Algorithm: the set of delivered operations; see Gossip.
 * - Guarantee: an acknowledged value reaches every node that lives and can be reached in the end, and never vanishes
 *   from one that has it. Always available. Values are equal by value, and are read once each.
 * - Cost: that of Gossip; acknowledging and reading cost no messages between servers.
 */
import * as Effect from "effect/Effect"
import { BroadcastProtocol } from "../schema/BroadcastProtocol.ts"
import * as Json from "../schema/Json.ts"
import { Gossip } from "../services/gossip/Gossip.ts"
import { Node } from "../services/node/Node.ts"

export const Broadcast = Effect.gen(function*() {
  const seen = new Map<string, Json.Json>()
  const gossip = yield* Gossip
  const { publish } = yield* gossip.join(Json.Json, {
    onDelivery: ({ operation }) => seen.set(Json.canonical(operation), operation)
  })

  return yield* Node.serve(BroadcastProtocol, {
    topology: () => Effect.succeed({}), // a suggestion; the layer of Gossip has its own
    broadcast: ({ message }) =>
      seen.has(Json.canonical(message)) ? Effect.succeed({}) : Effect.as(publish(message), {}),
    read: () => Effect.sync(() => ({ messages: [...seen.values()] }))
  })
})
