/**
 * An anomaly as data: what happened, one fact after the other, and who took part. The last fact contradicts the others.
 *
 * Facts name transactions by their numbers, and say all else themselves, so that whoever tells the story or draws it
 * needs nothing of the checker.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Json } from "../../schema/Json.ts"
import * as Finding from "../finding/Finding.ts"
import type { Event, Failure } from "../history/History.ts"
import type { Anomaly } from "./ConsistencyModel.ts"
import { type Edge, Kind } from "./DependencyGraph.ts"
import type { Observations, Version } from "./Observations.ts"
import type { Operation, Transaction } from "./Transactions.ts"

/** Why one transaction comes before another, and on what they met. */
export interface Dependency {
  readonly fact: "dependency"
  readonly kind: keyof typeof Kind
  readonly from: number
  readonly to: number
  /** None, if it is their order in a session or in time. */
  readonly key?: Json
  /** What was read or overwritten first (of a list, `upTo` this element), and what came next. */
  readonly value?: Json
  readonly upTo?: true
  readonly next?: Json
  /** Who tells so; none, if it is what was read at the end. */
  readonly witness?: number
}

export type Fact =
  | Dependency
  /** `last` is what it wrote to the key after that. */
  | {
    readonly fact: "wrote" | "was refused"
    readonly by: number
    readonly key: Json
    readonly value: Json
    readonly last?: Json
  }
  /** Of a list, `upTo` this element. `alsoBy` wrote something else that it read. */
  | {
    readonly fact: "read"
    readonly by: number
    readonly key: Json
    readonly value: Json
    readonly upTo?: true
    readonly alsoBy?: number
  }
  /** What it read, and overwrote. */
  | {
    readonly fact: "updated"
    readonly by: number
    readonly key: Json
    readonly value: Json
    readonly upTo?: true
    readonly next: Json
  }
  /** What it had written, or read, before. */
  | { readonly fact: "had"; readonly by: number; readonly key: Json; readonly value: Json }
  | { readonly fact: "was answered"; readonly by: number; readonly value: Json; readonly request: Json }
  | { readonly fact: "was not answered"; readonly by: number; readonly failure?: Failure }
  /** What a key holds at the end, with one who read it for each of the values. */
  | {
    readonly fact: "ended"
    readonly key: Json
    readonly answers: ReadonlyArray<{ readonly by: number; readonly value: Json }>
  }

/** An anomaly, and what happened. Few are told, and to find a path takes time. */
export interface Found {
  readonly anomaly: Anomaly
  /** Those transactions without which it would not be. */
  readonly who: ReadonlyArray<number>
  readonly facts: () => ReadonlyArray<Fact>
}

/** A transaction that took part. */
export interface Actor {
  readonly id: number
  readonly process: Event["process"]
  readonly node?: NodeId
  /** In ms. */
  readonly begin: number
  readonly end?: number
  readonly outcome: Transaction["outcome"]
  readonly operations: ReadonlyArray<Operation>
}

/** What an example of a finding is about. */
export interface Story {
  /** Keys hold lists. */
  readonly lists: boolean
  readonly facts: ReadonlyArray<Fact>
  /** In the order in which the facts come to speak of them. */
  readonly actors: ReadonlyArray<Actor>
}

/** The facts about versions, of a checker that has them by number. */
export const make = ({ lists, versions }: Pick<Observations, "lists" | "versions">) => {
  const value = (version: number): Json => versions[version]?.value ?? null
  const upTo = (version: number) => lists && version >= 0 ? { upTo: true as const } : {}
  const kinds = Object.fromEntries(Object.entries(Kind).map(([name, bit]) => [bit, name])) as Record<
    Kind,
    keyof typeof Kind // Kind says so
  >
  const dependency = ({ from, kind, next, to, version, witness }: Edge): Fact => {
    const key = (versions[version] ?? versions[next])?.key
    return {
      fact: "dependency",
      kind: kinds[kind],
      from,
      to,
      ...key !== undefined && { key, value: value(version), ...upTo(version) },
      ...next >= 0 && { next: value(next) },
      ...witness >= 0 && { witness }
    }
  }
  return {
    wrote: ({ id, key, writer }: Version): Fact => ({ fact: "wrote", by: writer.id, key, value: value(id) }),
    read: (by: number, key: Json, version: number, alsoBy?: number): Fact => ({
      fact: "read",
      by,
      key,
      value: value(version),
      ...upTo(version),
      ...alsoBy !== undefined && { alsoBy }
    }),
    updated: (by: number, key: Json, version: number, next: Version): Fact => ({
      fact: "updated",
      by,
      key,
      value: value(version),
      ...upTo(version),
      next: next.value
    }),
    dependency,
    cycle: (anomaly: Anomaly, edges: ReadonlyArray<Edge>): Found => ({
      anomaly,
      who: [...new Set(edges.flatMap(({ from, to, witness }) => witness < 0 ? [from, to] : [from, to, witness]))],
      facts: () => edges.map(dependency)
    })
  }
}

/** Those whom a fact speaks of, in this order. */
const named = (fact: Fact): ReadonlyArray<number> => {
  switch (fact.fact) {
    case "dependency":
      return [fact.from, fact.to, ...fact.witness === undefined ? [] : [fact.witness]]
    case "ended":
      return fact.answers.map(({ by }) => by)
    case "read":
      return [fact.by, ...fact.alsoBy === undefined ? [] : [fact.alsoBy]]
    default:
      return [fact.by]
  }
}

const actor = ({ completion, id, invoke, operations, outcome }: Transaction): Actor => ({
  id,
  process: invoke.process,
  ...invoke.node !== undefined && { node: invoke.node },
  begin: invoke.time,
  ...completion !== undefined && { end: completion.time },
  outcome,
  operations
})

export const example = ({ lists, transactions }: Observations, facts: ReadonlyArray<Fact>): Finding.Example => {
  const those = [...new Set(facts.flatMap(named))].map((id) => transactions[id]!)
  const story: Story = { lists, facts, actors: those.map(actor) }
  return Finding.example(
    those.map(({ invoke }) => invoke.node),
    story as unknown as Record<string, Json>, // it is plain data
    those.flatMap(({ completion, invoke }) => [invoke.index, completion?.index])
  )
}
