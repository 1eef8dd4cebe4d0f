/**
 * What clients ask of a cluster, and how the answers are judged.
 */
import * as Result from "effect/Result"
import type { NodeId } from "../schema/Address.ts"
import type { Body } from "../schema/Envelope.ts"
import type { Json } from "../schema/Json.ts"
import * as ProtocolError from "../schema/ProtocolError.ts"
import type * as Rpc from "../schema/Rpc.ts"
import type { History } from "./History.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import type * as Topology from "./Topology.ts"
import type { ConsistencyModel } from "./transactions/ConsistencyModel.ts"
import type { Verdict } from "./Verdict.ts"

/** How an operation ended. */
export type Outcome =
  | { readonly type: "ok"; readonly value: Json }
  | { readonly type: "fail" | "info"; readonly error: string }

/** One operation: the request that it sends, and what to make of the reply. */
export interface Invocation {
  readonly f: string
  readonly value: Json
  /** It changes nothing: an unknown outcome is as good as a failure. */
  readonly readOnly: boolean
  readonly request: Body
  readonly outcome: (reply: Body) => Outcome
}

/** What a workload may tell the nodes about each other. */
export interface Cluster {
  readonly nodes: ReadonlyArray<NodeId>
  readonly topology: Topology.Name
}

/** What can be set of workloads; each takes what concerns it. */
export interface Settings {
  /** How many keys are in use at a time. */
  readonly keyCount?: number | undefined
  /** How many operations a transaction has at the most. */
  readonly maxTxnLength?: number | undefined
  /** After so many writes another key takes the place of a key. */
  readonly maxWritesPerKey?: number | undefined
  /** What the nodes promise. */
  readonly consistencyModels?: ReadonlyArray<ConsistencyModel> | undefined
}

export interface Workload {
  readonly name: string
  /** The same, with other settings. A workload that has none cannot be set. */
  readonly set?: (settings: Settings) => Workload
  /**
   * What a client asks each node, one thing after the other and of all nodes at once, before the run begins. These are
   * no operations: they are not in the history, and their messages count as a client's.
   */
  readonly setup?: (node: NodeId, cluster: Cluster) => ReadonlyArray<Invocation>
  /** Each call draws the next operation. */
  readonly generator: (random: SeededRandom) => () => Invocation
  /** What every client does once more at the end, when the network has healed and come to rest. */
  readonly final: ReadonlyArray<Invocation> | ((history: History) => ReadonlyArray<Invocation>)
  readonly check: (history: History) => Verdict
}

/** What every client does at the end of this run. */
export const finalOf = ({ final }: Workload, history: History): ReadonlyArray<Invocation> =>
  typeof final === "function" ? final(history) : final

const header = new Set(["type", "msg_id", "in_reply_to"])

/**
 * An operation that is one request. A reply with a field too many, too few, or of the wrong type is taken as Maelstrom
 * takes it: it is no reply, and the outcome is unknown.
 */
export const invocation = <Type extends string, Q, P>(options: {
  readonly f: string
  readonly value: Json
  readonly rpc: Rpc.Rpc<Type, Q, P>
  readonly request: Q
  readonly readOnly: boolean
  readonly result: (reply: P) => Json
}): Invocation => {
  const { f, readOnly, request, result, rpc, value } = options
  const unknown = (error: string): Outcome => ({ type: "info", error })
  return {
    f,
    value,
    readOnly,
    request: { type: rpc.type, ...rpc.encodeRequest(request) },
    outcome: (reply) => {
      if (reply["type"] === "error") {
        const error = ProtocolError.fromBody(reply)
        return { type: error.definite || readOnly ? "fail" : "info", error: `${error._tag}: ${error.text}` }
      }
      const extra = Object.keys(reply).find((field) => !header.has(field) && !rpc.replyFields.has(field))
      if (extra !== undefined) return unknown(`malformed reply: unexpected field ${extra}`)
      const decoded = rpc.decodeReply(reply)
      if (reply["type"] !== rpc.replyType || Result.isFailure(decoded)) {
        return unknown(`malformed reply: ${JSON.stringify(reply).slice(0, 200)}`)
      }
      return { type: "ok", value: result(decoded.success) }
    }
  }
}
