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
import type * as Verdict from "../finding/Verdict.ts"
import type { History } from "../history/History.ts"
import * as AtTheEnd from "./AtTheEnd.ts"
import type { Finding } from "./Causality.ts"
import type { ConsistencyModel } from "./ConsistencyModel.ts"
import { Kind } from "./DependencyGraph.ts"
import * as Judgement from "./Judgement.ts"
import * as Observations from "./Observations.ts"
import type { Read, Version } from "./Observations.ts"
import * as Transactions from "./Transactions.ts"
import * as VersionOrder from "./VersionOrder.ts"

const push = <K, V>(lists: Map<K, Array<V>>, key: K, value: V): void => {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

export const check = (history: History, models: ReadonlyArray<ConsistencyModel>): Verdict.Verdict => {
  const transactions = Transactions.fromHistory(history, "volatile")
  const { find, keyId, versions, writes } = Observations.catalogue(transactions)
  const committed = transactions.map(({ outcome }) => outcome === "ok")
  const found: Array<Finding> = []

  const reads = transactions.map((transaction): ReadonlyArray<Read> => {
    const { completion, id: reader, isGarbled, operations, outcome } = transaction
    if (isGarbled) found.push(Judgement.garbled(transaction))
    if (outcome !== "ok") return []
    const reads: Array<Read> = []
    const current = new Map<number, number>()
    for (const { f, key, value } of operations) {
      const id = keyId(key)
      const version = value === null ? undefined : find(key, value)
      const now = version?.id ?? Observations.initial
      const before = current.get(id)
      current.set(id, now)
      if (f === "write") continue
      const tell: Finding["tell"] = ({ name }) => [
        ...version === undefined
          ? []
          : [{ clause: "wrote", who: name(version.writer.id), wrote: { key, value, append: false } } as const],
        ...before === undefined
          ? []
          : [{ clause: "had", who: name(reader), key, value: versions[before]?.value ?? null } as const],
        { clause: "read", who: name(reader), read: { key, value, upTo: false } }
      ]
      const writer = version?.writer
      if (value !== null && (writer === undefined || writer.invoke.index > completion!.index)) {
        found.push({ anomaly: "garbage-read", tell })
      } else if (before !== undefined ? before !== now : writer === transaction) {
        found.push({ anomaly: "internal", tell })
      } else if (before === undefined) {
        if (writer?.outcome === "fail") {
          found.push({ anomaly: "G1a", tell })
          continue
        }
        if (version?.isIntermediate === true) found.push({ anomaly: "G1b", tell })
        if (writer !== undefined) committed[writer.id] = true
        reads.push({ reader, keyId: id, key, version: now })
      }
    }
    return reads
  })

  const graph = Observations.graphOf(transactions, committed)
  const observations = { lists: false, transactions, versions, committed, reads, writes, graph }

  const readersOf = new Map<number, Array<number>>() // of a version
  const initialReadersOf = new Map<number, Array<number>>() // of a key
  for (const { keyId, reader, version } of reads.flat()) {
    if (version === Observations.initial) {
      push(initialReadersOf, keyId, reader)
      continue
    }
    push(readersOf, version, reader)
    graph.add({ from: versions[version]!.writer.id, to: reader, kind: Kind.wr, version })
  }
  const overtake = (readers: ReadonlyArray<number> | undefined, version: number, next: Version): void => {
    for (const from of readers ?? []) {
      const to = next.writer.id
      if (from !== to) graph.add({ from, to, kind: Kind.rw, version, next: next.id })
    }
  }

  const order = VersionOrder.make(versions)
  const committedWrites = new Map<number, Array<Version>>() // by key
  for (const { id } of transactions) {
    if (!committed[id]) continue
    for (const write of writes[id]!) {
      push(committedWrites, write.keyId, write)
      const read = reads[id]!.find(({ keyId }) => keyId === write.keyId)
      if (read === undefined || read.version === Observations.initial) {
        overtake(initialReadersOf.get(write.keyId), Observations.initial, write)
      } else {
        order.add(versions[read.version]!, write, id)
      }
    }
  }

  const ending = AtTheEnd.make(transactions, null)
  for (const { key, reader, value } of ending.values) {
    const others = (committedWrites.get(keyId(key)) ?? []).filter(({ writer }) => !writer.mayBeForgotten)
    const last = value === null ? undefined : find(key, value)
    if (value === null && others.length > 0) {
      found.push({
        anomaly: "lost-write",
        tell: ({ at, name, wrote }) => [
          { clause: "wrote", who: name(others[0]!.writer.id), wrote: wrote(others[0]!.id) },
          { clause: "at the end", at: at(reader), key, value: null }
        ]
      })
    }
    if (last === undefined || last.isIntermediate || !committed[last.writer.id]) continue
    for (const version of others) {
      if (version !== last) order.add(version, last, -1)
    }
  }

  const { cycles, edges } = order.judge()
  for (const edge of edges) {
    const version = versions[edge.version]!
    // What the writer of an intermediate version wrote for good may have come later.
    if (!version.isIntermediate) graph.add(edge)
    overtake(readersOf.get(version.id), version.id, versions[edge.next]!)
  }
  found.push(...cycles.map(Judgement.cyclic))
  return Judgement.make(observations, [...found, ...ending.findings], models)
}
