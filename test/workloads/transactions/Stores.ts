/**
 * Stores that keep what they promise, as simple as they can be, and the histories that clients of them see.
 */
import { NodeId } from "../../../src/schema/Address.ts"
import type { Json } from "../../../src/schema/Json.ts"
import type * as History from "../../../src/workloads/history/History.ts"
import * as Recorder from "../../../src/workloads/history/Recorder.ts"
import type * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import * as Setting from "../../../src/workloads/Setting.ts"
import * as Generator from "../../../src/workloads/transactions/Generator.ts"
import { finalRead } from "../../../src/workloads/transactions/Transactions.ts"
import { TxnRwRegisterWorkload } from "../../../src/workloads/transactions/TxnRwRegisterWorkload.ts"
import * as Told from "../../Told.ts"

export type Operation = readonly [f: "r" | "w" | "append", key: number, value: Json]

/** Executes one transaction of a node; undefined if it was refused. */
export interface Store {
  readonly execute: (node: number, txn: ReadonlyArray<Operation>) => ReadonlyArray<Operation> | undefined
  /** Something happens in the background, while clients work. */
  readonly step: () => void
  /** Lets everything that is under way come to an end. */
  readonly settle: () => void
}

export type Kind = "w" | "append"

/** What a transaction answers, and what it writes. */
const run = (read: (key: number) => Json | undefined, txn: ReadonlyArray<Operation>) => {
  const writes = new Map<number, Json>()
  const answer = txn.map(([f, key, value]): Operation => {
    const now = writes.get(key) ?? read(key) ?? null
    if (f === "r") return [f, key, now]
    writes.set(key, f === "w" ? value : [...Array.isArray(now) ? now : [], value])
    return [f, key, value]
  })
  return { answer, writes }
}

/** A store that executes one transaction after the other. */
export const serial = (): Store => {
  const state = new Map<number, Json>()
  return {
    execute: (_, txn) => {
      const { answer, writes } = run((key) => state.get(key), txn)
      for (const [key, value] of writes) state.set(key, value)
      return answer
    },
    step: () => {},
    settle: () => {}
  }
}

/** Reads from a snapshot, as old as it may be; of two that overlap and write the same key, the first to commit wins. */
export const snapshot = (random: SeededRandom.SeededRandom, oldest: number): Store => {
  const versions = new Map<number, Array<{ readonly since: number; readonly value: Json }>>() // of a key
  let commits = 0
  let age = oldest
  return {
    execute: (_, txn) => {
      const start = Math.max(0, commits - random.below(age + 1))
      const { answer, writes } = run((key) => versions.get(key)?.findLast(({ since }) => since <= start)?.value, txn)
      if ([...writes.keys()].some((key) => (versions.get(key)?.at(-1)?.since ?? 0) > start)) return undefined
      if (writes.size > 0) commits++
      for (const [key, value] of writes) {
        versions.set(key, [...versions.get(key) ?? [], { since: commits, value }])
      }
      return answer
    },
    step: () => {},
    settle: () => void (age = 0)
  }
}

/** One transaction after the other, but what they read has been there at any time, even within a transaction. */
export const uncommitted = (random: SeededRandom.SeededRandom): Store => {
  const versions = new Map<number, Array<Json>>() // of a key
  let hasSettled = false
  return {
    execute: (_, txn) => {
      const seen = new Map<number, Json>()
      const { answer } = run((key) => {
        const all = versions.get(key) ?? [null]
        if (!seen.has(key)) seen.set(key, hasSettled ? all.at(-1)! : random.pick(all))
        return seen.get(key)
      }, txn)
      for (const [f, key, value] of txn) {
        if (f === "w") versions.set(key, [...versions.get(key) ?? [null], value])
      }
      return answer
    },
    step: () => {},
    settle: () => void (hasSettled = true)
  }
}

interface WriteSet {
  readonly origin: number
  readonly number: number
  readonly time: number
  readonly after: ReadonlyArray<number>
  readonly writes: ReadonlyMap<number, Json>
}

