/**
 * The checker of transactions on lists, where every element of a key is appended once.
 *
 * A list that was read tells its whole history: the longest one of a key is the order of its versions, every other one is
 * a beginning of it. What was appended for sure and is in no list came later than all that is. So of transactions that
 * are read at the end every dependency is known, and the verdict on serializability is exact (Kingsbury and Alvaro,
 * "Elle: Inferring isolation anomalies from experimental observations", 2020).
 *
 * What is acknowledged must outlive the node that did it.
 */
import type * as Verdict from "../finding/Verdict.ts"
import type { History } from "../history/History.ts"
import * as AtTheEnd from "./AtTheEnd.ts"
import type { ConsistencyModel } from "./ConsistencyModel.ts"
import { Kind } from "./DependencyGraph.ts"
import * as Judgement from "./Judgement.ts"
import { listOf, look, type Seen, startsWith } from "./Lists.ts"
import * as Observations from "./Observations.ts"
import type { Read, Version } from "./Observations.ts"
import type * as Story from "./Story.ts"
import * as Transactions from "./Transactions.ts"

type Catalogue = ReturnType<typeof Observations.catalogue>

const readFact = ({ key, list, reader }: Seen): Extract<Story.Fact, { fact: "read" }> => ({
  fact: "read",
  by: reader,
  key,
  value: list
})

/** It read this, whatever else there is to say. */
const misread = (anomaly: Story.Found["anomaly"], ...seen: ReadonlyArray<Seen>): Story.Found => ({
  anomaly,
  who: seen.map(({ reader }) => reader),
  facts: () => seen.map(readFact)
})

/** The longest list of each key that anybody read: the order of its versions. */
const longestOf = ({ keyId }: Catalogue, all: ReadonlyArray<Seen>): ReadonlyMap<number, Seen> => {
  const longest = new Map<number, Seen>()
  for (const seen of all) {
    const id = keyId(seen.key)
    if (seen.list.length > (longest.get(id)?.list.length ?? -1)) longest.set(id, seen)
  }
  return longest
}

/** **Duplicate elements**: a list has the same element twice. */
const duplicateElements = (seen: Seen): ReadonlyArray<Story.Found> =>
  new Set(seen.list.map(Transactions.identity)).size < seen.list.length ? [misread("duplicate-elements", seen)] : []

/**
 * **Garbage read**: an element that nobody has appended, or not before the read had ended. **G1a**: one of a transaction
 * that was refused. What is neither was appended, and tells that its transaction was committed. (Elle breaks off where
 * nobody has appended an element; one that was appended later is a cycle to it.)
 */
const elements = (
  { find }: Catalogue,
  transactions: ReadonlyArray<Transactions.Transaction>,
  committed: Array<boolean>,
  seen: Seen,
  evidence: Transactions.Evidence
): ReadonlyArray<Story.Found> => {
  const { key, list, reader } = seen
  return list.flatMap((element): ReadonlyArray<Story.Found> => {
    const version = find(key, element)
    if (version === undefined) return [misread("garbage-read", seen)]
    const { writer } = version
    const isLater = evidence === "all" && writer.invoke.index > transactions[reader]!.completion!.index
    if (!isLater && writer.outcome !== "fail") {
      committed[writer.id] = true
      return []
    }
    return [{
      anomaly: isLater ? "garbage-read" : "G1a",
      who: [writer.id, reader],
      facts: () => [
        { fact: isLater ? "wrote" : "was refused", by: writer.id, key, value: element },
        readFact(seen)
      ]
    }]
  })
}

/** The order of the versions of each key, as far as it is known. */
interface Order {
  readonly byKey: ReadonlyMap<number, ReadonlyArray<Version>>
  readonly places: ReadonlyMap<Version, number>
  /** What was appended after all that was read, nobody knows in which order. */
  readonly unread: ReadonlyMap<number, ReadonlyArray<Version>>
}

const orderOf = (
  { find, versions }: Catalogue,
  longest: ReadonlyMap<number, Seen>,
  committed: ReadonlyArray<boolean>
): Order => {
  const byKey = new Map<number, ReadonlyArray<Version>>()
  const places = new Map<Version, number>()
  for (const [id, { key, list }] of longest) {
    const order: Array<Version> = []
    for (const element of list) {
      const version = find(key, element)
      if (version === undefined || !committed[version.writer.id] || places.has(version)) continue
      places.set(version, order.length)
      order.push(version)
    }
    byKey.set(id, order)
  }
  const unread = new Map<number, Array<Version>>()
  for (const version of versions) {
    const { keyId, writer } = version
    if (!committed[writer.id] || places.has(version)) continue
    const others = unread.get(keyId)
    if (others === undefined) unread.set(keyId, [version])
    else others.push(version)
  }
  return { byKey, places, unread }
}

