/**
 * What a checker has to say of a history.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Json } from "../../schema/Json.ts"
import type { Failure } from "../history/History.ts"
import * as Operations from "../history/Operations.ts"
import * as Sorted from "../history/Sorted.ts"
import * as Finding from "./Finding.ts"
import type { Kinds } from "./Kinds.ts"

/** Something that was measured again and again, such as how long each value took to spread: [time, value] in ms. */
export interface Series {
  readonly name: string
  readonly points: ReadonlyArray<readonly [time: number, value: number]>
}

export interface Verdict {
  /** Whether nothing was found, by whatever rules. */
  readonly valid: boolean
  readonly findings: ReadonlyArray<Finding.Finding>
  /** What else the checker counted or measured. */
  readonly figures: { readonly [name: string]: Json }
  readonly series?: ReadonlyArray<Series>
}

export const make = (
  findings: ReadonlyArray<Finding.Finding>,
  figures: Verdict["figures"] = {},
  series?: ReadonlyArray<Series>
): Verdict => ({ valid: findings.length === 0, findings, figures, ...series && { series } })

/**
 * One finding for all nodes that clients asked to the end, and that never gave the answer that counts. Each example
 * says how the last operation at its node ended.
 */
export const silent = <Name extends string>(
  kinds: Kinds<Name>,
  kind: Name,
  nodes: ReadonlyArray<NodeId>,
  operations: Operations.Operations
): ReadonlyArray<Finding.Finding> =>
  kinds.of(kind, nodes, (node) => {
    const last = Operations.lastAsked(operations, node)
    return Finding.example([node], { f: last?.invoke.f, failure: last?.completion?.error }, [last?.invoke.index])
  })

/** Operations that ended in the same way, but for numbers in what the node said. */
interface Sort {
  readonly failure: Failure
  times: number
  alike: boolean
  readonly nodes: Set<string>
}

const sortOf = (failure: Failure): string =>
  JSON.stringify(
    failure._tag === "Refused" ? [failure.code, failure.text.replaceAll(/\d+/g, "#")] : failure._tag
  )

/** How many sorts of failures are kept at the most. */
const mostSorts = 5

/** How often operations failed and how, the most frequent first, as data of a finding. */
export const failures = (operations: ReadonlyArray<Operations.Completed>): ReadonlyArray<Json> => {
  const sorts = new Map<string, Sort>()
  for (const { completion: { error }, invoke: { node } } of operations) {
    if (error === undefined) continue
    const key = sortOf(error)
    const sort = sorts.get(key) ?? { failure: error, times: 0, alike: true, nodes: new Set() }
    sorts.set(key, sort)
    sort.times++
    if (JSON.stringify(error) !== JSON.stringify(sort.failure)) sort.alike = false
    if (node !== undefined) sort.nodes.add(node)
  }
  const byNumber = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true })
  return [...sorts.values()].toSorted((a, b) => b.times - a.times).slice(0, mostSorts).map((
    { alike, failure, nodes, times }
  ) => ({ failure, times, alike, nodes: [...nodes].toSorted(byNumber) }))
}

/** Latencies at Maelstrom's quantiles, or nothing when there are none. */
export const quantiles = (name: string, latencies: ReadonlyArray<number>): Verdict["figures"] => {
  const found = Sorted.quantiles(latencies)
  return found === undefined ? {} : { [name]: found }
}
