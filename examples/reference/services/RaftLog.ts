import * as Effect from "effect/Effect"
import { LinKv } from "gossip-girl/programs/LinKv"
import { layerRaft } from "gossip-girl/services/RaftLog"

export const program = Effect.provide(LinKv, layerRaft)
