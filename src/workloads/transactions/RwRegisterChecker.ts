/**
 * The checker of transactions on registers, where every value of a key is written once.
 *
 * What was read tells who wrote it, but not in which order values followed each other. Only what is certain is used, so
 * that nothing is found that is not there:
 *
 * - Before every other version there was `null`.
 * - A transaction that reads a version and overwrites it puts its own after it: writes follow reads, as Maelstrom has Elle
 *   assume. So who wrote the one comes before who wrote the other, even where transactions may read what they like.
 * - What all nodes agree on at the end, when they have come to rest, is the last version. (Maelstrom does not read at the
 *   end. It is what shows dirty writes of transactions that do not read what they overwrite.)
 *
 * Two versions that each come before the other show as cyclic-versions. Some anomalies stay hidden; see ListAppend for an
 * order that is fully known.
 *
 * A node that is killed may take along what it has acknowledged, and nobody else has heard of: with it ends what its
 * clients may expect.
 */
import type { Json } from "../../schema/Json.ts"
import type * as Verdict from "../finding/Verdict.ts"
import type { History } from "../history/History.ts"
import * as AtTheEnd from "./AtTheEnd.ts"
import type { ConsistencyModel } from "./ConsistencyModel.ts"
import { Kind } from "./DependencyGraph.ts"
import * as Judgement from "./Judgement.ts"
import * as Observations from "./Observations.ts"
import type { Read, Version } from "./Observations.ts"
import type * as Story from "./Story.ts"
import * as Transactions from "./Transactions.ts"
import * as VersionOrder from "./VersionOrder.ts"

type Catalogue = ReturnType<typeof Observations.catalogue>
type Transaction = Transactions.Transaction

