/**
 * Clients ask for ids, and no two of them may get the same one.
 */
import * as Json from "../../schema/Json.ts"
import * as Rpc from "../../schema/Rpc.ts"
import * as Finding from "../finding/Finding.ts"
import * as Kinds from "../finding/Kinds.ts"
import * as Verdict from "../finding/Verdict.ts"
import type * as History from "../history/History.ts"
import * as Operations from "../history/Operations.ts"
import * as Workload from "../Workload.ts"

/** An id may be any JSON value: nodes in other languages answer numbers, or arrays. */
const Generate = Rpc.make("generate", { reply: { id: Json.Json } })

/** No id is handed out twice. Ids are compared by value. */
export const kinds = Kinds.make("unique-ids", {
  "duplicate id": { rules: "maelstrom", means: "an id that was handed out more than once", there: "`unique-ids`" }
})

export const check = (history: History.History): Verdict.Verdict => {
  const all = Operations.completed(history)
  const acknowledged = all.filter(({ completion }) => completion.type === "ok")
  const owners = new Map<string, Array<Operations.Completed>>()
  for (const operation of acknowledged) {
    const id = Json.canonical(operation.completion.value)
    const others = owners.get(id)
    if (others === undefined) owners.set(id, [operation])
    else others.push(operation)
  }
  const duplicated = [...owners].filter(([, operations]) => operations.length > 1)
  return Verdict.make(
    kinds.of("duplicate id", duplicated, ([, operations]) => {
      const first = operations.slice(0, 4).map(({ completion }) => completion)
      return Finding.example(operations.map(({ invoke }) => invoke.node), {
        value: first[0]!.value,
        times: operations.length,
        told: first.map(({ process, time }) => ({ process, time }))
      }, first.map(({ index }) => index))
    }),
    { attempted: all.length, acknowledged: acknowledged.length, duplicated: duplicated.length }
  )
}

const generate = Workload.invocation({
  f: "generate",
  value: null,
  rpc: Generate,
  request: {},
  readOnly: false,
  result: ({ id }) => id
})

export const UniqueIdsWorkload: Workload.Workload = {
  name: "unique-ids",
  generator: () => () => generate,
  byHand: [Workload.handmade(Generate, () => ({}), () => generate)],
  check
}
