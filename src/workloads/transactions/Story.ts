/**
 * An anomaly in words: what each transaction did to the others, and below it who they are; and where in the history they
 * are found.
 */
import type { Json } from "../../schema/Json.ts"
import * as ExactNumbers from "../history/ExactNumbers.ts"
import type * as Verdict from "../history/Verdict.ts"
import { type Edge, Kind } from "./DependencyGraph.ts"
import type { Observations } from "./Observations.ts"
import type { Operation, Transaction } from "./Transactions.ts"

const limit = 100

export const text = (value: Json | undefined): string => {
  const json = ExactNumbers.text(value ?? null)
  return json.length > limit ? `${json.slice(0, limit)}…` : json
}

const describe = ({ f, key, value }: Operation, { outcome }: Transaction, lists: boolean): string => {
  if (f === "write") return `${lists ? "append" : "w"} ${text(key)} ${text(value)}`
  return `r ${text(key)} ${outcome === "ok" ? text(value) : "?"}`
}

const where = ({ invoke: { node, process } }: Transaction): string => node ?? `process ${process}`

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
  const places = new Map<number, string>()
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
        if (lists) return `${before} ${wrote(version)} before ${after} ${wrote(next)}`
        return witness < 0
          ? `${before} ${wrote(version)} before ${after} wrote ${value(next)}, which is there at the end`
          : `${before} ${wrote(version)}, which ${after} read and overwrote with ${value(next)}`
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
    /** Where it was executed, for a story that needs to say no more of it. */
    at: (transaction: number): string => {
      const place = where(transactions[transaction]!)
      places.set(transaction, place)
      return place
    },
    wrote,
    read,
    sentence,
    /** The sentences, of which the last one contradicts the others, and who the transactions are. */
    tell: (what: string, sentences: ReadonlyArray<string>): Verdict.Finding => {
      const last = sentences.at(-1)
      const first = sentences.slice(0, -1)
      const story = first.length > 0 ? `${first.join("; ")}; yet ${last}` : `${last}`
      const who = [...names].map(([id, name]) => introduce(name, transactions[id]!, lists))
      const told = [...names, ...places]
      const events = told.flatMap(([id]) => {
        const { completion, invoke } = transactions[id]!
        return completion === undefined ? [invoke.index] : [invoke.index, completion.index]
      })
      return {
        text: [`${what}: ${story}`, ...who].join("\n"),
        evidence: [{ about: [...new Set(told.map(([, name]) => name))].join(", "), events }]
      }
    }
  }
}
