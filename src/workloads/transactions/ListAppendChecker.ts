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
import * as Json from "../../schema/Json.ts"
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

type List = ReadonlyArray<Json.Json>

const listOf = (value: Json.Json): List => Array.isArray(value) ? value : []

/** A list that a transaction read, with what it had itself appended. */
interface Seen {
  readonly reader: number
  readonly key: Json.Json
  readonly list: List
}

const startsWith = (list: List, beginning: List): boolean =>
  beginning.length <= list.length && beginning.every((element, i) => Json.equals(element, list[i]!))

/** What a transaction read: all lists, those without its own elements by key, and what contradicts itself. */
const look = ({ id: reader, operations }: Transactions.Transaction) => {
  const all: Array<Seen> = []
  const states = new Map<Json.Json, { readonly key: Json.Json; found: List | undefined; appended: Array<Json.Json> }>()
  const contradictions: Array<Seen> = []
  for (const { f, key, value } of operations) {
    const identity = Transactions.identity(key)
    const state = states.get(identity) ?? { key, found: undefined, appended: [] }
    states.set(identity, state)
    if (f === "write") {
      state.appended.push(value)
      continue
    }
    const seen = { reader, key, list: listOf(value) }
    all.push(seen)
    const own = state.found === undefined ? seen.list.length - state.appended.length : state.found.length
    const found = seen.list.slice(0, Math.max(0, own))
    const isRight = startsWith(found, state.found ?? []) && startsWith(seen.list.slice(found.length), state.appended)
      && seen.list.length === found.length + state.appended.length
    if (isRight) state.found = found
    else contradictions.push(seen)
  }
  const external: Array<Seen> = []
  for (const { appended, found: list, key } of states.values()) {
    if (list === undefined) continue
    const isPremature = appended.some((element) => list.some((other) => Json.equals(element, other)))
    ;(isPremature ? contradictions : external).push({ reader, key, list })
  }
  return { all, external, contradictions }
}

export const check = (history: History, models: ReadonlyArray<ConsistencyModel>): Verdict.Verdict => {
  const transactions = Transactions.fromHistory(history, "durable")
  const { find, keyId, versions, writes } = Observations.catalogue(transactions)
  const committed = transactions.map(({ outcome }) => outcome === "ok")
  const found: Array<Finding> = []
  const report = (anomaly: Finding["anomaly"], ...seen: ReadonlyArray<Seen>): void =>
    void found.push({
      anomaly,
      tell: ({ name }) =>
        seen.map(({ key, list, reader }) => ({
          clause: "read",
          who: name(reader),
          read: { key, value: list, upTo: false }
        }))
    })

  const all: Array<Seen> = []
  const external: Array<Seen> = []
  for (const transaction of transactions) {
    if (transaction.isGarbled) found.push(Judgement.garbled(transaction))
    if (transaction.outcome !== "ok") continue
    const seen = look(transaction)
    all.push(...seen.all)
    external.push(...seen.external)
    for (const contradiction of seen.contradictions) report("internal", contradiction)
  }

  const longest = new Map<number, Seen>()
  for (const seen of all) {
    const id = keyId(seen.key)
    if (seen.list.length > (longest.get(id)?.list.length ?? -1)) longest.set(id, seen)
  }
  const isBeginning = ({ key, list }: Seen): boolean => startsWith(longest.get(keyId(key))!.list, list)
  const others = all.filter((seen) => !isBeginning(seen))
  for (const seen of others) report("incompatible-order", longest.get(keyId(seen.key))!, seen)

  // Elements that nobody may read, and those that tell that their transaction was committed.
  const judge = (seen: Seen): void => {
    const { key, list, reader } = seen
    const elements = new Set(list.map(Transactions.identity))
    if (elements.size < list.length) report("duplicate-elements", seen)
    for (const element of list) {
      const version = find(key, element)
      const tell: Finding["tell"] = ({ name, wrote }) => [
        ...version === undefined
          ? []
          : [{ clause: "wrote", who: name(version.writer.id), wrote: wrote(version.id) } as const],
        { clause: "read", who: name(reader), read: { key, value: list, upTo: false } }
      ]
      if (version === undefined || version.writer.invoke.index > transactions[reader]!.completion!.index) {
        found.push({ anomaly: "garbage-read", tell })
      } else if (version.writer.outcome === "fail") {
        found.push({ anomaly: "G1a", tell })
      } else {
        committed[version.writer.id] = true
      }
    }
  }
  for (const seen of [...longest.values(), ...others]) judge(seen)

  const graph = Observations.graphOf(transactions, committed)
  const orders = new Map<number, ReadonlyArray<Version>>() // by key
  const places = new Map<Version, number>()
  for (const [id, { key, list }] of longest) {
    const order: Array<Version> = []
    for (const element of list) {
      const version = find(key, element)
      if (version === undefined || !committed[version.writer.id] || places.has(version)) continue
      places.set(version, order.length)
      order.push(version)
    }
    orders.set(id, order)
  }
  const link = (kind: Kind, from: number, to: Version, version: number): void => {
    if (from !== to.writer.id) graph.add({ from, to: to.writer.id, kind, version, next: to.id })
  }

  /** What was appended after all that was read, nobody knows in which order. */
  const unread = new Map<number, Array<Version>>()
  for (const version of versions) {
    const { keyId, writer } = version
    if (!committed[writer.id] || places.has(version)) continue
    const others = unread.get(keyId)
    if (others === undefined) unread.set(keyId, [version])
    else others.push(version)
  }
  /** Those that came right after a version. */
  const successors = (keyId: number, place: number): ReadonlyArray<Version> => {
    const next = orders.get(keyId)?.[place + 1]
    return next === undefined ? unread.get(keyId) ?? [] : [next]
  }
  for (const [version, place] of places) {
    for (const next of successors(version.keyId, place)) link(Kind.ww, version.writer.id, next, version.id)
  }

  const reads = transactions.map((): Array<Read> => [])
  for (const seen of external) {
    if (!isBeginning(seen)) continue
    const { key, list, reader } = seen
    const id = keyId(key)
    const last = list.findLast((element) => committed[find(key, element)?.writer.id ?? -1])
    const version = last === undefined ? undefined : find(key, last)
    reads[reader]!.push({ reader, keyId: id, key, version: version?.id ?? Observations.initial })
    for (const next of successors(id, version === undefined ? -1 : places.get(version)!)) {
      link(Kind.rw, reader, next, version?.id ?? Observations.initial)
    }
    if (version === undefined || version.writer.id === reader) continue
    graph.add({ from: version.writer.id, to: reader, kind: Kind.wr, version: version.id })
    if (version.isIntermediate) report("G1b", seen)
  }

  const ending = AtTheEnd.make(transactions, [])
  for (const { key, reader, value } of ending.values) {
    const present = new Set(listOf(value).map(Transactions.identity))
    const lost = [...orders.get(keyId(key)) ?? [], ...unread.get(keyId(key)) ?? []].filter((version) =>
      !present.has(Transactions.identity(version.value))
    )
    for (const { id, writer } of lost) {
      found.push({
        anomaly: "lost-write",
        tell: ({ at, name, wrote }) => [
          { clause: "wrote", who: name(writer.id), wrote: wrote(id) },
          { clause: "at the end", at: at(reader), key, value }
        ]
      })
    }
  }
  return Judgement.make(
    { lists: true, transactions, versions, committed, reads, writes, graph },
    [...found, ...ending.findings],
    models
  )
}
