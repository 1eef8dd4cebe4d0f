/**
 * Challenge 2, unique ids: every node hands out ids, and no id is ever handed out twice, whatever the network does.
 *
 * - Algorithm: that of the `IdGenerator` layer.
 * - Guarantee: unique in the whole cluster, across restarts, whatever the clocks show. Total availability with the
 *   flake and the random generator; with the central one, as long as the oracle answers.
 * - Cost: no messages between servers with flake and random, two an operation with central.
 */
import * as Effect from "effect/Effect"
import { UniqueIdsProtocol } from "../schema/UniqueIdsProtocol.ts"
import { IdGenerator } from "../services/ids/IdGenerator.ts"
import { Node } from "../services/node/Node.ts"

export const UniqueIds = Effect.flatMap(IdGenerator, (ids) =>
  Node.serve(UniqueIdsProtocol, {
    generate: () => Effect.map(ids.next, (id) => ({ id }))
  }))
