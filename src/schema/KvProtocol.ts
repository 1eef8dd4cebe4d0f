/**
 * What Maelstrom's key-value services understand. A missing key is error 20, a `cas` that finds another value error 22.
 */
import * as Schema from "effect/Schema"
import { Json } from "./Json.ts"
import * as Rpc from "./Rpc.ts"

export const Read = Rpc.make("read", { request: { key: Json }, reply: { value: Json } })

export const Write = Rpc.make("write", { request: { key: Json, value: Json } })

/**
 * Values are compared as JSON values. `create_if_not_exists` may be anything, and all but `null` and `false` is true, as in
 * Clojure; lww-kv ignores it.
 */
export const Cas = Rpc.make("cas", {
  request: { key: Json, from: Json, to: Json, create_if_not_exists: Schema.optionalKey(Json) }
})

export const KvProtocol = [Read, Write, Cas] as const
