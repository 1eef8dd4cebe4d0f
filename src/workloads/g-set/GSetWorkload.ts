/**
 * Clients add elements to a set, and read it: in the end every node must have all of them.
 */
import { Add, Read } from "../../schema/GSetProtocol.ts"
import type { Json } from "../../schema/Json.ts"
import * as Workload from "../Workload.ts"
import * as SetChecker from "./SetChecker.ts"

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
  readOnly: false, // Maelstrom's client does not say that a read changes nothing: after a timeout it is gone
  result: ({ value }) => value ?? []
})

/** As many adds of the next whole number as reads, in any order. */
export const GSetWorkload = Workload.configurable("g-set", { durable: Workload.durable }, ({ durable }) => ({
  generator: (random) => {
    let next = 0
    return () => random.chance(0.5) ? add(next++) : read
  },
  byHand: [
    Workload.handmade(Add, (number) => ({ element: Workload.unused(number) }), ({ element }) => add(element)),
    Workload.handmade(Read, () => ({}), () => read)
  ],
  final: () => [read],
  check: (history) => SetChecker.check(history, { memory: durable ? "durable" : "volatile" })
}))
