/**
 * Adya's anomalies that are cycles of dependencies.
 *
 * Transactions that are on cycles together are judged together: what is told of them is the worst that they do. A cycle
 * that needs the order of sessions or time is told if it is worse than any that does not.
 */
import type { Anomaly } from "./ConsistencyModel.ts"
import { type DependencyGraph, type Edge, Kind } from "./DependencyGraph.ts"

const { process, realtime, rw, wr, ww } = Kind

/** What makes G0, G1c, G-single or G-nonadjacent, and G2-item, the worst first. */
const levels = [
  { kinds: ww, apart: false },
  { kinds: ww | wr, apart: false },
  { kinds: ww | wr | rw, apart: true },
  { kinds: ww | wr | rw, apart: false }
]

const classify = (cycle: ReadonlyArray<Edge>) => {
  const has = (kind: Kind): boolean => cycle.some((edge) => edge.kind === kind)
  const isAdjacent = cycle.some(({ kind }, i) => kind === rw && cycle.at(i - 1)!.kind === rw)
  const overtakes = cycle.filter(({ kind }) => kind === rw).length
  if (overtakes === 1) return "G-single"
  if (overtakes > 1) return isAdjacent ? "G2-item" : "G-nonadjacent"
  return has(wr) ? "G1c" : "G0"
}

const variants = [
  { kinds: 0, suffix: "" },
  { kinds: process, suffix: "-process" },
  { kinds: realtime, suffix: "-realtime" }
] as const

export interface Cycle {
  readonly anomaly: Anomaly
  readonly edges: ReadonlyArray<Edge>
}

/** Those of the worst level among nodes that are on cycles together. */
const worstOf = (graph: DependencyGraph, nodes: ReadonlyArray<number>, kinds: number, candidates: typeof levels) => {
  for (const [level, { apart, kinds: own }] of candidates.entries()) {
    const cycles = graph.cycles(own | kinds, { nodes, apart })
    if (cycles.length === 0) continue
    // The shortest ones may hide one with a single rw edge, which breaks more.
    const hides = apart && cycles.every((cycle) => classify(cycle) === "G-nonadjacent")
    const single = hides ? graph.single(ww | wr | kinds, nodes) : undefined
    return { level, cycles: single === undefined ? cycles : [single, ...cycles] }
  }
  return undefined
}

export const find = (graph: DependencyGraph): ReadonlyArray<Cycle> => {
  const found: Array<Cycle> = []
  let worst = levels.length
  for (const { kinds, suffix } of variants) {
    const candidates = levels.slice(0, worst)
    for (const nodes of graph.knots(ww | wr | rw | kinds)) {
      const its = worstOf(graph, nodes, kinds, candidates)
      if (its === undefined) continue
      found.push(...its.cycles.map((edges): Cycle => ({ anomaly: `${classify(edges)}${suffix}`, edges })))
      worst = Math.min(worst, its.level)
    }
  }
  return found
}
