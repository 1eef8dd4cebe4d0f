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
import * as JsonSet from "./JsonSet.ts"

export const GSet = Effect.gen(function*() {
  const elements = JsonSet.make()
  const gossip = yield* Gossip
  const { commit, read } = yield* gossip.join(Json.Json, {
    onDelivery: ({ operation }) => elements.add(operation),
    state: elements
  })

  return yield* Node.serve(GSetProtocol, {
    add: ({ element }) => Effect.as(commit(elements.has(element) ? [] : [element]), {}),
    read: () => read(() => ({ value: elements.all() }))
  })
})
