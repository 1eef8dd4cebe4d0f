/**
 * The protocol of key-value services. A missing key is error 20, a `cas` that finds another value is error 22.
 */
import * as Schema from "effect/Schema"
import { Json } from "./Json.ts"
import * as Rpc from "./Rpc.ts"

export const Read = Rpc.make("read", { request: { key: Json }, reply: { value: Json } })

export const Write = Rpc.make("write", { request: { key: Json, value: Json } })

/**
 * Values are compared as JSON values. `create_if_not_exists` may be any value: as in Clojure, all values but `null` and
 * `false` count as true. lww-kv ignores it.
 */
export const Cas = Rpc.make("cas", {
  request: { key: Json, from: Json, to: Json, create_if_not_exists: Schema.optionalKey(Json) }
})

export const KvProtocol = [Read, Write, Cas] as const
