/**
 * Who must come before whom, among transactions: a graph of dependencies, and the cycles in it.
 *
 * All but the search for a shortest cycle takes time in proportion to the edges: the strongly connected components tell
 * whether there is a cycle (Tarjan, "Depth-first search and linear graph algorithms", 1972), and only within one is
 * looked for an example, by breadth-first searches of bounded effort.
 */

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

/** Nodes are 0 … size − 1. The edges of node i are those from first[i] up to first[i + 1]. */
export interface Adjacency {
  readonly size: number
  readonly first: Int32Array
  readonly to: Int32Array
  /** The edges of the graph that these are. */
  readonly edge: Int32Array
}

/** Makes a graph of the edges that it is told, which it asks for twice. */
const adjacency = (size: number, tell: (add: (from: number, to: number, edge: number) => void) => void): Adjacency => {
  const first = new Int32Array(size + 1)
  tell((from) => void first[from + 1]!++)
  for (let i = 0; i < size; i++) first[i + 1]! += first[i]!
  const next = first.slice()
  const to = new Int32Array(first[size]!)
  const edge = new Int32Array(first[size]!)
  tell((i, j, id) => {
    const place = next[i]!++
    to[place] = j
    edge[place] = id
  })
  return { size, first, to, edge }
}

/** The strongly connected components of more than one node. (There are no loops.) */
const components = ({ first, size, to }: Adjacency): ReadonlyArray<ReadonlyArray<number>> => {
  const number = new Int32Array(size) // 0: not yet visited
  const low = new Int32Array(size)
  const onStack = new Uint8Array(size)
  const cursor = first.slice(0, size)
  const stack: Array<number> = []
  const path: Array<number> = []
  const found: Array<ReadonlyArray<number>> = []
  let visited = 0

  for (let root = 0; root < size; root++) {
    if (number[root] !== 0) continue
    path.push(root)
    while (path.length > 0) {
      const node = path.at(-1)!
      if (number[node] === 0) {
        number[node] = low[node] = ++visited
        stack.push(node)
        onStack[node] = 1
      }
      if (cursor[node]! < first[node + 1]!) {
        const successor = to[cursor[node]!++]!
        if (number[successor] === 0) path.push(successor)
        else if (onStack[successor] === 1) low[node] = Math.min(low[node]!, number[successor]!)
        continue
      }
      path.pop()
      const parent = path.at(-1)
      if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[node]!)
      if (low[node] !== number[node]) continue
      const members = stack.splice(stack.lastIndexOf(node))
      for (const member of members) onStack[member] = 0
      if (members.length > 1) found.push(members)
    }
  }
  return found
}

/** How many edges are looked at for the shortest cycle of a component. */
const effort = 200_000

/** The edges of a shortest cycle of a graph that has one, or of a short one if that takes too long. */
const shortestCycle = ({ edge, first, size, to }: Adjacency): ReadonlyArray<number> => {
  const seenFrom = new Int32Array(size).fill(-1)
  const arrivedBy = new Int32Array(size)
  const cameFrom = new Int32Array(size)
  let shortest: ReadonlyArray<number> = []
  let looked = 0

  for (let start = 0; start < size; start++) {
    if (shortest.length === 2 || (shortest.length > 0 && looked > effort)) break
    let frontier = [start]
    let depth = 1
    search: while (frontier.length > 0 && (shortest.length === 0 || depth < shortest.length)) {
      const next: Array<number> = []
      for (const node of frontier) {
        for (let i = first[node]!; i < first[node + 1]!; i++) {
          looked++
          const successor = to[i]!
          if (successor === start) {
            const cycle = [edge[i]!]
            for (let at = node; at !== start; at = cameFrom[at]!) cycle.push(arrivedBy[at]!)
            shortest = cycle.toReversed()
            break search
          }
          if (seenFrom[successor] === start) continue
          seenFrom[successor] = start
          arrivedBy[successor] = edge[i]!
          cameFrom[successor] = node
          next.push(successor)
        }
      }
      frontier = next
      depth++
    }
  }
  return shortest
}

export interface DependencyGraph {
  readonly add: (edge: Omit<Edge, "version" | "next" | "witness"> & Partial<Edge>) => void
  readonly counts: () => Readonly<Record<keyof typeof Kind, number>>
  /** The graph of all edges of these kinds. */
  readonly select: (kinds: number) => Adjacency
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
  /** A shortest path, by edges of these kinds over nodes that pass. */
  readonly path: (
    from: number,
    to: number,
    kinds: number,
    passes?: (node: number) => boolean
  ) => ReadonlyArray<Edge> | undefined
}

