import type { History } from "gossip-girl/workloads/History"
import * as Operations from "gossip-girl/workloads/Operations"

/** What a history says of a register: what may have been written, and what was read at the end. */
export const ofRegister = (history: History) => {
  const operations: Operations.Operations = Operations.fold(history)
  const isRead = ({ f }: { readonly f: string }): boolean => f === "read"
  const isWrite = ({ f }: { readonly f: string }): boolean => f === "write"
  const steps: Operations.Steps = {
    begin: ({ id, invoke }) => console.log(`${id} begins: ${invoke.f}`),
    end: ({ completion, id }) => console.log(`${id} ends: ${completion.type}`),
    fault: ({ f }) => console.log(f)
  }
  Operations.walk(operations, steps)
  return {
    written: operations.all.filter((one: Operations.Operation) => isWrite(one.invoke) && Operations.isPossible(one)),
    refused: operations.all.filter((one) => Operations.outcome(one) === "fail").length,
    ended: operations.all.filter(Operations.isCompleted).length === Operations.completed(history).length,
    lastOf: operations.nodes.map((node) => Operations.lastAsked(operations, node, "read")),
    final: Operations.finalReads(operations, { isRead, isWrite }).map((one: Operations.Completed) =>
      one.completion.value
    )
  }
}
