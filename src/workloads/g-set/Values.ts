/**
 * The distinct values of a history of a set, each with what is known of it so far. Values are equal if they are equal as
 * JSON.
 *
 * To look a value up costs a look into a map, and an object or a list must be made a text first. But a node mostly tells
 * what it told before and something more, in the same order: what stands in the same place as in its last list is found
 * with one comparison.
 */
import type { NodeId } from "../../schema/Address.ts"
import * as Json from "../../schema/Json.ts"
import type { Event } from "../history/History.ts"
import type { Completed } from "../history/Operations.ts"

/** A value in a read, or missing from one. */
export interface Sighting {
  readonly value: Json.Json
  readonly read: Completed
  /** Indices of the events that it contradicts, such as that of an earlier read that has the value. */
  readonly against: ReadonlyArray<number>
}

/** A value that a client tried to add, or that a read has. */
export interface Value {
  /** Its place in the order in which values first occur in the history. */
  readonly id: number
  readonly json: Json.Json
  /** The beginning of the first attempt to add it. */
  added: Event | undefined
  acknowledged: boolean
  /** Whether some add of the value was not refused. */
  isPossible: boolean
  /** When it was acknowledged, or the first read that has it ended, whichever came first. */
  known: Event | undefined
  /** Whether some node that had the value has it still (see Lives). */
  isKept: boolean
  /** Of the reads that ended after it was first added, the beginning of the last one that has it … */
  lastPresent: Event | undefined
  /** … and of the last one that lacks it. */
  lastAbsent: Event | undefined
  firstRead: Completed | undefined
  /** The first time that a read has it once more. */
  duplicated: Sighting | undefined
  /** The number of the last read that has it: whether the read at hand has it needs no set. */
  mark: number
}

export interface Values {
  /** All values, in the order in which they first occur in the history. */
  readonly all: ReadonlyArray<Value>
  readonly of: (json: Json.Json) => Value
  /** Those of a list that a node read, in its order and as often as it has them; good until the node's next list. */
  readonly read: (node: NodeId | undefined, list: ReadonlyArray<Json.Json>) => ReadonlyArray<Value>
}

/** The values that a read was answered. */
export const listOf = ({ completion: { value } }: Completed): ReadonlyArray<Json.Json> =>
  Json.isList(value) ? value : []

const find = <K>(known: Map<K, Value>, key: K, orElse: () => Value): Value => {
  let value = known.get(key)
  if (value === undefined) known.set(key, value = orElse())
  return value
}

/** A primitive is its own key, and a text that was seen before need not be sorted again. */
const index = (make: (json: Json.Json) => Value): Values["of"] => {
  const primitives = new Map<Json.Json, Value>()
  const texts = new Map<string, Value>()
  const canonicalTexts = new Map<string, Value>()
  return (json) =>
    typeof json !== "object" || json === null
      ? find(primitives, json, () => make(json))
      : find(texts, JSON.stringify(json), () => find(canonicalTexts, Json.canonical(json), () => make(json)))
}

export const make = (): Values => {
  const all: Array<Value> = []
  const of = index((json) => {
    const value: Value = {
      id: all.length,
      json,
      added: undefined,
      acknowledged: false,
      isPossible: false,
      known: undefined,
      isKept: false,
      lastPresent: undefined,
      lastAbsent: undefined,
      firstRead: undefined,
      duplicated: undefined,
      mark: 0
    }
    all.push(value)
    return value
  })

  const last = new Map<NodeId | undefined, { list: ReadonlyArray<Json.Json>; readonly values: Array<Value> }>()
  const read: Values["read"] = (node, list) => {
    const before = last.get(node) ?? { list: [], values: [] }
    const { list: lastList, values } = before
    for (let i = 0; i < list.length; i++) {
      const json = list[i]!
      if (i >= lastList.length || json !== lastList[i]) values[i] = of(json)
    }
    values.length = list.length
    before.list = list
    last.set(node, before)
    return values
  }

  return { all, of, read }
}
