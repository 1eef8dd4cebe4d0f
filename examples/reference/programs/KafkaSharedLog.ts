import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { KafkaSharedLog } from "gossip-girl/programs/KafkaSharedLog"
import { LinKv } from "gossip-girl/services/Kv"
import { layerLinKv } from "gossip-girl/services/LinKvLog"

export const program = Effect.provide(KafkaSharedLog, Layer.provide(layerLinKv, LinKv.layer))
