/**
 * Transactions, as their clients saw them.
 */
import * as Json from "../../schema/Json.ts"
import type { Event, History } from "../history/History.ts"
import * as Lives from "../history/Lives.ts"
import * as Operations from "../history/Operations.ts"

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

const decode = (value: Json.Json): ReadonlyArray<Operation> =>
  Json.isList(value)
    ? value.flatMap((operation) =>
      Json.isList(operation)
        ? { f: operation[0] === "r" ? "read" : "write", key: operation[1] ?? null, value: operation[2] ?? null }
        : []
    )
    : []

const isAnswerTo = (request: ReadonlyArray<Operation>, reply: ReadonlyArray<Operation>): boolean =>
  request.length === reply.length && request.every(({ f, key, value }, i) => {
    const answer = reply[i]!
    return f === answer.f && Json.equals(key, answer.key) && (f === "read" || Json.equals(value, answer.value))
  })

/** Numbers sessions: those of one client, at a node that has not been killed since. */
const sessions = (lives: Lives.Lives) => {
  const numbers = new Map<string, number>()
  return (invoke: Event): number => {
    const name = `${invoke.process} ${lives.at(invoke.node, invoke)}`
    const number = numbers.get(name) ?? numbers.size
    numbers.set(name, number)
    return number
  }
}

/**
 * How much of a history counts.
 *
 * - `all`: everything that is known.
 * - `elle`: what Elle would know of the same run under Maelstrom, which reads nothing at the end, takes every reply at its
 *   word, and knows no kills.
 */
export type Evidence = "all" | "elle"

const make = (
  { completion, invoke, ...operation }: Operations.Operation,
  lives: Lives.Lives,
  evidence: Evidence
): Omit<Transaction, "id" | "session"> => {
  const outcome = Operations.outcome({ completion, invoke, ...operation })
  const request = decode(invoke.value)
  const reply = completion !== undefined && outcome === "ok" ? decode(completion.value) : request
  const isGarbled = evidence === "all" && !isAnswerTo(request, reply)
  return {
    invoke,
    completion,
    outcome: isGarbled ? "unknown" : outcome,
    operations: isGarbled ? request : reply,
    isFinal: invoke.f === finalRead,
    mayBeForgotten: !lives.keeps(invoke),
    isGarbled
  }
}

/**
 * @param memory whether what a node has acknowledged outlives it. If it is `volatile`, a kill ends the sessions at the
 * node.
 */
export const fromHistory = (
  history: History,
  memory: Lives.Memory,
  evidence: Evidence = "all"
): ReadonlyArray<Transaction> => {
  const lives = Lives.make(history, evidence === "elle" ? "durable" : memory)
  const sessionOf = sessions(lives)
  const { all } = Operations.fold(history)
  const those = evidence === "elle" ? all.filter(({ invoke }) => invoke.f !== finalRead) : all
  return those.map((operation, id) => ({
    id,
    session: sessionOf(operation.invoke),
    ...make(operation, lives, evidence)
  }))
}
