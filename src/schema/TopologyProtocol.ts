import * as Schema from "effect/Schema"
import { NodeId } from "./Address.ts"
import * as Rpc from "./Rpc.ts"

/** Which neighbours the bench suggests to each node. A suggestion only: any node can reach any other. */
export const Topology = Rpc.make("topology", {
  request: { topology: Schema.Record(NodeId, Schema.Array(NodeId)) }
})
