/**
 * What is known of the order of the versions of registers.
 *
 * Each key has one order of versions, whatever the transactions promise. So where of two versions each comes before the
 * other, that is told as such, and nothing is concluded from any order between them (as in Elle, where the order of
 * versions that has a cycle is left out).
 */
import type { Cycle } from "./Cycles.ts"
import * as DependencyGraph from "./DependencyGraph.ts"
import { type Edge, Kind } from "./DependencyGraph.ts"
import type { Version } from "./Observations.ts"

export const make = (versions: ReadonlyArray<Version>) => {
  const order = DependencyGraph.make(versions.length)
  const known: Array<Edge> = []
  const { ww: kind } = Kind

  return {
    /** @param witness who read the one and wrote the other; −1 if it was not that which told. */
    add: ({ id: version, writer }: Version, { id: next, writer: nextWriter }: Version, witness: number): void => {
      known.push({ from: writer.id, to: nextWriter.id, kind, version, next, witness })
      order.add({ from: version, to: next, kind, version, next, witness })
    },
    /** The edges between writers that follow, and what contradicts itself. */
    judge: (): { readonly edges: ReadonlyArray<Edge>; readonly cycles: ReadonlyArray<Cycle> } => {
      const knots = order.knots(kind)
      if (knots.length === 0) return { edges: known, cycles: [] }
      const knotOf = new Map<number, number>()
      for (const [knot, members] of knots.entries()) for (const version of members) knotOf.set(version, knot)
      const isCertain = ({ next, version }: Edge): boolean =>
        !knotOf.has(version) || knotOf.get(version) !== knotOf.get(next)
      const writer = (version: number): number => versions[version]!.writer.id
      return {
        edges: known.filter(isCertain),
        cycles: order.cycles(kind).map((cycle) => ({
          anomaly: "cyclic-versions",
          edges: cycle.map((edge) => ({ ...edge, from: writer(edge.version), to: writer(edge.next) }))
        }))
      }
    }
  }
}
