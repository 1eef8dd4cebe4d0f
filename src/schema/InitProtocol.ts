import * as Schema from "effect/Schema"
import { NodeId } from "./Address.ts"
import * as Rpc from "./Rpc.ts"

/** The first request to every node: the bench tells the node its own id, and the ids of all nodes of the cluster. */
export const Init = Rpc.make("init", {
  request: { node_id: NodeId, node_ids: Schema.Array(NodeId) }
})
