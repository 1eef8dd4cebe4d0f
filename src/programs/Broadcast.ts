/**
 * Challenge 3, broadcast: clients tell any node a value, and soon every node knows it.
 *
 * - Algorithm: each value is an operation of Gossip; a node knows the set of values that have been delivered to it.
 * - Guarantee: an acknowledged value reaches every node that is alive and can be reached in the end, and never vanishes
 *   from a life that has it; nor from a node, where Gossip is durable. Nodes always answer. Values are compared as JSON values, and each is read once.
 * - Cost: that of Gossip; to acknowledge costs no messages between servers, and to read none but where Gossip pulls.
 */
import * as Effect from "effect/Effect"
import { BroadcastProtocol } from "../schema/BroadcastProtocol.ts"
import * as Json from "../schema/Json.ts"
import { Gossip } from "../services/gossip/Gossip.ts"
import { Node } from "../services/node/Node.ts"
import * as JsonSet from "./JsonSet.ts"

export const Broadcast = Effect.gen(function*() {
  const values = JsonSet.make()
  const gossip = yield* Gossip
  const { commit, read } = yield* gossip.join(Json.Json, {
    onDelivery: ({ operation }) => values.add(operation),
    state: values
  })

  return yield* Node.serve(BroadcastProtocol, {
    topology: () => Effect.succeed({}), // the layer of Gossip decides who sends to whom
    broadcast: ({ message }) => Effect.as(commit(values.has(message) ? [] : [message]), {}),
    read: () => read(() => ({ messages: values.all() }))
  })
})
