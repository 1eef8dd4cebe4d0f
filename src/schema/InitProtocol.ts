import * as Schema from "effect/Schema"
import { NodeId } from "./Address.ts"
import * as Rpc from "./Rpc.ts"

/** The first message to every node: who it is, and who else there is. */
export const Init = Rpc.make("init", {
  request: { node_id: NodeId, node_ids: Schema.Array(NodeId) }
})
