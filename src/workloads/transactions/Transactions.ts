/**
 * Transactions, as their clients saw them.
 */
import type { NodeId } from "../../schema/Address.ts"
import * as Json from "../../schema/Json.ts"
import type { Event, History } from "../history/History.ts"

export interface Operation {
  readonly f: "read" | "write"
  readonly key: Json.Json
  /** What was written, or read: nobody knows what a transaction has read that was not ok. */
  readonly value: Json.Json
}

export interface Transaction {
  /** Its place in the order in which they began. */
  readonly id: number
  readonly invoke: Event
  readonly completion: Event | undefined
  readonly outcome: "ok" | "fail" | "unknown"
  /** Those with the same number are of one client, each after the other. */
  readonly session: number
  readonly operations: ReadonlyArray<Operation>
  /** A read at the end of a run, when everything has come to rest. */
  readonly isFinal: boolean
  /** Its node was killed later on, and may have taken along what nobody else had. */
  readonly mayBeForgotten: boolean
  /** The reply is of another transaction than the request. */
  readonly isGarbled: boolean
}

/** The name of the operations at the end of a run. */
export const finalRead = "final read"

/** The same for equal values, as a key of a map. */
export const identity = (value: Json.Json): Json.Json =>
  typeof value === "object" && value !== null ? `\u0000${Json.canonical(value)}` : value

const isList = (value: Json.Json): value is ReadonlyArray<Json.Json> => Array.isArray(value)

const decode = (value: Json.Json): ReadonlyArray<Operation> =>
  isList(value)
    ? value.flatMap((operation) =>
      isList(operation)
        ? { f: operation[0] === "r" ? "read" : "write", key: operation[1] ?? null, value: operation[2] ?? null }
        : []
    )
    : []

const isAnswerTo = (request: ReadonlyArray<Operation>, reply: ReadonlyArray<Operation>): boolean =>
  request.length === reply.length && request.every(({ f, key, value }, i) => {
    const answer = reply[i]!
    return f === answer.f && Json.equals(key, answer.key) && (f === "read" || Json.equals(value, answer.value))
  })

/**
 * @param memory whether what a node has acknowledged outlives it. If it is `volatile`, a kill ends the sessions at the
 * node.
 */
export const fromHistory = (history: History, memory: "volatile" | "durable"): ReadonlyArray<Transaction> => {
  const killed = new Map<NodeId, number>()
  const lives = new Map<NodeId, number>()
  if (memory === "volatile") {
    for (const { f, index, process, value } of history) {
      if (process !== "nemesis" || f !== "start-kill" || !isList(value)) continue
      for (const node of value) killed.set(node as NodeId, index) // it names nodes
    }
  }
  const sessions = new Map<string, number>()
  const sessionOf = ({ node, process }: Event): number => {
    const key = `${process} ${node === undefined ? 0 : lives.get(node) ?? 0}`
    const session = sessions.get(key) ?? sessions.size
    sessions.set(key, session)
    return session
  }

  const transactions: Array<Transaction> = []
  const open = new Map<Event["process"], Transaction>()
  for (const event of history) {
    if (event.process === "nemesis") {
      if (event.f !== "start-kill" || !isList(event.value) || memory === "durable") continue
      for (const node of event.value as ReadonlyArray<NodeId>) lives.set(node, (lives.get(node) ?? 0) + 1)
    } else if (event.type === "invoke") {
      const transaction: Transaction = {
        id: transactions.length,
        invoke: event,
        completion: undefined,
        outcome: "unknown",
        session: sessionOf(event),
        operations: decode(event.value),
        isFinal: event.f === finalRead,
        mayBeForgotten: event.node !== undefined && (killed.get(event.node) ?? -1) > event.index,
        isGarbled: false
      }
      open.set(event.process, transaction)
      transactions.push(transaction)
    } else {
      const transaction = open.get(event.process)
      if (transaction === undefined) continue
      open.delete(event.process)
      const operations = event.type === "ok" ? decode(event.value) : transaction.operations
      const isGarbled = !isAnswerTo(transaction.operations, operations)
      transactions[transaction.id] = {
        ...transaction,
        completion: event,
        outcome: event.type === "fail" ? "fail" : event.type === "ok" && !isGarbled ? "ok" : "unknown",
        operations: isGarbled ? transaction.operations : operations,
        isGarbled
      }
    }
  }
  return transactions
}
