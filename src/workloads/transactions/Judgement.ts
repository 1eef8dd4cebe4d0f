/**
 * The verdict on transactions, whatever they operate on.
 */
import type { Json } from "../../schema/Json.ts"
import * as Finding from "../finding/Finding.ts"
import * as Verdict from "../finding/Verdict.ts"
import * as Causality from "./Causality.ts"
import * as ConsistencyModel from "./ConsistencyModel.ts"
import * as Cycles from "./Cycles.ts"
import { Kind } from "./DependencyGraph.ts"
import type { Observations, Read, Version } from "./Observations.ts"
import * as Story from "./Story.ts"
import type { Transaction } from "./Transactions.ts"

/** **Garbled**: the reply is no answer to the request. */
export const garbled = (transactions: ReadonlyArray<Transaction>): ReadonlyArray<Story.Found> =>
  transactions.filter(({ isGarbled }) => isGarbled).map(({ completion, id, invoke }) => ({
    anomaly: "garbled",
    facts: () => [{ fact: "was answered", by: id, value: completion?.value ?? null, request: invoke.value }]
  }))

/** **G1b**: what was read is not the last that its transaction wrote to the key. */
export const intermediate = (
  { key, keyId, value, writer }: Version,
  { writes }: Pick<Observations, "writes">,
  read: Story.Fact
): Story.Found => ({
  anomaly: "G1b",
  facts: () => {
    const last = writes[writer.id]!.find((version) => version.keyId === keyId)
    return [{ fact: "wrote", by: writer.id, key, value, ...last !== undefined && { last: last.value } }, read]
  }
})

/** Ends with what is most surprising: a read of what was overwritten, else what the earliest one comes after. */
const rotate = ({ edges }: Cycles.Cycle): Cycles.Cycle["edges"] => {
  const earliest = Math.min(...edges.map(({ to }) => to))
  const overtake = edges.findIndex(({ kind }) => kind === Kind.rw)
  const last = overtake < 0 ? edges.findIndex(({ to }) => to === earliest) : overtake
  return [...edges.slice(last + 1), ...edges.slice(0, last + 1)]
}

export const cyclic = (cycle: Cycles.Cycle, observations: Pick<Observations, "lists" | "versions">): Story.Found => ({
  anomaly: cycle.anomaly,
  facts: () => rotate(cycle).map(Story.make(observations).dependency)
})

/** **Lost update**: more than one transaction read the same version of a key, and overwrote it. */
export const lostUpdates = (observations: Observations): ReadonlyArray<Story.Found> => {
  const updates = new Map<string, Array<{ readonly read: Read; readonly write: Version }>>()
  for (const [id, its] of observations.reads.entries()) {
    for (const read of its) {
      const write = observations.writes[id]!.find(({ keyId }) => keyId === read.keyId)
      if (write === undefined) continue
      const name = `${read.keyId} ${read.version}`
      const others = updates.get(name)
      if (others === undefined) updates.set(name, [{ read, write }])
      else others.push({ read, write })
    }
  }
  const { updated } = Story.make(observations)
  return [...updates.values()].filter(({ length }) => length > 1).map((group) => ({
    anomaly: "lost-update",
    facts: () => group.map(({ read, write }) => updated(read.reader, read.key, read.version, write))
  }))
}

const byAnomaly = (found: ReadonlyArray<Story.Found>): ReadonlyMap<ConsistencyModel.Anomaly, Array<Story.Found>> => {
  const byName = new Map<ConsistencyModel.Anomaly, Array<Story.Found>>()
  for (const one of found) {
    const others = byName.get(one.anomaly)
    if (others === undefined) byName.set(one.anomaly, [one])
    else others.push(one)
  }
  return byName
}

/**
 * Valid unless something was found that one of these models forbids. The figures count whatever was found, and name every
 * model that it breaks.
 */
export const make = (
  observations: Observations,
  found: ReadonlyArray<Story.Found>,
  models: ReadonlyArray<ConsistencyModel.ConsistencyModel>
): Verdict.Verdict => {
  const { committed, graph, transactions } = observations
  const byName = byAnomaly([
    ...found,
    ...Causality.find(observations),
    ...lostUpdates(observations),
    ...Cycles.find(graph).map((cycle) => cyclic(cycle, observations))
  ])
  const findings = [...byName].flatMap(([anomaly, instances]) =>
    models.some((model) => ConsistencyModel.forbidden[model].has(anomaly))
      ? Finding.of(
        "transactions",
        anomaly,
        ConsistencyModel.rulesOf(anomaly),
        instances,
        ({ facts }) => Story.example(observations, facts())
      )
      : []
  )
  const count = (outcome: string): number => transactions.filter((one) => one.outcome === outcome).length
  const anomalies: Record<string, Json> = {}
  for (const [anomaly, { length }] of byName) anomalies[anomaly] = length
  return Verdict.make(findings, {
    consistencyModels: models,
    transactions: {
      ok: count("ok"),
      fail: count("fail"),
      unknown: count("unknown"),
      committed: committed.filter(Boolean).length
    },
    edges: graph.counts(),
    anomalies,
    not: ConsistencyModel.violated(byName.keys())
  })
}
