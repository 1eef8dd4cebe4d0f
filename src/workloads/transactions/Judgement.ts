/**
 * The verdict on transactions, whatever they operate on.
 */
import * as Finding from "../finding/Finding.ts"
import * as Verdict from "../finding/Verdict.ts"
import * as Causality from "./Causality.ts"
import type { Anomaly } from "./ConsistencyModel.ts"
import * as ConsistencyModel from "./ConsistencyModel.ts"
import * as Cycles from "./Cycles.ts"
import { Kind } from "./DependencyGraph.ts"
import type { Observations, Read, Version } from "./Observations.ts"
import * as Story from "./Story.ts"
import type { Evidence, Transaction } from "./Transactions.ts"

/** **Garbled**: the reply is no answer to the request. */
export const garbled = (transactions: ReadonlyArray<Transaction>): ReadonlyArray<Story.Found> =>
  transactions.filter(({ isGarbled }) => isGarbled).map(({ completion, id, invoke }) => ({
    anomaly: "garbled",
    who: [id],
    facts: () => [{ fact: "was answered", by: id, value: completion?.value ?? null, request: invoke.value }]
  }))

/** **G1b**: what was read is not the last that its transaction wrote to the key. */
export const intermediate = (
  { key, keyId, value, writer }: Version,
  { writes }: Pick<Observations, "writes">,
  read: Extract<Story.Fact, { fact: "read" }>
): Story.Found => ({
  anomaly: "G1b",
  who: [writer.id, read.by],
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

export const cyclic = (cycle: Cycles.Cycle, observations: Pick<Observations, "lists" | "versions">): Story.Found =>
  Story.make(observations).cycle(cycle.anomaly, rotate(cycle))

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
    who: group.map(({ read }) => read.reader),
    facts: () => group.map(({ read, write }) => updated(read.reader, read.key, read.version, write))
  }))
}

/** What a checker knows of a history, and what is wrong with single reads and with the order of versions. */
export interface Observed {
  readonly observations: Observations
  readonly found: ReadonlyArray<Story.Found>
}

type ByAnomaly = ReadonlyMap<Anomaly, ReadonlyArray<Story.Found>>

/** All that is wrong. Elle does not look for what breaks causality or read atomicity by itself. */
const anomaliesOf = ({ found, observations }: Observed, evidence: Evidence): ByAnomaly => {
  const all = [
    ...found,
    ...evidence === "all" ? Causality.find(observations) : [],
    ...lostUpdates(observations),
    ...Cycles.find(observations.graph).map((cycle) => cyclic(cycle, observations))
  ]
  const byName = new Map<Anomaly, Array<Story.Found>>()
  for (const one of all) {
    const others = byName.get(one.anomaly)
    if (others === undefined) byName.set(one.anomaly, [one])
    else others.push(one)
  }
  return byName
}

/** What speaks against a run, of one kind. */
interface Charge {
  readonly anomaly: Anomaly
  readonly rules: Finding.Rules
  readonly observations: Observations
  readonly instances: ReadonlyArray<Story.Found>
}

/**
 * What these models forbid. It is by Maelstrom's rules where Elle would have found it from what it knows, and forbids it
 * too. What Elle would have called by another name is told under both.
 */
const chargesOf = (
  observe: (evidence: Evidence) => Observed,
  models: ReadonlyArray<ConsistencyModel.ConsistencyModel>
) => {
  const all = observe("all")
  const found = anomaliesOf(all, "all")
  const charges = [...found].filter(([anomaly]) => ConsistencyModel.forbids(models, anomaly))
  if (charges.length === 0) return { observations: all.observations, found, charges: [] }
  const elle = observe("elle")
  const elles = [...anomaliesOf(elle, "elle")].filter(([anomaly]) => ConsistencyModel.elleForbids(models, anomaly))
  const isElles = new Set(elles.map(([anomaly]) => anomaly))
  return {
    observations: all.observations,
    found,
    charges: [
      ...charges.map(([anomaly, instances]): Charge => ({
        anomaly,
        rules: isElles.has(anomaly) ? "maelstrom" : "strict",
        observations: all.observations,
        instances
      })),
      ...elles.filter(([anomaly]) => !found.has(anomaly)).map(([anomaly, instances]): Charge => ({
        anomaly,
        rules: "maelstrom",
        observations: elle.observations,
        instances
      }))
    ]
  }
}

/**
 * Nothing is blamed twice: transactions that are all to blame for one thing are not blamed for another that follows from
 * it, such as those that lose an update for the cycle that they make. What Maelstrom finds is told first, so that it
 * always is.
 */
const blamedOnce = (charges: ReadonlyArray<Charge>): ReadonlyArray<Charge> => {
  const blamed = new Map<number, Array<ReadonlySet<number>>>()
  const isBlamed = ({ who }: Story.Found): boolean =>
    (blamed.get(who[0] ?? -1) ?? []).some((others) => who.every((one) => others.has(one)))
  const blame = ({ who }: Story.Found): void => {
    const together = new Set(who)
    for (const one of who) blamed.set(one, [...blamed.get(one) ?? [], together])
  }
  const worstFirst = ConsistencyModel.anomalies.flatMap((name) => charges.filter(({ anomaly }) => anomaly === name))
  const ofMaelstrom = worstFirst.filter(({ rules }) => rules === "maelstrom")
  const ofUs = worstFirst.filter(({ rules }) => rules === "strict")
  return [...ofMaelstrom, ...ofUs].flatMap(({ instances, ...charge }) => {
    const isOfOrder = ConsistencyModel.isOfOrder(charge.anomaly)
    const left = isOfOrder ? instances.filter((one) => !isBlamed(one)) : instances
    if (isOfOrder || charge.anomaly === "G1b") left.forEach(blame)
    return left.length === 0 ? [] : [{ ...charge, instances: left }]
  })
}

/**
 * Valid unless something was found that one of these models forbids. The figures count whatever was found, and name every
 * model that holds as far as anybody can tell, and every one that is broken.
 */
export const make = (
  observe: (evidence: Evidence) => Observed,
  models: ReadonlyArray<ConsistencyModel.ConsistencyModel>
): Verdict.Verdict => {
  const { charges, found, observations: { committed, graph, transactions } } = chargesOf(observe, models)
  const findings = blamedOnce(charges).flatMap(({ anomaly, instances, observations, rules }) =>
    Finding.of(
      "transactions",
      anomaly,
      rules,
      instances,
      ({ facts }) => Story.example(observations, facts())
    )
  )
  const count = (outcome: string): number => transactions.filter((one) => one.outcome === outcome).length
  return Verdict.make(findings, {
    consistencyModels: models,
    transactions: {
      ok: count("ok"),
      fail: count("fail"),
      unknown: count("unknown"),
      committed: committed.filter(Boolean).length
    },
    edges: graph.counts(),
    anomalies: Object.fromEntries([...found].map(([anomaly, { length }]) => [anomaly, length])),
    ...ConsistencyModel.judge(found.keys())
  })
}
