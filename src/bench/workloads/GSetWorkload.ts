import { Add, Read } from "../../schema/GSetProtocol.ts"
import type { Json } from "../../schema/Json.ts"
import * as SetFull from "../SetFull.ts"
import * as Workload from "../Workload.ts"

const add = (element: Json) =>
  Workload.invocation({
    f: "add",
    value: element,
    rpc: Add,
    request: { element },
    readOnly: false,
    result: () => element
  })

const read = Workload.invocation({
  f: "read",
  value: null,
  rpc: Read,
  request: {},
  readOnly: true,
  result: ({ value }) => value
})

/** As many adds of the next whole number as reads, in any order. */
export const GSetWorkload: Workload.Workload = {
  name: "g-set",
  generator: (random) => {
    let next = 0
    return () => random.chance(0.5) ? add(next++) : read
  },
  final: () => [read],
  // Nodes keep everything in memory and acknowledge at once, so a node that is killed may take with it what it alone had.
  check: (history) => SetFull.check(history, { memory: "volatile" })
}
