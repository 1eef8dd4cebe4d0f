import { Echo } from "../../schema/EchoProtocol.ts"
import * as Json from "../../schema/Json.ts"
import * as History from "../History.ts"
import * as Verdict from "../Verdict.ts"
import * as Workload from "../Workload.ts"

/** The same payload comes back. */
export const check = (history: History.History): Verdict.Verdict =>
  Verdict.make(
    History.operations(history).flatMap(({ completion, invoke }) =>
      completion.type !== "ok" || Json.equals(invoke.value, completion.value) ? [] : [
        `process ${invoke.process} said ${JSON.stringify(invoke.value)} and heard ${JSON.stringify(completion.value)}`
      ]
    )
  )

export const EchoWorkload: Workload.Workload = {
  name: "echo",
  generator: (random) => () => {
    const echo = `Please echo ${random.below(128)}`
    return Workload.invocation({
      f: "echo",
      value: echo,
      rpc: Echo,
      request: { echo },
      readOnly: false,
      result: (reply) => reply.echo
    })
  },
  final: [],
  check
}
