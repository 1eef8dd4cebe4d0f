import * as Schema from "effect/Schema"
import { Json } from "./Json.ts"
import * as Rpc from "./Rpc.ts"

/** A set that only grows: broadcast by another name. */
export const Add = Rpc.make("add", { request: { element: Json } })

/** Every element that this node knows, each once, in any order. Some languages write a list of none as `null`. */
export const Read = Rpc.make("read", { reply: { value: Schema.NullOr(Schema.Array(Json)) } })

export const GSetProtocol = [Add, Read] as const
