/**
 * Clients say something, and each must get back the same.
 */
import { Echo } from "../../schema/EchoProtocol.ts"
import * as Json from "../../schema/Json.ts"
import * as Finding from "../finding/Finding.ts"
import * as Kinds from "../finding/Kinds.ts"
import * as Verdict from "../finding/Verdict.ts"
import type * as History from "../history/History.ts"
import { isKill } from "../history/Lives.ts"
import * as Operations from "../history/Operations.ts"
import * as Workload from "../Workload.ts"

/**
 * Each answer must have the value that the client said. As in Maelstrom, no answer counts as a wrong answer. Only where
 * the nemesis kills or pauses nodes, which Maelstrom's does not, a missing answer is excused.
 */
export const kinds = Kinds.make("echo", {
  "wrong echo": {
    rules: "maelstrom",
    means: "the reply is not what was said, or there is none",
    there: "the checker of `echo`"
  }
})

export const check = (history: History.History): Verdict.Verdict => {
  const isExcused = history.some((event) => isKill(event) || event.f === "start-pause")
  const isWrong = ({ completion, invoke }: Operations.Completed): boolean =>
    completion.type === "ok" ? !Json.equals(invoke.value, completion.value) : !isExcused
  const wrong = Operations.completed(history).filter(isWrong)
  return Verdict.make(
    kinds.of("wrong echo", wrong, ({ completion, invoke }) =>
      Finding.example([invoke.node], {
        process: invoke.process,
        expected: invoke.value,
        ...completion.type === "ok" ? { seen: completion.value } : { failure: completion.error }
      }, [invoke.index, completion.index]))
  )
}

const say = (echo: Json.Json): Workload.Invocation =>
  Workload.invocation({
    f: "echo",
    value: echo,
    rpc: Echo,
    request: { echo },
    readOnly: false,
    result: (reply) => reply.echo
  })

export const EchoWorkload: Workload.Workload = {
  name: "echo",
  generator: (random) => () => say(`Please echo ${random.below(128)}`),
  byHand: [Workload.handmade(Echo, (number) => ({ echo: `Hello ${number}` }), ({ echo }) => say(echo))],
  check
}
