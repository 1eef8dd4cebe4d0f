/**
 * An anomaly in words: what each transaction did to the others, and below it who they are.
 */
import type { Json } from "../../schema/Json.ts"
import { type Edge, Kind } from "./DependencyGraph.ts"
import type { Observations } from "./Observations.ts"
import type { Operation, Transaction } from "./Transactions.ts"

const limit = 100

export const text = (value: Json | undefined): string => {
  const json = JSON.stringify(value ?? null)
  return json.length > limit ? `${json.slice(0, limit)}…` : json
}

const describe = ({ f, key, value }: Operation, { outcome }: Transaction, lists: boolean): string => {
  if (f === "write") return `${lists ? "append" : "w"} ${text(key)} ${text(value)}`
  return `r ${text(key)} ${outcome === "ok" ? text(value) : "?"}`
}

/** From when to when, in ms. */
const span = ({ completion, invoke, outcome }: Transaction): string => {
  if (outcome === "unknown" || completion === undefined) return `${invoke.time} ms, outcome unknown`
  const end = completion.time === invoke.time ? "" : ` to ${completion.time}`
  return `${invoke.time}${end} ms${outcome === "fail" ? ", refused" : ""}`
}

const introduce = (name: string, transaction: Transaction, lists: boolean): string => {
  const { invoke, operations } = transaction
  const where = `process ${invoke.process}${invoke.node === undefined ? "" : ` at ${invoke.node}`}`
  return `${name} = ${where}, ${span(transaction)}: ${
    operations.map((operation) => describe(operation, transaction, lists)).join(", ")
  }`
}

/** Names transactions T1, T2 … in the order in which the story comes to speak of them. */
export const make = ({ lists, transactions, versions }: Observations) => {
  const names = new Map<number, string>()
  const name = (transaction: number): string => {
    const known = names.get(transaction) ?? `T${names.size + 1}`
    names.set(transaction, known)
    return known
  }
  const value = (version: number): string => text(versions[version]?.value)
  const wrote = (version: number): string => {
    const key = `key ${text(versions[version]?.key)}`
    return lists ? `appended ${value(version)} to ${key}` : `wrote ${key} = ${value(version)}`
  }
  /** Of a list, what is read last. */
  const read = (key: Json, version: number): string =>
    `read key ${text(key)} ${version < 0 || !lists ? "=" : "up to"} ${value(version)}`

  const sentence = ({ from, kind, next, to, version, witness }: Edge): string => {
    const [before, after] = [name(from), name(to)]
    switch (kind) {
      case Kind.ww:
        return lists
          ? `${before} ${wrote(version)} before ${after} ${wrote(next)}`
          : `${before} ${wrote(version)} before ${after} wrote ${value(next)}, which is there at the end`
      case Kind.wr:
        return `${before} ${wrote(version)}, which ${after} read`
      case Kind.rw:
        return `${before} ${read(versions[next]!.key, version)}, before ${after} ${wrote(next)}`
      case Kind.process:
        return `${after} followed ${before} in the same session`
      case Kind.realtime:
        return `${before} had ended when ${after} began`
      case Kind.arbitration:
        return `${before} ${wrote(version)} before ${after} ${wrote(next)}, since ${name(witness)} knew of both and `
          + read(versions[next]!.key, next)
    }
  }

  return {
    name,
    wrote,
    read,
    sentence,
    /** The sentences, of which the last one contradicts the others, and who the transactions are. */
    tell: (sentences: ReadonlyArray<string>): string => {
      const last = sentences.at(-1)
      const first = sentences.slice(0, -1)
      const story = first.length > 0 ? `${first.join("; ")}; yet ${last}` : `${last}`
      const who = [...names].map(([id, name]) => introduce(name, transactions[id]!, lists))
      return [story, ...who].join("\n")
    }
  }
}
