/**
 * Who must come before whom, among transactions: a graph of dependencies, and the cycles in it. What is said of it is
 * computed by Adjacency, from the edges of some kinds.
 */
import * as Adjacency from "./Adjacency.ts"

/** Why one transaction comes before another. Bits, so that a set of kinds is a number. */
export const Kind = {
  /** It wrote a version of a key, and the other the next one. */
  ww: 1,
  /** It wrote the version that the other read. */
  wr: 2,
  /** It read a version, and the other wrote the next one. */
  rw: 4,
  /** It precedes the other in a session. */
  process: 8,
  /** It ended before the other began. */
  realtime: 16,
  /** Somebody who knew of both reads the other's write: so the other's is the later one. */
  arbitration: 32
} as const
export type Kind = (typeof Kind)[keyof typeof Kind]

export interface Edge {
  readonly from: number
  readonly to: number
  readonly kind: Kind
  /** The version that was overwritten or read, and the one that came next; who tells so. −1 where there is none. */
  readonly version: number
  readonly next: number
  readonly witness: number
}

export interface DependencyGraph {
  readonly add: (edge: Omit<Edge, "version" | "next" | "witness"> & Partial<Edge>) => void
  readonly counts: () => Readonly<Record<keyof typeof Kind, number>>
  /** The graph of all edges of these kinds. */
  readonly select: (kinds: number) => Adjacency.Adjacency
  /** The sets of nodes that are on cycles together, by edges of these kinds. */
  readonly knots: (kinds: number) => ReadonlyArray<ReadonlyArray<number>>
  /**
   * For each such set among these nodes (else all) a shortest cycle. If `apart`, only cycles count in which no two rw
   * edges follow each other: what snapshot isolation forbids.
   */
  readonly cycles: (
    kinds: number,
    options?: { readonly nodes?: ReadonlyArray<number>; readonly apart?: boolean }
  ) => ReadonlyArray<ReadonlyArray<Edge>>
  /** A cycle of one rw edge and any of these kinds, which have none by themselves, among these nodes. */
  readonly single: (kinds: number, nodes: ReadonlyArray<number>) => ReadonlyArray<Edge> | undefined
  /** A shortest path, by edges of these kinds over nodes that pass. */
  readonly path: (
    from: number,
    to: number,
    kinds: number,
    passes?: (node: number) => boolean
  ) => ReadonlyArray<Edge> | undefined
}

/** The edges that were added, each field by itself: half a million of them are no half million objects. */
const edges = () => {
  const from: Array<number> = []
  const to: Array<number> = []
  const kind: Array<Kind> = []
  const version: Array<number> = []
  const next: Array<number> = []
  const witness: Array<number> = []
  return {
    from,
    to,
    kind,
    add: (edge: Parameters<DependencyGraph["add"]>[0]): void => {
      from.push(edge.from)
      to.push(edge.to)
      kind.push(edge.kind)
      version.push(edge.version ?? -1)
      next.push(edge.next ?? -1)
      witness.push(edge.witness ?? -1)
    },
    get: (id: number): Edge => ({
      from: from[id]!,
      to: to[id]!,
      kind: kind[id]!,
      version: version[id]!,
      next: next[id]!,
      witness: witness[id]!
    })
  }
}

/** Each node twice: as reached by an rw edge, from where no other one leads, and as reached by any other edge. */
const doubled = ({ edge, first, size, to }: Adjacency.Adjacency, kind: ReadonlyArray<Kind>): Adjacency.Adjacency =>
  Adjacency.make(2 * size, (add) => {
    for (let node = 0; node < size; node++) {
      for (let at = first[node]!; at < first[node + 1]!; at++) {
        const id = edge[at]!
        if (kind[id] === Kind.rw) {
          add(node, size + to[at]!, id)
        } else {
          add(node, to[at]!, id)
          add(size + node, to[at]!, id)
        }
      }
    }
  })

export const make = (size: number): DependencyGraph => {
  const { add, from, get, kind, to } = edges()
  const selections = new Map<number, Adjacency.Adjacency>()
  const select = (kinds: number): Adjacency.Adjacency => {
    let selection = selections.get(kinds)
    if (selection === undefined) {
      selection = Adjacency.make(size, (add) => {
        for (let id = 0; id < kind.length; id++) if ((kind[id]! & kinds) !== 0) add(from[id]!, to[id]!, id)
      })
      selections.set(kinds, selection)
    }
    return selection
  }
  return {
    add: (edge) => {
      selections.clear()
      add(edge)
    },
    counts: () => {
      const counts = { ww: 0, wr: 0, rw: 0, process: 0, realtime: 0, arbitration: 0 }
      const names = new Map(Object.entries(Kind).map(([name, bit]) => [bit, name as keyof typeof Kind]))
      for (const bit of kind) counts[names.get(bit)!]++
      return counts
    },
    select,
    knots: (kinds) => Adjacency.components(select(kinds)),
    cycles: (kinds, { apart = false, nodes } = {}) => {
      const graph = nodes === undefined ? select(kinds) : Adjacency.part(select(kinds), nodes)
      const searched = apart ? doubled(graph, kind) : graph
      return Adjacency.components(searched).map((members) =>
        Adjacency.shortestCycle(Adjacency.part(searched, members)).map(get)
      )
    },
    single: (kinds, nodes) => {
      const graph = Adjacency.part(select(kinds), nodes)
      const overtaking = Adjacency.part(select(Kind.rw), nodes)
      const order = Adjacency.topologicalOrder(graph)
      const pairs = nodes.flatMap((_, node) =>
        Array.from(
          overtaking.to.subarray(overtaking.first[node], overtaking.first[node + 1]),
          (end) => [end, node] as const
        )
      )
      const at = order && Adjacency.connected(graph, order, pairs)
      if (at === undefined) return undefined
      const path = Adjacency.shortestPath(graph, ...pairs[at]!, () => true) ?? []
      return [...path, overtaking.edge[at]!].map(get)
    },
    path: (start, end, kinds, passes = () => true) =>
      Adjacency.shortestPath(select(kinds), start, end, passes)?.map(get)
  }
}