/** The nodes, each after all those that lead to it; undefined if there is a cycle. */
export const topologicalOrder = ({ first, size, to }: Adjacency): ReadonlyArray<number> | undefined => {
  const pending = new Int32Array(size)
  for (const node of to) pending[node]!++
  const order: Array<number> = []
  for (let node = 0; node < size; node++) if (pending[node] === 0) order.push(node)
  for (const node of order) {
    for (let at = first[node]!; at < first[node + 1]!; at++) if (--pending[to[at]!]! === 0) order.push(to[at]!)
  }
  return order.length === size ? order : undefined
}

export const make = (size: number): DependencyGraph => {
  const from: Array<number> = []
  const to: Array<number> = []
  const kind: Array<Kind> = []
  const version: Array<number> = []
  const next: Array<number> = []
  const witness: Array<number> = []

  const edge = (id: number): Edge => ({
    from: from[id]!,
    to: to[id]!,
    kind: kind[id]!,
    version: version[id]!,
    next: next[id]!,
    witness: witness[id]!
  })

  const selections = new Map<number, Adjacency>()
  const selected = (kinds: number): Adjacency => {
    let selection = selections.get(kinds)
    if (selection === undefined) {
      selection = adjacency(size, (add) => {
        for (let id = 0; id < kind.length; id++) if ((kind[id]! & kinds) !== 0) add(from[id]!, to[id]!, id)
      })
      selections.set(kinds, selection)
    }
    return selection
  }

  /** The part between these nodes, which are numbered anew. */
  const part = ({ edge, first, to }: Adjacency, nodes: ReadonlyArray<number>): Adjacency => {
    const numbers = new Map(nodes.map((node, i) => [node, i]))
    return adjacency(nodes.length, (add) => {
      nodes.forEach((node, i) => {
        for (let at = first[node]!; at < first[node + 1]!; at++) {
          const j = numbers.get(to[at]!)
          if (j !== undefined) add(i, j, edge[at]!)
        }
      })
    })
  }

  /** Each node twice: as reached by an rw edge, from where no other one leads, and as reached by any other edge. */
  const doubled = ({ edge, first, size, to }: Adjacency): Adjacency =>
    adjacency(2 * size, (add) => {
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

  return {
    add: (edge) => {
      selections.clear()
      from.push(edge.from)
      to.push(edge.to)
      kind.push(edge.kind)
      version.push(edge.version ?? -1)
      next.push(edge.next ?? -1)
      witness.push(edge.witness ?? -1)
    },
    counts: () => {
      const counts = { ww: 0, wr: 0, rw: 0, process: 0, realtime: 0, arbitration: 0 }
      const names = new Map(Object.entries(Kind).map(([name, bit]) => [bit, name as keyof typeof Kind]))
      for (const bit of kind) counts[names.get(bit)!]++
      return counts
    },
    select: selected,
    knots: (kinds) => components(selected(kinds)),
    cycles: (kinds, { apart = false, nodes } = {}) => {
      const graph = nodes === undefined ? selected(kinds) : part(selected(kinds), nodes)
      const searched = apart ? doubled(graph) : graph
      return components(searched).map((members) => shortestCycle(part(searched, members)).map(edge))
    },
    path: (start, end, kinds, passes = () => true) => {
      const graph = selected(kinds)
      const arrivedBy = new Map<number, number>()
      let frontier = [start]
      while (frontier.length > 0) {
        const reached: Array<number> = []
        for (const node of frontier) {
          for (let at = graph.first[node]!; at < graph.first[node + 1]!; at++) {
            const successor = graph.to[at]!
            if (successor !== start && !arrivedBy.has(successor) && passes(successor)) {
              arrivedBy.set(successor, graph.edge[at]!)
              reached.push(successor)
            }
          }
        }
        if (arrivedBy.has(end)) {
          const path: Array<Edge> = []
          for (let at = end; at !== start; at = path.at(-1)!.from) path.push(edge(arrivedBy.get(at)!))
          return path.toReversed()
        }
        frontier = reached
      }
      return undefined
    }
  }
}
