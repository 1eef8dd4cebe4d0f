import { NodeId } from "gossip-girl/schema/Address"
import { Init } from "gossip-girl/schema/InitProtocol"

const ids = ["n0", "n1"].map((id) => NodeId.make(id))
console.log({ type: Init.type, ...Init.encodeRequest({ node_id: ids[0]!, node_ids: ids }) })
