/**
 * What the bench's services (lin-kv, seq-kv, lww-kv, lin-tso) understand and answer: state machines, asked one request
 * at a time. Time, latency and message ids are the network's business.
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
    readonly create_if_not_exists?: Json
  }

export interface TimestampRequest {
  readonly type: "ts"
}

export type Reply =
  | { readonly type: "read_ok"; readonly value: Json }
  | { readonly type: "write_ok" }
  | { readonly type: "cas_ok" }
  | { readonly type: "ts_ok"; readonly ts: number }
  | { readonly type: "error"; readonly code: number; readonly text: string }

export interface Service<Request> {
  /** Answers one request. `client` is whoever asks, usually a node. The reply lacks `in_reply_to`. */
  readonly handle: (client: string, request: Request) => Reply
}
