import "effect/schema/SchemaJITCompiler/enable"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TxnListAppend } from "../src/programs/TxnListAppend.ts"
import { LinKv } from "../src/services/kv/Kv.ts"
import { layerLinKv } from "../src/services/log/LinKvLog.ts"
import * as Live from "./live/Live.ts"

Live.run(Effect.provide(TxnListAppend, Layer.provide(layerLinKv, LinKv.layer)))
