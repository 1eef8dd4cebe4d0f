/**
 * An anomaly as a story: what each transaction did to the others, clause by clause, and who they are. It is data; src/report
 * puts it into words.
 */
import type { Json } from "../../schema/Json.ts"
import * as Finding from "../finding/Finding.ts"
import { type Edge, Kind } from "./DependencyGraph.ts"
import type { Observations } from "./Observations.ts"
import type { Transaction } from "./Transactions.ts"

/** A version of a key that was written; if `append`, as the last element of a list. */
export interface Wrote {
  readonly key: Json
  readonly value: Json
  readonly append: boolean
}

/** What was read of a key; if `upTo`, a list whose last element is this. */
export interface Read {
  readonly key: Json
  readonly value: Json
  readonly upTo: boolean
}

/** One thing that happened; transactions go by the names that the story gives them. */
export type Clause =
  | { readonly clause: "ww" | "arbitration"; readonly from: string; readonly to: string; readonly wrote: Wrote }
    & { readonly next: Wrote; readonly witness?: string; readonly reads?: Read }
  | { readonly clause: "wr"; readonly from: string; readonly to: string; readonly wrote: Wrote }
  | { readonly clause: "rw"; readonly from: string; readonly to: string; readonly read: Read; readonly next: Wrote }
  | { readonly clause: "process" | "realtime"; readonly from: string; readonly to: string }
  | { readonly clause: "wrote"; readonly who: string; readonly wrote: Wrote; readonly read?: Read }
  | { readonly clause: "read"; readonly who: string; readonly read: Read; readonly alsoOf?: string }
  | { readonly clause: "had"; readonly who: string; readonly key: Json; readonly value: Json }
  | { readonly clause: "answered"; readonly who: string; readonly value: Json }
  | { readonly clause: "unanswered"; readonly at: string; readonly failure?: Json }
  | { readonly clause: "at the end"; readonly at: string; readonly key: Json; readonly value: Json }
  | { readonly clause: "diverged"; readonly key: Json }
    & { readonly values: ReadonlyArray<{ readonly value: Json; readonly at: string }> }

/** A transaction of the story. Times are in ms. */
export interface Cast {
  readonly name: string
  readonly process: Json
  readonly node?: string
  readonly start: number
  readonly end?: number
  readonly outcome: Transaction["outcome"]
  readonly append: boolean
  readonly operations: ReadonlyArray<{ readonly f: string; readonly key: Json; readonly value: Json }>
}

const place = ({ invoke: { node, process } }: Transaction): string => node ?? `process ${process}`

/** What a story has names for. */
interface Words {
  readonly name: (transaction: number) => string
  readonly wrote: (version: number) => Wrote
  readonly read: (key: Json, version: number) => Read
  readonly keyOf: (version: number) => Json
}

/** Why one transaction comes before another. */
const edgeOf = ({ keyOf, name, read, wrote }: Words) => (edge: Edge): Clause => {
  const { from: before, kind, next, to: after, version, witness } = edge
  const [from, to] = [name(before), name(after)]
  switch (kind) {
    case Kind.ww:
      return {
        clause: "ww",
        from,
        to,
        wrote: wrote(version),
        next: wrote(next),
        ...witness >= 0 && { witness: to } // it read the one and wrote the other
      }
    case Kind.wr:
      return { clause: "wr", from, to, wrote: wrote(version) }
    case Kind.rw:
      return { clause: "rw", from, to, read: read(keyOf(next), version), next: wrote(next) }
    case Kind.process:
      return { clause: "process", from, to }
    case Kind.realtime:
      return { clause: "realtime", from, to }
    case Kind.arbitration:
      return {
        clause: "arbitration",
        from,
        to,
        wrote: wrote(version),
        next: wrote(next),
        witness: name(witness),
        reads: read(keyOf(next), next)
      }
  }
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
  const at = (transaction: number): string => {
    const where = place(transactions[transaction]!)
    places.set(transaction, where)
    return where
  }
  const wrote = (version: number): Wrote => ({
    key: versions[version]?.key ?? null,
    value: versions[version]?.value ?? null,
    append: lists
  })
  const read = (key: Json, version: number): Read => ({
    key,
    value: versions[version]?.value ?? null,
    upTo: lists && version >= 0
  })

  const edge = edgeOf({ name, wrote, read, keyOf: (version) => versions[version]!.key })

  const cast = ([id, name]: readonly [number, string]): Cast => {
    const { completion, invoke, operations, outcome } = transactions[id]!
    return {
      name,
      process: invoke.process,
      ...invoke.node !== undefined && { node: invoke.node },
      start: invoke.time,
      ...completion !== undefined && { end: completion.time },
      outcome,
      append: lists,
      operations
    }
  }

  return {
    name,
    /** Where it was executed, for a story that needs to say no more of it. */
    at,
    wrote,
    read,
    edge,
    /** The clauses, of which the last one contradicts the others, and who the transactions are. */
    example: (clauses: ReadonlyArray<Clause>): Finding.Example => {
      const ids = [...names.keys(), ...places.keys()]
      const told = ids.map((id) => transactions[id]!)
      return Finding.example(
        told.map(({ invoke }) => invoke.node),
        {
          // plain data of Json values
          story: clauses as unknown as Json,
          transactions: [...names].map(cast) as unknown as Json,
          names: [...new Set([...names.values(), ...places.values()])]
        },
        told.flatMap(({ completion, invoke }) => [invoke.index, completion?.index])
      )
    }
  }
}
