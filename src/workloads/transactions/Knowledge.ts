/**
 * Who knows of whom: a transaction knows of those that it reads from and of those before it in its session, and of all
 * that these know of.
 *
 * That is a vector clock for each transaction, with an entry for each session that writes; of the writes of a session only
 * the last one that is known matters. So it takes time and memory in proportion to transactions times such sessions.
 */
import { topologicalOrder } from "./Adjacency.ts"
import { type DependencyGraph, type Edge, Kind } from "./DependencyGraph.ts"
import type { Observations, Version } from "./Observations.ts"

const causes = Kind.process | Kind.wr

/** The writers of a key in one session, in its order. */
export interface Column {
  readonly session: number
  readonly versions: Array<Version>
}

export interface Knowledge {
  readonly knows: (transaction: number, of: number) => boolean
  /** The sessions that write a key. */
  readonly writersOf: (keyId: number) => Iterable<Column>
  /** The last write of a key in a session that a transaction knows of. */
  readonly lastKnown: (transaction: number, column: Column) => Version | undefined
  /** How a transaction comes to know of another. */
  readonly path: (transaction: number, of: number) => ReadonlyArray<Edge>
}

/** Sessions that write, with the place of each transaction in its session, and who writes which key. */
const sessionsOf = ({ committed, transactions, writes }: Observations) => {
  const columns = new Map<number, number>()
  const position = new Int32Array(transactions.length)
  const lengths = new Map<number, number>()
  const writersOf = new Map<number, Map<number, Column>>()
  for (const { id, session } of transactions) {
    if (!committed[id]) continue
    const length = lengths.get(session) ?? 0
    position[id] = length
    lengths.set(session, length + 1)
    for (const version of writes[id]!) {
      if (!columns.has(session)) columns.set(session, columns.size)
      let sessions = writersOf.get(version.keyId)
      if (sessions === undefined) writersOf.set(version.keyId, sessions = new Map())
      const column = sessions.get(session)
      if (column === undefined) sessions.set(session, { session, versions: [version] })
      else column.versions.push(version)
    }
  }
  return { columns, position, writersOf }
}

/** For each transaction, how many of each session it knows of, a row of `width` for each. */
const clocks = (
  graph: DependencyGraph,
  order: ReadonlyArray<number>,
  width: number,
  own: (transaction: number) => { readonly column: number | undefined; readonly count: number }
): Int32Array => {
  const { first, to } = graph.select(causes)
  const known = new Int32Array(order.length * width)
  for (const node of order) {
    const { column, count } = own(node)
    for (let at = first[node]!; at < first[node + 1]!; at++) {
      const target = to[at]! * width
      for (let i = 0; i < width; i++) {
        if (known[node * width + i]! > known[target + i]!) known[target + i] = known[node * width + i]!
      }
      if (column !== undefined && count > known[target + column]!) known[target + column] = count
    }
  }
  return known
}

/** None, if causes have a cycle. */
export const make = (observations: Observations): Knowledge | undefined => {
  const { graph, transactions } = observations
  const order = topologicalOrder(graph.select(causes))
  if (order === undefined) return undefined
  const { columns, position, writersOf } = sessionsOf(observations)
  const width = columns.size
  const columnOf = (transaction: number): number | undefined => columns.get(transactions[transaction]!.session)
  const known = clocks(graph, order, width, (node) => ({ column: columnOf(node), count: position[node]! + 1 }))
  const knows = (transaction: number, of: number): boolean =>
    known[transaction * width + columnOf(of)!]! > position[of]!
  return {
    knows,
    writersOf: (keyId) => writersOf.get(keyId)?.values() ?? [],
    lastKnown: (transaction, { session, versions }) => {
      const count = known[transaction * width + columns.get(session)!]!
      let low = 0
      let high = versions.length
      while (low < high) {
        const middle = (low + high) >> 1
        if (position[versions[middle]!.writer.id]! < count) low = middle + 1
        else high = middle
      }
      return versions[low - 1]
    },
    path: (transaction, of) => {
      const isCause = (node: number): boolean =>
        node === transaction || columnOf(node) === undefined || knows(transaction, node)
      return graph.path(of, transaction, causes, isCause) ?? []
    }
  }
}
