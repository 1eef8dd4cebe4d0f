/**
 * The layers of SharedLog.
 */
import * as Layer from "effect/Layer"
import { LinKv } from "../services/kv/Kv.ts"
import { layerLinKv } from "../services/log/LinKvLog.ts"
import { layerRaft } from "../services/raft/RaftLog.ts"

export const linKv = Layer.provide(layerLinKv, LinKv.layer)

export const raft = layerRaft
