import * as Finding from "gossip-girl/workloads/Finding"
import type { History } from "gossip-girl/workloads/History"
import * as Kinds from "gossip-girl/workloads/Kinds"
import * as Operations from "gossip-girl/workloads/Operations"
import * as Verdict from "gossip-girl/workloads/Verdict"

const kinds = Kinds.make("mine", {
  "no answer": { rules: "strict", means: "a node that answers nothing", there: Kinds.nothing }
})

/** Nodes that answer nothing at all, each with how the last thing that it was asked ended. */
export const silent = (history: History): Verdict.Verdict => {
  const operations = Operations.fold(history)
  const answered = new Set(operations.all.map((one) => Operations.outcome(one) === "ok" ? one.invoke.node : undefined))
  const never = operations.nodes.filter((node) => !answered.has(node))
  return Verdict.make(Verdict.silent(kinds, "no answer", never, operations))
}

/** Every operation must be ok: what it says of a history, with how long operations took. */
export const check = (history: History): Verdict.Verdict => {
  const all = Operations.completed(history)
  const refused = all.filter((operation) => Operations.outcome(operation) === "fail")
  const took = all.map(({ completion, invoke }) => completion.time - invoke.time)
  const series: Verdict.Series = {
    name: "latency",
    points: all.map(({ invoke }, i) => [invoke.time, took[i]!] as const)
  }
  return Verdict.make(
    refused.length === 0
      ? []
      : [Finding.once("mine", "refused", "strict", Finding.example([], { failures: Verdict.failures(refused) }))],
    { count: all.length, ...Verdict.quantiles("latencies", took) },
    [series]
  )
}
