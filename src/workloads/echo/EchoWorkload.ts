import { Echo } from "../../schema/EchoProtocol.ts"
import * as Json from "../../schema/Json.ts"
import * as ExactNumbers from "../history/ExactNumbers.ts"
import * as History from "../history/History.ts"
import * as Verdict from "../history/Verdict.ts"
import * as Workload from "../Workload.ts"

/**
 * The same payload comes back, each time. As in Maelstrom, no answer is a wrong answer; only where nodes are killed or
 * paused, which Maelstrom does not do, it is excused.
 */
export const check = (history: History.History): Verdict.Verdict => {
  const isExcused = history.some(({ f }) => f === "start-kill" || f === "start-pause")
  return Verdict.make(
    History.operations(history).flatMap(({ completion, invoke }): ReadonlyArray<Verdict.Finding> => {
      const isOk = completion.type === "ok"
      if (isOk ? Json.equals(invoke.value, completion.value) : isExcused) return []
      const heard = isOk ? ExactNumbers.text(completion.value) : `nothing: ${completion.error}`
      return [{
        text: `process ${invoke.process} said ${ExactNumbers.text(invoke.value)} and heard ${heard}`,
        evidence: [{ about: Verdict.text(invoke.value), events: [invoke.index, completion.index] }]
      }]
    })
  )
}

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
  check
}
