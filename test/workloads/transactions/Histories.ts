/**
 * Histories of transactions, written by hand.
 */
import { NodeId } from "../../../src/schema/Address.ts"
import type { Json } from "../../../src/schema/Json.ts"
import type { Event, History } from "../../../src/workloads/history/History.ts"
import { finalRead } from "../../../src/workloads/transactions/Transactions.ts"

export interface Transaction {
  /** As `w x 1, r y null` for registers, `append x 1, r y [1,2]` for lists. */
  readonly operations: string
  /** One of its own, if it does not say: so none comes before another. */
  readonly process?: number
  /** When it begins and ends, in ms. Without these it overlaps all others that lack them. */
  readonly from?: number
  readonly to?: number
  readonly type?: "ok" | "fail" | "info"
  readonly node?: string
  readonly final?: boolean
}

const parse = (operations: string): ReadonlyArray<readonly [f: string, key: string, value: Json]> =>
  operations.split(/, (?=[a-z])/).map((operation) => {
    const [f, key, value] = operation.split(" ")
    return [f!, key!, JSON.parse(value!)]
  })

/** A text is a transaction that was ok. */
export const history = (
  transactions: ReadonlyArray<string | Transaction>,
  kills: ReadonlyArray<{ readonly time: number; readonly nodes: ReadonlyArray<string> }> = []
): History => {
  const events: Array<Omit<Event, "index">> = kills.map(({ nodes, time }) => ({
    time,
    process: "nemesis",
    type: "info",
    f: "start-kill",
    value: nodes
  }))
  transactions.forEach((transaction, i) => {
    const {
      final = false,
      from = final ? 1000 : 0,
      node = "n0",
      operations,
      process = 100 + i,
      to = from + 100,
      type = "ok"
    } = typeof transaction === "string" ? { operations: transaction } : transaction
    const answer = parse(operations)
    const request = answer.map(([f, key, value]) => [f, key, f === "r" ? null : value])
    const f = final ? finalRead : "txn"
    events.push(
      { time: from, process, type: "invoke", f, value: request, node: NodeId.make(node) },
      { time: to, process, type, f, value: type === "ok" ? answer : request }
    )
  })
  return events
    .toSorted((a, b) => a.time - b.time || Number(a.type !== "invoke") - Number(b.type !== "invoke"))
    .map((event, index) => ({ index, ...event }))
}
