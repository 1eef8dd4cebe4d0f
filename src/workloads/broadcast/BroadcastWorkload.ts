/**
 * Clients tell nodes values, and read which values a node has: in the end every node must have all of them.
 */
import { Broadcast, Read } from "../../schema/BroadcastProtocol.ts"
import type { Json } from "../../schema/Json.ts"
import { Topology } from "../../schema/TopologyProtocol.ts"
import * as SetChecker from "../g-set/SetChecker.ts"
import * as Workload from "../Workload.ts"
import * as Topologies from "./Topology.ts"

const suggest = (topology: Topologies.Topology) =>
  Workload.invocation({
    f: "topology",
    value: null,
    rpc: Topology,
    request: { topology },
    readOnly: false,
    result: () => null
  })

const broadcast = (message: Json) =>
  Workload.invocation({
    f: "broadcast",
    value: message,
    rpc: Broadcast,
    request: { message },
    readOnly: false,
    result: () => message
  })

const read = Workload.invocation({
  f: "read",
  value: null,
  rpc: Read,
  request: {},
  readOnly: true,
  result: ({ messages }) => messages
})

const settings = { topology: Topologies.setting, durable: Workload.durable }

/** As many broadcasts of the next whole number as reads, in any order. */
export const BroadcastWorkload = Workload.configurable("broadcast", settings, ({ durable, topology }) => ({
  setup: (_, nodes) => [suggest(Topologies.make(topology, nodes))],
  generator: (random) => {
    let next = 0
    return () => random.chance(0.5) ? broadcast(next++) : read
  },
  byHand: [
    Workload.handmade(
      Broadcast,
      (number) => ({ message: Workload.unused(number) }),
      ({ message }) => broadcast(message)
    ),
    Workload.handmade(Read, () => ({}), () => read)
  ],
  final: () => [read],
  check: (history) => SetChecker.check(history, { memory: durable ? "durable" : "volatile" })
}))