/** Those that came right after a version, or after none. */
const successors = ({ byKey, places, unread }: Order, keyId: number, version?: Version): ReadonlyArray<Version> => {
  const next = byKey.get(keyId)?.[(version === undefined ? -1 : places.get(version)!) + 1]
  return next === undefined ? unread.get(keyId) ?? [] : [next]
}

/** What each transaction read of others, with the dependencies that follow; and **G1b**: what was not their last. */
const dependencies = (
  { find, keyId }: Catalogue,
  observations: Omit<Observations.Observations, "reads">,
  order: Order,
  external: ReadonlyArray<Seen>
) => {
  const { committed, graph, transactions } = observations
  const intermediate: Array<Story.Found> = []
  const reads = transactions.map((): Array<Read> => [])
  const link = (kind: Kind, from: number, to: Version, version: number): void => {
    if (from !== to.writer.id) graph.add({ from, to: to.writer.id, kind, version, next: to.id })
  }
  for (const version of order.places.keys()) {
    for (const next of successors(order, version.keyId, version)) link(Kind.ww, version.writer.id, next, version.id)
  }
  for (const seen of external) {
    const { key, list, reader } = seen
    const id = keyId(key)
    const last = list.findLast((element) => committed[find(key, element)?.writer.id ?? -1])
    const version = last === undefined ? undefined : find(key, last)
    const number = version?.id ?? Observations.initial
    reads[reader]!.push({ reader, keyId: id, key, version: number })
    for (const next of successors(order, id, version)) link(Kind.rw, reader, next, number)
    if (version === undefined || version.writer.id === reader) continue
    graph.add({ from: version.writer.id, to: reader, kind: Kind.wr, version: version.id })
    if (version.isIntermediate) intermediate.push(Judgement.intermediate(version, observations, readFact(seen)))
  }
  return { reads, intermediate }
}

/** **Lost write**: all agree at the end on what a key holds, and it lacks what was appended for sure. */
const lostWrites = ({ keyId }: Catalogue, order: Order, ending: AtTheEnd.Ending): ReadonlyArray<Story.Found> =>
  ending.values.flatMap(({ key, reader, value }) => {
    const present = new Set(listOf(value).map(Transactions.identity))
    const id = keyId(key)
    return [...order.byKey.get(id) ?? [], ...order.unread.get(id) ?? []]
      .filter((version) => !present.has(Transactions.identity(version.value)))
      .map((version): Story.Found => ({
        anomaly: "lost-write",
        who: [version.writer.id, reader],
        facts: () => [
          { fact: "wrote", by: version.writer.id, key, value: version.value },
          { fact: "ended", key, answers: [{ by: reader, value }] }
        ]
      }))
  })

export const observe = (history: History, evidence: Transactions.Evidence): Judgement.Observed => {
  const transactions = Transactions.fromHistory(history, "durable", evidence)
  const catalogue = Observations.catalogue(transactions)
  const committed = transactions.map(({ outcome }) => outcome === "ok")
  const looks = transactions.filter(({ outcome }) => outcome === "ok").map(look)
  const all = looks.flatMap(({ all }) => all)
  const longest = longestOf(catalogue, all)
  const longestLike = ({ key }: Seen): Seen => longest.get(catalogue.keyId(key))!
  const isBeginning = (seen: Seen): boolean => startsWith(longestLike(seen).list, seen.list)
  const others = all.filter((seen) => !isBeginning(seen))

  const found = [
    ...Judgement.garbled(transactions),
    ...looks.flatMap(({ contradictions }) => contradictions.map((seen) => misread("internal", seen))),
    ...looks.flatMap(({ premature }) => premature.map((seen) => misread("future-read", seen))),
    ...others.map((seen) => misread("incompatible-order", longestLike(seen), seen)),
    ...[...longest.values(), ...others].flatMap((seen) => [
      ...duplicateElements(seen),
      ...elements(catalogue, transactions, committed, seen, evidence)
    ])
  ]

  const graph = Observations.graphOf(transactions, committed)
  const { versions, writes } = catalogue
  const known = { lists: true, transactions, versions, committed, writes, graph }
  const order = orderOf(catalogue, longest, committed)
  const external = looks.flatMap(({ external }) => external).filter(isBeginning)
  const { intermediate, reads } = dependencies(catalogue, known, order, external)
  const ending = AtTheEnd.make(transactions, [])
  return {
    observations: { ...known, reads },
    found: [...found, ...intermediate, ...lostWrites(catalogue, order, ending), ...ending.found]
  }
}

export const check = (history: History, models: ReadonlyArray<ConsistencyModel>): Verdict.Verdict =>
  Judgement.make((evidence) => observe(history, evidence), models)
