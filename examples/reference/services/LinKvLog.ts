import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TxnListAppend } from "gossip-girl/programs/TxnListAppend"
import { LinKv } from "gossip-girl/services/Kv"
import { layerLinKv } from "gossip-girl/services/LinKvLog"

export const program = Effect.provide(TxnListAppend, Layer.provide(layerLinKv, LinKv.layer))
