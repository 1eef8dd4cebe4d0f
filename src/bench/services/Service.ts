/**
 * What the bench's services (lin-kv, seq-kv, lww-kv, lin-tso) understand and answer: a state machine, asked one request
 * at a time. Time, latency and message ids are the network's business.
 *
 * Unlike Maelstrom's, which throw and stay silent, they answer a request that they do not know with an error.
 */
import type { Json } from "../../schema/Json.ts"

export type KeyValueRequest =
  | { readonly type: "read"; readonly key: Json }
  | { readonly type: "write"; readonly key: Json; readonly value: Json }
  | {
    readonly type: "cas"
    readonly key: Json
    readonly from: Json
    readonly to: Json
    readonly create_if_not_exists?: boolean
  }

export type Request = KeyValueRequest | { readonly type: "ts" }

export type Reply =
  | { readonly type: "read_ok"; readonly value: Json }
  | { readonly type: "write_ok" }
  | { readonly type: "cas_ok" }
  | { readonly type: "ts_ok"; readonly ts: number }
  | { readonly type: "error"; readonly code: number; readonly text: string }

export interface Service {
  /** Answers one request. `client` is whoever asks, usually a node. The reply lacks `in_reply_to`. */
  readonly handle: (client: string, request: Request) => Reply
}

export const isKeyValueRequest = (request: Request): request is KeyValueRequest =>
  request.type === "read" || request.type === "write" || request.type === "cas"

export const notSupported = (request: Request): Reply => ({
  type: "error",
  code: 10,
  text: `unsupported request: ${request.type}`
})
