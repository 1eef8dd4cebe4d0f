import * as Schema from "effect/Schema"
import { NodeId } from "./Address.ts"
import * as Rpc from "./Rpc.ts"

/** The neighbours that a client suggests to each node. Any node can reach any other, so programs need not follow it. */
export const Topology = Rpc.make("topology", {
  request: { topology: Schema.Record(NodeId, Schema.Array(NodeId)) }
})
