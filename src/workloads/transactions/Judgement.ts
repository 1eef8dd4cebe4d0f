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

/** The reply is no answer to the request. */
export const garbled = ({ completion, id }: Transaction): Causality.Finding => ({
  anomaly: "garbled",
  tell: ({ name }) => [{ clause: "answered", who: name(id), value: completion?.value ?? null }]
})

/** Ends with what is most surprising: a read of what was overwritten, else what the earliest one comes after. */
const rotate = ({ edges }: Cycles.Cycle): Cycles.Cycle["edges"] => {
  const earliest = Math.min(...edges.map(({ to }) => to))
  const overtake = edges.findIndex(({ kind }) => kind === Kind.rw)
  const last = overtake < 0 ? edges.findIndex(({ to }) => to === earliest) : overtake
  return [...edges.slice(last + 1), ...edges.slice(0, last + 1)]
}

export const cyclic = (cycle: Cycles.Cycle): Causality.Finding => ({
  anomaly: cycle.anomaly,
  tell: ({ edge }) => rotate(cycle).map(edge)
})

const lostUpdates = ({ reads, writes }: Observations): ReadonlyArray<Causality.Finding> => {
  const updates = new Map<string, Array<{ readonly read: Read; readonly write: Version }>>()
  for (const [id, its] of reads.entries()) {
    for (const read of its) {
      const write = writes[id]!.find(({ keyId }) => keyId === read.keyId)
      if (write === undefined) continue
      const key = `${read.keyId} ${read.version}`
      const others = updates.get(key)
      if (others === undefined) updates.set(key, [{ read, write }])
      else others.push({ read, write })
    }
  }
  return [...updates.values()].filter(({ length }) => length > 1).map((group) => ({
    anomaly: "lost-update",
    tell: ({ name, read: says, wrote }) =>
      group.map(({ read, write }) => ({
        clause: "wrote",
        who: name(read.reader),
        wrote: wrote(write.id),
        read: says(read.key, read.version)
      }))
  }))
}

/**
 * Valid unless something was found that one of these models forbids. The figures count whatever was found, and name every
 * model that it breaks.
 */
export const make = (
  observations: Observations,
  found: ReadonlyArray<Causality.Finding>,
  models: ReadonlyArray<ConsistencyModel.ConsistencyModel>
): Verdict.Verdict => {
  const { committed, graph, transactions } = observations
  const all = [
    ...found,
    ...Causality.find(observations),
    ...lostUpdates(observations),
    ...Cycles.find(graph).map(cyclic)
  ]

  const byName = new Map<ConsistencyModel.Anomaly, Array<Causality.Finding>>()
  for (const finding of all) {
    const others = byName.get(finding.anomaly)
    if (others === undefined) byName.set(finding.anomaly, [finding])
    else others.push(finding)
  }
  const findings = [...byName].flatMap(([anomaly, instances]) =>
    models.some((model) => ConsistencyModel.forbidden[model].has(anomaly))
      ? Finding.of("transactions", anomaly, ConsistencyModel.rulesOf(anomaly), instances, ({ tell }) => {
        const story = Story.make(observations)
        return story.example(tell(story))
      })
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
