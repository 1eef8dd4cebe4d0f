import { NodeId } from "gossip-girl/schema/Address"
import { Topology } from "gossip-girl/schema/TopologyProtocol"

const [n0, n1] = [NodeId.make("n0"), NodeId.make("n1")]
console.log(Topology.encodeRequest({ topology: { [n0]: [n1], [n1]: [n0] } }))