/** A replica a node, write sets delivered in causal order, the last writer wins. */
export const causal = (random: SeededRandom.SeededRandom, nodes: number): Store => {
  const replicas = Array.from({ length: nodes }, () => ({
    state: new Map<number, Json>(),
    times: new Map<number, number>(),
    seen: Array.from({ length: nodes }, () => 0),
    clock: 0
  }))
  const sent: Array<Array<WriteSet>> = replicas.map(() => [])
  const apply = (node: number, { after, number, origin, time, writes }: WriteSet): boolean => {
    const replica = replicas[node]!
    if (after.some((count, i) => i !== origin && replica.seen[i]! < count)) return false
    replica.seen[origin] = number + 1
    replica.clock = Math.max(replica.clock, time)
    for (const [key, value] of writes) {
      if ((replica.times.get(key) ?? 0) > time) continue
      replica.times.set(key, time)
      replica.state.set(key, value)
    }
    return true
  }
  const deliver = (node: number, origin: number): boolean => {
    const next = sent[origin]![replicas[node]!.seen[origin]!]
    return node !== origin && next !== undefined && apply(node, next)
  }
  return {
    execute: (node, txn) => {
      const replica = replicas[node]!
      const { answer, writes } = run((key) => replica.state.get(key), txn)
      if (writes.size > 0) {
        const number = sent[node]!.length
        const time = (Math.floor(replica.clock / nodes) + 1) * nodes + node // unique
        const set = { origin: node, number, time, after: [...replica.seen], writes }
        sent[node]!.push(set)
        apply(node, set)
      }
      return answer
    },
    step: () => void deliver(random.below(nodes), random.below(nodes)),
    settle: () => {
      let busy = true
      while (busy) busy = replicas.some((_, node) => replicas.some((_, origin) => deliver(node, origin)))
    }
  }
}

export interface Options {
  readonly kind: Kind
  readonly transactions: number
  readonly clients: number
  readonly nodes: number
  /** How many fail, and of how many nobody knows. */
  readonly failures?: number
  readonly unknowns?: number
  readonly generator?: Partial<Generator.Settings>
  /** How many steps in the background there are for each of a client. */
  readonly background?: number
}

const usual = Setting.usualOf(TxnRwRegisterWorkload.settings)

/** What clients see who work at the same time, each one thing after the other. */
export const observe = (store: Store, random: SeededRandom.SeededRandom, options: Options): History.History => {
  const { background = 1, clients: count, failures = 0, kind, nodes, transactions, unknowns = 0 } = options
  let now = 0
  const { history, record } = Recorder.make(() => now)
  const next = Generator.make<Operation>(random, { ...usual, ...options.generator }, {
    read: (key) => ["r", key, null],
    write: (key, value) => [kind, key, value]
  })
  const clients = Array.from({ length: count }, (_, i) => ({
    process: i,
    node: i % nodes,
    txn: undefined as ReadonlyArray<Operation> | undefined,
    answer: undefined as ReadonlyArray<Operation> | "refused" | undefined
  }))
  const late: Array<readonly [node: number, txn: ReadonlyArray<Operation>]> = []

  let begun = 0
  while (begun < transactions || clients.some(({ txn }) => txn !== undefined)) {
    now++
    for (let i = 0; i < background; i++) store.step()
    if (late.length > 0 && random.chance(0.1)) store.execute(...late.pop()!)
    const client = random.pick(clients)
    const { node, process, txn } = client
    if (txn === undefined) {
      if (begun === transactions) continue
      begun++
      client.txn = next()
      record({ process, type: "invoke", f: "txn", value: client.txn, node: NodeId.make(`n${node}`) })
    } else if (client.answer === undefined) {
      client.answer = random.chance(failures) ? "refused" : store.execute(node, txn) ?? "refused"
    } else {
      client.txn = undefined
      if (random.chance(unknowns)) {
        record({ process, type: "info", f: "txn", value: txn, error: { _tag: "NoReply" } })
        if (client.answer === "refused") late.push([node, txn])
        client.process += count
      } else if (client.answer === "refused") {
        record({ process, type: "fail", f: "txn", value: txn, error: Told.refused("refused") })
      } else {
        record({ process, type: "ok", f: "txn", value: client.answer })
      }
      client.answer = undefined
    }
  }
  for (const [node, txn] of late) store.execute(node, txn)
  store.settle()
  const portions = Generator.portions(history)
  for (const { node, process } of clients) {
    for (const keys of portions) {
      now++
      const txn = keys.map((key): Operation => ["r", key as number, null]) // the generator's are
      record({ process, type: "invoke", f: finalRead, value: txn, node: NodeId.make(`n${node}`) })
      record({ process, type: "ok", f: finalRead, value: store.execute(node, txn)! })
    }
  }
  return history
}

