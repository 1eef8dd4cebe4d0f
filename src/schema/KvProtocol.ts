/**
 * The protocol of key-value services. A missing key is error 20, a `cas` that finds another value is error 22.
 */
import * as Schema from "effect/Schema"
import { Json } from "./Json.ts"
import * as Rpc from "./Rpc.ts"

/**
 * How long a client waits for an answer, in ms. Maelstrom's clients of lin-kv wait for 1 s at least; the answer needs
 * some of that for its way back.
 */
const clientTimeout = 950

export const Read = Rpc.make("read", { request: { key: Json }, reply: { value: Json }, clientTimeout })

export const Write = Rpc.make("write", { request: { key: Json, value: Json }, clientTimeout })

/**
 * Values are compared as JSON values. `create_if_not_exists` may be any value: as in Clojure, all values but `null` and
 * `false` count as true. lww-kv ignores it.
 */
export const Cas = Rpc.make("cas", {
  request: { key: Json, from: Json, to: Json, create_if_not_exists: Schema.optionalKey(Json) },
  clientTimeout
})

export const KvProtocol = [Read, Write, Cas] as const
