import * as Schema from "effect/Schema"
import { Json } from "./Json.ts"
import * as Rpc from "./Rpc.ts"
import { Topology } from "./TopologyProtocol.ts"

/** Challenge 3: what is said to one node, every node knows before long. */
export const Broadcast = Rpc.make("broadcast", { request: { message: Json } })

/** Every message that this node knows, each once, in any order. Some languages write a list of none as `null`. */
export const Read = Rpc.make("read", { reply: { messages: Schema.NullOr(Schema.Array(Json)) } })

export const BroadcastProtocol = [Topology, Broadcast, Read] as const
