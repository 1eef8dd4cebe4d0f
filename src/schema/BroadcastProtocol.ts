import * as Schema from "effect/Schema"
import { Json } from "./Json.ts"
import * as Rpc from "./Rpc.ts"
import { Topology } from "./TopologyProtocol.ts"

/** Challenge 3: a message that one node is told, which every node shall know soon. */
export const Broadcast = Rpc.make("broadcast", { request: { message: Json } })

/** Every message that this node knows, each once, in any order. Some languages write an empty list as `null`. */
export const Read = Rpc.make("read", { reply: { messages: Schema.NullOr(Schema.Array(Json)) } })

export const BroadcastProtocol = [Topology, Broadcast, Read] as const
