/**
 * What a history tells of its transactions, whatever they operate on: who read which version of a key, who wrote it, and
 * what follows for their order. The checkers of registers and of lists differ in how they get here, and in nothing after.
 */
import type { Json } from "../../schema/Json.ts"
import * as DependencyGraph from "./DependencyGraph.ts"
import { Kind } from "./DependencyGraph.ts"
import * as Transactions from "./Transactions.ts"
import type { Transaction } from "./Transactions.ts"

/** What a key held at some time: a value written, or a list as of an element. */
export interface Version {
  readonly id: number
  readonly key: Json
  readonly keyId: number
  readonly value: Json
  readonly writer: Transaction
  /** The same transaction wrote the key again. */
  isIntermediate: boolean
}

/** The version of what nobody has written yet. */
export const initial = -1

/** A transaction read a version that is not its own. */
export interface Read {
  readonly reader: number
  readonly keyId: number
  readonly key: Json
  /** Or `initial`. */
  readonly version: number
}

export interface Observations {
  /** Whether keys hold lists. */
  readonly lists: boolean
  readonly transactions: ReadonlyArray<Transaction>
  readonly versions: ReadonlyArray<Version>
  /** Those that took place for sure: they were ok, or somebody has read what they wrote. */
  readonly committed: ReadonlyArray<boolean>
  /** Of each transaction. */
  readonly reads: ReadonlyArray<ReadonlyArray<Read>>
  /** What each transaction wrote for good. */
  readonly writes: ReadonlyArray<ReadonlyArray<Version>>
  readonly graph: DependencyGraph.DependencyGraph
}

/** All that somebody tried to write. */
export const catalogue = (transactions: ReadonlyArray<Transaction>) => {
  const versions: Array<Version> = []
  const keys = new Map<Json, { readonly id: number; readonly versions: Map<Json, Version> }>()
  const keyOf = (key: Json) => {
    const identity = Transactions.identity(key)
    let found = keys.get(identity)
    if (found === undefined) keys.set(identity, found = { id: keys.size, versions: new Map() })
    return found
  }
  const writes = transactions.map((writer) => {
    const last = new Map<number, Version>()
    for (const { f, key, value } of writer.operations) {
      if (f === "read") continue
      const { id: keyId, versions: known } = keyOf(key)
      const version = { id: versions.length, key, keyId, value, writer, isIntermediate: false }
      const former = last.get(keyId)
      if (former !== undefined) former.isIntermediate = true
      last.set(keyId, version)
      versions.push(version)
      known.set(Transactions.identity(value), version)
    }
    return [...last.values()]
  })
  return {
    versions,
    writes,
    keyId: (key: Json): number => keyOf(key).id,
    find: (key: Json, value: Json): Version | undefined => keyOf(key).versions.get(Transactions.identity(value))
  }
}

/**
 * Of what is ordered in time only the pairs that do not follow from others: a transaction that begins comes after those
 * that had ended, but for those that had ended before another of these began. At most as many as work at a time.
 */
const addRealtime = (graph: DependencyGraph.DependencyGraph, committed: ReadonlyArray<Transaction>): void => {
  const ends = committed.filter(({ outcome }) => outcome === "ok")
    .toSorted((a, b) => a.completion!.index - b.completion!.index)
  let frontier: Array<Transaction> = []
  let ended = 0
  for (const { id, invoke } of committed) {
    for (; ended < ends.length && ends[ended]!.completion!.index < invoke.index; ended++) {
      const last = ends[ended]!
      frontier = frontier.filter(({ completion }) => completion!.index > last.invoke.index)
      frontier.push(last)
    }
    for (const { id: from } of frontier) graph.add({ from, to: id, kind: Kind.realtime })
  }
}

const addSessions = (graph: DependencyGraph.DependencyGraph, committed: ReadonlyArray<Transaction>): void => {
  const last = new Map<number, number>()
  for (const { id, session } of committed) {
    const from = last.get(session)
    if (from !== undefined) graph.add({ from, to: id, kind: Kind.process })
    last.set(session, id)
  }
}

/** A graph in which transactions are ordered as far as that does not depend on what they did. */
export const graphOf = (
  transactions: ReadonlyArray<Transaction>,
  committed: ReadonlyArray<boolean>
): DependencyGraph.DependencyGraph => {
  const graph = DependencyGraph.make(transactions.length)
  const those = transactions.filter(({ id }) => committed[id])
  addSessions(graph, those)
  addRealtime(graph, those)
  return graph
}
