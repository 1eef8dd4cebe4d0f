/**
 * Whether what clients saw of a key-value store is linearizable, key by key.
 *
 * A history of several objects is linearizable if and only if that of each is (Herlihy and Wing, "Linearizability: A
 * Correctness Condition for Concurrent Objects", 1990, §3.3: locality). So each key is judged for itself, as a register.
 *
 * A key is judged by strict rules first, which Maelstrom's follow from; only one that breaks them is judged by Maelstrom's
 * as well. What breaks those is told by them.
 */
import type { Json } from "../../schema/Json.ts"
import * as Finding from "../finding/Finding.ts"
import * as Kinds from "../finding/Kinds.ts"
import * as Verdict from "../finding/Verdict.ts"
import type { History } from "../history/History.ts"
import * as Operations from "../history/Operations.ts"
import * as Conflict from "./Conflict.ts"
import * as Linearizability from "./Linearizability.ts"
import { type Case, judged, nothing, type Register, registers } from "./LinKvHistory.ts"
import { needed, target } from "./RegisterOperation.ts"

/** A key of which no order explains what was seen, or is found. */
interface Trouble {
  readonly register: Register
  readonly rules: Finding.Rules
  readonly judged: Case
  readonly judgement: Exclude<Linearizability.Judgement, { readonly type: "linearizable" }>
}

const judge = (register: Register): Trouble | undefined => {
  const strict = judged(register, "strict")
  const judgement = Linearizability.judge(strict)
  if (judgement.type === "linearizable") return undefined
  const lenient = judged(register, "maelstrom")
  const other = Linearizability.judge(lenient)
  if (other.type !== "linearizable") return { register, rules: "maelstrom", judged: lenient, judgement: other }
  return { register, rules: "strict", judged: strict, judgement }
}

/** A value as an example has it; a key that does not exist has none. */
const held = ({ values }: Case, value: number): Json => value === nothing ? {} : { value: values[value]! }

const describe = (operation: Operations.Operation): Json => {
  const { completion, invoke } = operation
  const outcome = Operations.outcome(operation)
  return {
    f: invoke.f,
    value: (outcome === "ok" && completion !== undefined ? completion : invoke).value,
    process: invoke.process,
    ...invoke.node !== undefined && { node: invoke.node },
    begin: invoke.time,
    outcome,
    ...completion !== undefined && outcome !== "unknown" && { end: completion.time },
    ...completion?.error?._tag === "Refused" && { code: completion.error.code }
  }
}

/**
 * Where what was seen may have come from: the last operation that could have left it, or else one that was refused and
 * must not have.
 */
const originOf = (
  { register, judged: { operations, sources, values } }: Trouble,
  last: number
): Operations.Operation | undefined => {
  const { action, begin, end } = operations[last]!
  const seen = needed(action)
  if (seen === undefined) return undefined
  const before = operations.findLastIndex((other) => other.begin < begin && target(other.action) === seen)
  if (before >= 0) return sources[before]
  return register.operations.findLast((operation) => {
    const [, asked] = operation.invoke.value as readonly [Json, Json] // the workload asks for nothing else
    const to = operation.invoke.f === "write" ? asked : Array.isArray(asked) ? asked[1] : undefined
    return Operations.outcome(operation) === "fail" && operation.invoke.index < end && to === values[seen]
  })
}

/** All that is known if the conflict is not: the key, and the operation at whose end no order is left that goes on. */
const plainly = ({ judged, register: { key, operations } }: Trouble, at: number): Finding.Example => {
  const { completion, invoke } = judged.sources[at]!
  return Finding.example(
    operations.map((operation) => operation.invoke.node),
    { key, count: operations.length },
    [invoke.index, completion?.index]
  )
}

const exampleOf = (trouble: Trouble, at: number): Finding.Example => {
  const { judged, register: { key } } = trouble
  const conflict = Conflict.find(judged, at)
  if (conflict === undefined) return plainly(trouble, at)
  const { last, operations, possible } = conflict
  const sources = operations.map((index) => judged.sources[index]!)
  const failed = judged.sources[last]!
  const origin = originOf(trouble, last)
  const events = [...sources, ...origin === undefined ? [] : [origin]]
    .flatMap(({ completion, invoke }) => [invoke.index, completion?.index])
  return Finding.example(
    [failed, ...sources].map(({ invoke }) => invoke.node),
    {
      key,
      last: describe(failed),
      possible: possible.map((value) => held(judged, value)),
      operations: sources.map(describe),
      origin: origin && describe(origin)
    },
    [...new Set(events)]
  )
}

const undecided = ({ register: { key, operations } }: Trouble): Finding.Example =>
  Finding.example(
    operations.map(({ invoke }) => invoke.node),
    { key, count: operations.length },
    [operations[0]?.invoke.index]
  )

export const kinds = Kinds.make("lin-kv", {
  "not linearizable": {
    rules: "either",
    means: "the operations of a key have no order that explains every answer",
    there: "`linearizable`, of what was ok or of unknown outcome"
  },
  undecided: {
    rules: "maelstrom",
    unknownBy: ["maelstrom", "strict"],
    means: "the operations of a key have too many orders to try",
    there: "`linearizable` gives up: `:unknown`"
  }
})

export const check = (history: History): Verdict.Verdict => {
  const all = registers(Operations.fold(history))
  const troubles = all.flatMap((register) => judge(register) ?? [])
  const told = (rules: Finding.Rules) => {
    const broken = troubles.flatMap((trouble) =>
      trouble.rules === rules && trouble.judgement.type === "broken" ? [{ trouble, at: trouble.judgement.at }] : []
    )
    return kinds.of("not linearizable", broken, ({ at, trouble }) => exampleOf(trouble, at), rules)
  }
  const open = troubles.filter(({ judgement }) => judgement.type === "undecided")
  return Verdict.make(
    [...told("maelstrom"), ...told("strict"), ...kinds.of("undecided", open, undecided)],
    { keys: all.length }
  )
}
