/**
 * Directed graphs of numbered nodes, and what takes time in proportion to their edges: the strongly connected components
 * (Tarjan, "Depth-first search and linear graph algorithms", 1972), a topological order (Kahn, "Topological sorting of
 * large networks", 1962) and a shortest path. A shortest cycle is looked for by breadth-first searches of bounded effort.
 */

/** Nodes are 0 … size − 1. The edges of node i are those from first[i] up to first[i + 1]. */
export interface Adjacency {
  readonly size: number
  readonly first: Int32Array
  readonly to: Int32Array
  /** The edges of another graph that these are. */
  readonly edge: Int32Array
}

/** Makes a graph of the edges that it is told, which it asks for twice. */
export const make = (
  size: number,
  tell: (add: (from: number, to: number, edge: number) => void) => void
): Adjacency => {
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

/** The part between these nodes, which are numbered anew. */
export const part = ({ edge, first, to }: Adjacency, nodes: ReadonlyArray<number>): Adjacency => {
  const numbers = new Map(nodes.map((node, i) => [node, i]))
  return make(nodes.length, (add) => {
    nodes.forEach((node, i) => {
      for (let at = first[node]!; at < first[node + 1]!; at++) {
        const j = numbers.get(to[at]!)
        if (j !== undefined) add(i, j, edge[at]!)
      }
    })
  })
}

/** The strongly connected components of more than one node. (There are no loops.) */
export const components = ({ first, size, to }: Adjacency): ReadonlyArray<ReadonlyArray<number>> => {
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
export const shortestCycle = ({ edge, first, size, to }: Adjacency): ReadonlyArray<number> => {
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

/** How many pairs are followed at once. */
const batch = 31

/** The first of these pairs of which the one leads to the other, in a graph without cycles whose nodes stand in order. */
export const connected = (
  { first, size, to }: Adjacency,
  order: ReadonlyArray<number>,
  pairs: ReadonlyArray<readonly [from: number, to: number]>
): number | undefined => {
  for (let start = 0; start < pairs.length; start += batch) {
    const those = pairs.slice(start, start + batch)
    const reached = new Int32Array(size) // a bit for each pair whose beginning leads here
    for (const [i, [from]] of those.entries()) reached[from]! |= 1 << i
    for (const node of order) {
      const bits = reached[node]!
      if (bits !== 0) { for (let at = first[node]!; at < first[node + 1]!; at++) reached[to[at]!]! |= bits }
    }
    const found = those.findIndex(([, end], i) => (reached[end]! & 1 << i) !== 0)
    if (found >= 0) return start + found
  }
  return undefined
}

/** The edges of a shortest path from one node to another, over nodes that pass. */
export const shortestPath = (
  { edge, first, to }: Adjacency,
  start: number,
  end: number,
  passes: (node: number) => boolean
): ReadonlyArray<number> | undefined => {
  const cameFrom = new Map<number, readonly [node: number, edge: number]>()
  let frontier = [start]
  while (frontier.length > 0) {
    const reached: Array<number> = []
    for (const node of frontier) {
      for (let at = first[node]!; at < first[node + 1]!; at++) {
        const successor = to[at]!
        if (successor === start || cameFrom.has(successor) || !passes(successor)) continue
        cameFrom.set(successor, [node, edge[at]!])
        reached.push(successor)
      }
    }
    if (cameFrom.has(end)) {
      const path: Array<number> = []
      for (let at = end; at !== start;) {
        const [node, by] = cameFrom.get(at)!
        path.push(by)
        at = node
      }
      return path.toReversed()
    }
    frontier = reached
  }
  return undefined
}
