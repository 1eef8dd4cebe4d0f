import "effect/schema/SchemaJITCompiler/enable"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { KafkaSharedLog } from "../src/programs/KafkaSharedLog.ts"
import { LinKv } from "../src/services/kv/Kv.ts"
import { layerLinKv } from "../src/services/log/LinKvLog.ts"
import * as Live from "./live/Live.ts"

Live.run(Effect.provide(KafkaSharedLog, Layer.provide(layerLinKv, LinKv.layer)))