/**
 * A few transactions whose operations interleave, and whose reads are of any version there is: all kinds of anomalies, but
 * those within a transaction.
 */
export const chaos = (random: SeededRandom.SeededRandom, kind: Kind, transactions: number): History.History => {
  let now = 0
  const { history, record } = Recorder.make(() => now)
  const next = Generator.make<Operation>(random, { keyCount: 2, maxTxnLength: 3, maxWritesPerKey: 16 }, {
    read: (key) => ["r", key, null],
    write: (key, value) => [kind, key, value]
  })
  const versions = new Map<number, Array<Json>>()
  const clients = Array.from({ length: 3 }, (_, process) => ({
    process,
    txn: [] as ReadonlyArray<Operation>,
    answer: [] as Array<Operation>,
    own: new Map<number, Json>(),
    busy: false
  }))
  let begun = 0
  while (begun < transactions || clients.some(({ busy }) => busy)) {
    now++
    const client = random.pick(clients)
    const { answer, own, process, txn } = client
    if (!client.busy) {
      if (begun++ >= transactions) continue
      const operations = next()
      // What is read after an append tells of the order of appends, and so of no other order than the real one.
      const seen = new Set<number>()
      client.txn = operations.filter(([f, key]) => f === "r" ? kind === "w" || !seen.has(key) : seen.add(key))
      client.answer = []
      client.own = new Map()
      client.busy = true
      record({ process, type: "invoke", f: "txn", value: client.txn })
      continue
    }
    const operation = txn[answer.length]
    if (operation === undefined) {
      client.busy = false
      record({ process, type: "ok", f: "txn", value: answer })
      continue
    }
    const [f, key, value] = operation
    const all = versions.get(key) ?? [null]
    versions.set(key, all)
    if (f === "r") {
      const found = own.has(key) ? own.get(key)! : random.chance(0.8) ? all.at(-1)! : random.pick(all)
      own.set(key, found)
      answer.push([f, key, found])
    } else {
      const last = all.at(-1)
      all.push(f === "w" ? value : [...Array.isArray(last) ? last : [], value])
      own.set(key, value)
      answer.push(operation)
    }
  }
  const last = [...versions].map(([key, all]): Operation => ["r", key, all.at(-1)!])
  record({ process: 9, type: "invoke", f: finalRead, value: last.map(([f, key]) => [f, key, null]) })
  record({ process: 9, type: "ok", f: finalRead, value: last })
  return history
}

/**
 * A few transactions on registers at the same time, each of which reads whatever any other one writes. What is there at
 * the end, if anybody looks, is as arbitrary.
 */
export const dreams = (random: SeededRandom.SeededRandom, transactions: number): History.History => {
  let now = 0
  const { history, record } = Recorder.make(() => now++)
  const next = Generator.make<Operation>(random, { keyCount: 2, maxTxnLength: 6, maxWritesPerKey: 36 }, {
    read: (key) => ["r", key, null],
    write: (key, value) => ["w", key, value]
  })
  const txns = Array.from({ length: transactions }, next)
  for (const [process, value] of txns.entries()) record({ process, type: "invoke", f: "txn", value })
  for (const [process, txn] of txns.entries()) {
    const others = txns.filter((other) => other !== txn).flat()
    const seen = new Map<number, Json>()
    const { answer } = run((key) => {
      const values = others.flatMap(([f, k, value]) => f === "w" && k === key ? [value] : [])
      if (!seen.has(key)) seen.set(key, random.pick([null, ...values]))
      return seen.get(key)
    }, txn)
    record({ process, type: "ok", f: "txn", value: answer })
  }
  if (random.chance(0.5)) return history
  const candidates = new Map<number, Array<Json>>()
  for (const txn of txns) {
    for (const [key, value] of run(() => null, txn).writes) candidates.set(key, [...candidates.get(key) ?? [], value])
  }
  const last = [...candidates].map(([key, values]): Operation => ["r", key, random.pick(values)])
  record({ process: transactions, type: "invoke", f: finalRead, value: last.map(([f, key]) => [f, key, null]) })
  record({ process: transactions, type: "ok", f: finalRead, value: last })
  return history
}
