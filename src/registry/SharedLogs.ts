/**
 * The layers of SharedLog.
 */
import * as Layer from "effect/Layer"
import { LinKv } from "../services/kv/Kv.ts"
import { layerLinKv } from "../services/log/LinKvLog.ts"

export const linKv = Layer.provide(layerLinKv, LinKv.layer)
