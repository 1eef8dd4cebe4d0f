/**
 * Challenge 2, unique ids: every node hands out ids, and none hands out an id that was handed out before.
 *
 * - Algorithm: that of the layer of IdGenerator.
 * - Guarantee: ids are unique in the whole cluster, whatever is cut, however often nodes start again, and whatever
 *   clocks show. With the flake and the random layer nodes always answer; with the central one, as long as lin-tso
 *   does.
 * - Cost: no messages between servers with flake and random, two an id with central.
 */
import * as Effect from "effect/Effect"
import { UniqueIdsProtocol } from "../schema/UniqueIdsProtocol.ts"
import { IdGenerator } from "../services/ids/IdGenerator.ts"
import { Node } from "../services/node/Node.ts"

export const UniqueIds = Effect.flatMap(IdGenerator, (ids) =>
  Node.serve(UniqueIdsProtocol, {
    generate: () => Effect.map(ids.next, (id) => ({ id }))
  }))
