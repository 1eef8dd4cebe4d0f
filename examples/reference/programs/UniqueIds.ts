import * as Effect from "effect/Effect"
import { UniqueIds } from "gossip-girl/programs/UniqueIds"
import { IdGenerator } from "gossip-girl/services/IdGenerator"

export const program = Effect.provide(UniqueIds, IdGenerator.layerFlake)
