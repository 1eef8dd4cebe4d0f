import * as Json from "../../schema/Json.ts"
import * as Rpc from "../../schema/Rpc.ts"
import * as ExactNumbers from "../history/ExactNumbers.ts"
import * as History from "../history/History.ts"
import * as Verdict from "../history/Verdict.ts"
import * as Workload from "../Workload.ts"

/** Any JSON value will do as an id: nodes of other makes answer numbers, or arrays. */
const Generate = Rpc.make("generate", { reply: { id: Json.Json } })

/** No id is handed out twice. Ids are compared by value. */
export const check = (history: History.History): Verdict.Verdict => {
  const all = History.operations(history)
  const acknowledged = all.filter(({ completion }) => completion.type === "ok")
  const owners = new Map<string, Array<History.Operation>>()
  for (const operation of acknowledged) {
    const id = Json.canonical(operation.completion.value)
    const others = owners.get(id)
    if (others === undefined) owners.set(id, [operation])
    else others.push(operation)
  }
  const duplicated = [...owners].filter(([, operations]) => operations.length > 1)
  return Verdict.make(
    duplicated.map(([id, operations]): Verdict.Finding => {
      const first = operations.slice(0, 4).map(({ completion }) => completion)
      const times = first.map(({ process, time }) => `process ${process} at ${time} ms`)
      return {
        text: `id ${ExactNumbers.write(id)} was handed out ${operations.length} times: ${times.join(", ")}`,
        evidence: [{ about: Verdict.text(first[0]!.value), events: first.map(({ index }) => index) }]
      }
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
  check
}
