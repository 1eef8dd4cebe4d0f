import * as Schema from "effect/Schema"
import { Json } from "./Json.ts"
import * as Rpc from "./Rpc.ts"

/** Adds an element to a set that only grows. It is broadcast by another name. */
export const Add = Rpc.make("add", { request: { element: Json } })

/** Every element that this node knows, each once, in any order. Some languages write an empty list as `null`. */
export const Read = Rpc.make("read", { reply: { value: Schema.NullOr(Schema.Array(Json)) } })

export const GSetProtocol = [Add, Read] as const
