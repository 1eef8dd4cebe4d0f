/**
 * What clients did with each key, as far as the rules hold it against the nodes.
 *
 * - **Maelstrom's rules** are those of Knossos: an operation that failed says nothing, since it did not happen, and neither
 *   does a read of `null`, which Knossos takes for a read whose value is not known.
 * - **Strict rules**: a definite answer says what was there as well. "The key does not exist" (20) and `null` say that it held
 *   nothing, and a `cas` that was refused (22) that it held something else than what was asked for. So a node that says no
 *   and does it anyway, or says no for what it remembers of old, is found too.
 *
 * A write or a `cas` of unknown outcome may happen at any time after it began, or never. A read of unknown outcome says
 * nothing.
 */
import type { Json } from "../../schema/Json.ts"
import * as JsonValue from "../../schema/Json.ts"
import type { Rules } from "../finding/Finding.ts"
import * as Operations from "../history/Operations.ts"
import type { Problem } from "./Linearizability.ts"
import type { Action, Operation } from "./RegisterOperation.ts"

/** Of an operation: its key, and what it reads or writes, or from what to what a `cas` leads. */
export type Value = readonly [key: Json, value: Json]

/** The codes of the errors that say what a key held. */
const doesNotExist = 20
const differs = 22

/** The number of the value of a key that does not exist; others have theirs from 1 on. */
export const nothing = 0

/** A key, and all operations on it, in the order in which they began. */
export interface Register {
  readonly key: Json
  readonly operations: ReadonlyArray<Operations.Operation>
}

/** Equal for equal values, and for no others; cheap for those that are usual. */
const identity = (value: Json): unknown => typeof value === "object" ? Symbol.for(JsonValue.canonical(value)) : value

export const registers = ({ all }: Operations.Operations): ReadonlyArray<Register> => {
  const byKey = new Map<unknown, { readonly key: Json; readonly operations: Array<Operations.Operation> }>()
  for (const operation of all) {
    const [key] = operation.invoke.value as Value // the workload asks for nothing else
    const known = byKey.get(identity(key))
    if (known === undefined) byKey.set(identity(key), { key, operations: [operation] })
    else known.operations.push(operation)
  }
  return [...byKey.values()]
}

/** What is to be judged of a register, with the operations and values behind the numbers. */
export interface Case extends Problem {
  /** Of each operation to be judged, that of the client. */
  readonly sources: ReadonlyArray<Operations.Operation>
  /** Values by their numbers; the value of {@link nothing} is `null`. */
  readonly values: ReadonlyArray<Json>
}

type Numbers = (value: Json) => number

/** What an operation did for certain; `undefined` if its end says nothing. */
const certainAction = (operation: Operations.Completed, rules: Rules, number: Numbers): Action | undefined => {
  const { completion, invoke: { f, value } } = operation
  const asked = (value as Value)[1]
  if (completion.type === "ok") {
    if (f !== "read") return intention(operation, number)
    const seen = (completion.value as Value)[1] // what the workload makes of a reply
    return seen === null && rules === "maelstrom" ? undefined : { type: "read", value: number(seen) }
  }
  if (rules === "maelstrom" || completion.error?._tag !== "Refused" || f === "write") return undefined
  if (completion.error.code === doesNotExist) return { type: "read", value: nothing }
  if (completion.error.code !== differs || f !== "cas") return undefined
  return { type: "differ", value: number((asked as Value)[0]) }
}

/** What an operation does to the register, if it happens. */
const intention = ({ invoke: { f, value } }: Operations.Operation, number: Numbers): Action | undefined => {
  const asked = (value as Value)[1]
  if (f === "write") return { type: "write", value: number(asked) }
  if (f !== "cas") return undefined
  const [from, to] = asked as Value
  return { type: "cas", from: number(from), to: number(to) }
}

export const judged = ({ operations }: Register, rules: Rules): Case => {
  const values: Array<Json> = [null]
  const numbers = new Map<unknown, number>([[identity(null), nothing]])
  const number: Numbers = (value) => {
    const known = numbers.get(identity(value))
    if (known !== undefined) return known
    numbers.set(identity(value), values.length)
    return values.push(value) - 1
  }
  const sources: Array<Operations.Operation> = []
  const judged: Array<Operation> = []
  const add = (source: Operations.Operation, action: Action | undefined, end: number, certain: boolean): void => {
    if (action === undefined) return
    sources.push(source)
    judged.push({ action, begin: source.invoke.index, end, certain })
  }
  for (const operation of operations) {
    if (Operations.outcome(operation) === "unknown") add(operation, intention(operation, number), Infinity, false)
    else if (Operations.isCompleted(operation)) {
      add(operation, certainAction(operation, rules, number), operation.completion.index, true)
    }
  }
  return { operations: judged, sources, values, valueCount: values.length }
}
