import * as Effect from "effect/Effect"
import { TxnListAppend } from "gossip-girl/programs/TxnListAppend"
import { layerRaft } from "gossip-girl/services/RaftLog"

export const program = Effect.provide(TxnListAppend, layerRaft)