const push = <K, V>(lists: Map<K, Array<V>>, key: K, value: V): void => {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

/** One read of a transaction. */
interface Seen {
  readonly transaction: Transaction
  readonly keyId: number
  readonly key: Json
  readonly value: Json
  /** None of `null`, and of what nobody wrote. */
  readonly version: Version | undefined
  /** What the transaction had itself written or read before: a version, or `initial`. */
  readonly before: number | undefined
}

const numberOf = (version: Version | undefined): number => version?.id ?? Observations.initial

/** All that a transaction read, in its order. */
const look = ({ find, keyId }: Catalogue, transaction: Transaction): ReadonlyArray<Seen> => {
  const current = new Map<number, number>()
  return transaction.operations.flatMap(({ f, key, value }) => {
    const id = keyId(key)
    const version = value === null ? undefined : find(key, value)
    const before = current.get(id)
    current.set(id, numberOf(version))
    return f === "write" ? [] : [{ transaction, keyId: id, key, value, version, before }]
  })
}

/** **Garbage read**: what nobody has written, or not before the read had ended. */
const isGarbage = ({ transaction, value, version }: Seen): boolean =>
  value !== null && (version === undefined || version.writer.invoke.index > transaction.completion!.index)

/** **Future read**: what the transaction writes only later. */
const isFuture = ({ before, transaction, version }: Seen): boolean =>
  before === undefined && version?.writer === transaction

/** **Internal**: not what the transaction had just written or read. */
const isInternal = ({ before, version }: Seen): boolean => before !== undefined && before !== numberOf(version)

const misread = (
  anomaly: Story.Found["anomaly"],
  { before, key, transaction: { id: by }, value, version }: Seen,
  { versions }: Catalogue
): Story.Found => ({
  anomaly,
  who: version === undefined ? [by] : [version.writer.id, by],
  facts: () => [
    ...version === undefined
      ? []
      : [{ fact: anomaly === "G1a" ? "was refused" : "wrote", by: version.writer.id, key, value } as const],
    ...before === undefined ? [] : [{ fact: "had", by, key, value: versions[before]?.value ?? null } as const],
    { fact: "read", by, key, value }
  ]
})

/** What is wrong with a read by itself. **G1a**: it was written by a transaction that was refused. */
const judge = (seen: Seen, catalogue: Catalogue): ReadonlyArray<Story.Found> => {
  const { before, key, transaction, value, version } = seen
  if (isGarbage(seen)) return [misread("garbage-read", seen, catalogue)]
  if (isInternal(seen)) return [misread("internal", seen, catalogue)]
  if (isFuture(seen)) return [misread("future-read", seen, catalogue)]
  if (before !== undefined || version === undefined) return []
  if (version.writer.outcome === "fail") return [misread("G1a", seen, catalogue)]
  if (!version.isIntermediate) return []
  return [Judgement.intermediate(version, catalogue, { fact: "read", by: transaction.id, key, value })]
}

/** What Elle says of reads by themselves: nothing of values that come from nowhere, or from the future. */
const elleJudges = ({ anomaly }: Story.Found): boolean => anomaly !== "garbage-read" && anomaly !== "future-read"

/** Of the reads those of others' writes, or of none. They tell that who wrote it was committed. */
const external = (all: ReadonlyArray<Seen>, evidence: Transactions.Evidence): ReadonlyArray<Seen> =>
  all.filter((seen) =>
    seen.before === undefined && !isFuture(seen) && seen.version?.writer.outcome !== "fail"
    && (evidence === "elle" ? seen.value === null || seen.version !== undefined : !isGarbage(seen))
  )

/** Who read each version, and for each key those who read that there was none. */
const readers = (reads: ReadonlyArray<ReadonlyArray<Read>>) => {
  const ofVersion = new Map<number, Array<number>>()
  const ofNone = new Map<number, Array<number>>()
  for (const { keyId, reader, version } of reads.flat()) {
    if (version === Observations.initial) push(ofNone, keyId, reader)
    else push(ofVersion, version, reader)
  }
  return { ofVersion, ofNone }
}

/** **Lost write**: all agree at the end that there is nothing, though something was written for sure. */
const lostWrites = (ending: AtTheEnd.Ending, remaining: (key: Json) => ReadonlyArray<Version>) =>
  ending.values.flatMap(({ key, reader, value }): ReadonlyArray<Story.Found> => {
    const [lost] = value === null ? remaining(key) : []
    return lost === undefined ? [] : [{
      anomaly: "lost-write",
      who: [lost.writer.id, reader],
      facts: () => [
        { fact: "wrote", by: lost.writer.id, key, value: lost.value },
        { fact: "ended", key, answers: [{ by: reader, value: null }] }
      ]
    }]
  })

/**
 * Adds all dependencies that are certain, and finds **cyclic versions**: of two versions of a key, each comes before the
 * other.
 */
const dependencies = (
  { find }: Catalogue,
  { committed, graph, reads, transactions, versions, writes }: Observations.Observations,
  ending: AtTheEnd.Ending,
  remaining: (key: Json) => ReadonlyArray<Version>
): ReadonlyArray<Story.Found> => {
  const { ofNone, ofVersion } = readers(reads)
  const isCommitted = (version: number): boolean => committed[versions[version]?.writer.id ?? -1] === true
  for (const { reader: to, version } of reads.flat()) {
    if (isCommitted(version)) graph.add({ from: versions[version]!.writer.id, to, kind: Kind.wr, version })
  }
  const overtake = (readers: ReadonlyArray<number> | undefined, version: number, next: Version): void => {
    for (const from of readers ?? []) {
      const to = next.writer.id
      if (from !== to) graph.add({ from, to, kind: Kind.rw, version, next: next.id })
    }
  }
  const order = VersionOrder.make(versions)
  for (const { id } of transactions) {
    for (const write of committed[id] ? writes[id]! : []) {
      const read = reads[id]!.find(({ keyId }) => keyId === write.keyId)
      if (read === undefined || read.version === Observations.initial) {
        overtake(ofNone.get(write.keyId), Observations.initial, write)
      } else {
        order.add(versions[read.version]!, write, id)
      }
    }
  }
  for (const { key, value } of ending.values) {
    const last = value === null ? undefined : find(key, value)
    if (last === undefined || last.isIntermediate || !committed[last.writer.id]) continue
    for (const version of remaining(key)) if (version !== last) order.add(version, last, -1)
  }
  const { cycles, edges } = order.judge()
  for (const edge of edges) {
    const version = versions[edge.version]!
    // What the writer of an intermediate version wrote for good may have come later.
    if (!version.isIntermediate && isCommitted(version.id)) graph.add(edge)
    overtake(ofVersion.get(version.id), version.id, versions[edge.next]!)
  }
  return cycles.map((cycle) => Judgement.cyclic(cycle, { lists: false, versions }))
}

/** Those that took place for sure. Elle knows only of those that were ok. */
const committedOf = (
  transactions: ReadonlyArray<Transaction>,
  reads: ReadonlyArray<ReadonlyArray<Read>>,
  versions: ReadonlyArray<Version>,
  evidence: Transactions.Evidence
): ReadonlyArray<boolean> => {
  const committed = transactions.map(({ outcome }) => outcome === "ok")
  if (evidence === "elle") return committed
  for (const { version } of reads.flat()) {
    if (version !== Observations.initial) committed[versions[version]!.writer.id] = true
  }
  return committed
}

export const observe = (
  history: History,
  memory: "durable" | "volatile",
  evidence: Transactions.Evidence
): Judgement.Observed => {
  const transactions = Transactions.fromHistory(history, memory, evidence)
  const catalogue = Observations.catalogue(transactions)
  const { keyId, versions, writes } = catalogue
  const seen = transactions.map((one) => one.outcome === "ok" ? look(catalogue, one) : [])
  const reads = seen.map((its) =>
    external(its, evidence).map(({ key, keyId, transaction, version }): Read => ({
      reader: transaction.id,
      keyId,
      key,
      version: numberOf(version)
    }))
  )
  const committed = committedOf(transactions, reads, versions, evidence)
  const graph = Observations.graphOf(transactions, committed)
  const observations = { lists: false, transactions, versions, committed, reads, writes, graph }

  const ending = AtTheEnd.make(transactions, null)
  const byKey = new Map<number, Array<Version>>()
  for (const write of writes.flat()) if (committed[write.writer.id]) push(byKey, write.keyId, write)
  /** What was written for sure, by those who are still there at the end. */
  const remaining = (key: Json): ReadonlyArray<Version> =>
    (byKey.get(keyId(key)) ?? []).filter(({ writer }) => !writer.mayBeForgotten)

  const cycles = dependencies(catalogue, observations, ending, remaining)
  const judged = seen.flat().flatMap((one) => judge(one, catalogue))
  return {
    observations,
    found: [
      ...Judgement.garbled(transactions),
      ...evidence === "elle" ? judged.filter(elleJudges) : judged,
      ...lostWrites(ending, remaining),
      ...cycles,
      ...ending.found
    ]
  }
}

export const check = (
  history: History,
  models: ReadonlyArray<ConsistencyModel>,
  memory: "durable" | "volatile" = "volatile"
): Verdict.Verdict => Judgement.make((evidence) => observe(history, memory, evidence), models)
