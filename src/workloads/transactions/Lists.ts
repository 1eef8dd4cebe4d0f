/**
 * What a transaction saw of lists.
 */
import * as Json from "../../schema/Json.ts"
import * as Transactions from "./Transactions.ts"

export type List = ReadonlyArray<Json.Json>

export const listOf = (value: Json.Json): List => Array.isArray(value) ? value : []

/** A list that a transaction read. */
export interface Seen {
  readonly reader: number
  readonly key: Json.Json
  readonly list: List
}

export const startsWith = (list: List, beginning: List): boolean =>
  beginning.length <= list.length && beginning.every((element, i) => Json.equals(element, list[i]!))

export interface Look {
  /** All lists as they were read. */
  readonly all: ReadonlyArray<Seen>
  /** What each key held without what the transaction itself appended. */
  readonly external: ReadonlyArray<Seen>
  /** Lists that do not go with what it had read or appended before. */
  readonly contradictions: ReadonlyArray<Seen>
  /** Lists that hold what it appends only later. */
  readonly premature: ReadonlyArray<Seen>
}

/** What it knows of a key: what it found there, and what it has appended to that. */
interface State {
  readonly key: Json.Json
  found: List | undefined
  readonly appended: Array<Json.Json>
}

/** Whether a list is what was found there with what was appended to it; if so, what was found there. */
const beginning = ({ appended, found }: State, list: List): List | undefined => {
  const length = found === undefined ? list.length - appended.length : found.length
  const first = list.slice(0, Math.max(0, length))
  return startsWith(first, found ?? []) && startsWith(list.slice(first.length), appended)
      && list.length === first.length + appended.length
    ? first
    : undefined
}

export const look = ({ id: reader, operations }: Transactions.Transaction): Look => {
  const all: Array<Seen> = []
  const states = new Map<Json.Json, State>()
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
    const found = beginning(state, seen.list)
    if (found === undefined) contradictions.push(seen)
    else state.found = found
  }
  const external: Array<Seen> = []
  const premature: Array<Seen> = []
  for (const { appended, found: list, key } of states.values()) {
    if (list === undefined) continue
    const isPremature = appended.some((element) => list.some((other) => Json.equals(element, other)))
    ;(isPremature ? premature : external).push({ reader, key, list })
  }
  return { all, external, contradictions, premature }
}
