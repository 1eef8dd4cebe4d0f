/**
 * What breaks read atomicity and causality.
 *
 * Both say: there is one order of all transactions, the arbitration, that extends the order of sessions (causal only) and
 * that from who wrote to who read; and of those writes that a transaction knows of, it reads the last. A transaction
 * knows of those that it reads from; for causality also of their causes, and of what came before in its session. So if T
 * reads x from V and knows of U, which writes x too, then U comes before V. All these conclusions together with the order
 * they start from have no cycle, if and only if there is an arbitration (Biswas and Enea, 2019).
 * A store where the last writer wins by any clock that never contradicts causality passes: its clock is one.
 *
 * Who knows of whom is a vector clock for each transaction, with an entry a session, and of the writes of a session only
 * the last one that is known matters: the cost is that of transactions times sessions.
 */
import type { Anomaly } from "./ConsistencyModel.ts"
import { type DependencyGraph, type Edge, Kind, topologicalOrder } from "./DependencyGraph.ts"
import { initial, type Observations, type Read, type Version } from "./Observations.ts"
import type * as Story from "./Story.ts"

export interface Finding {
  readonly anomaly: Anomaly
  /** What happened, in the order of the story. */
  readonly tell: (story: ReturnType<typeof Story.make>) => ReadonlyArray<Story.Clause>
}

const { arbitration, process, wr, ww } = Kind

/** It read an older version than one that it knew of. The paths lead from older to newer, and on to the reader. */
const staleRead = (
  anomaly: Anomaly,
  { key, reader, version }: Read,
  newer: Version,
  toNewer: () => ReadonlyArray<Edge>,
  toReader: () => ReadonlyArray<Edge>
): Finding => ({
  anomaly,
  tell: ({ edge, name, read, wrote }) => [
    ...toNewer().map(edge),
    { clause: "wrote", who: name(newer.writer.id), wrote: wrote(newer.id) },
    ...toReader().map(edge),
    { clause: "read", who: name(reader), read: read(key, version) }
  ]
})

const conclude = (graph: DependencyGraph, earlier: Version, later: Version, reader: number): void =>
  graph.add({
    from: earlier.writer.id,
    to: later.writer.id,
    kind: arbitration,
    version: earlier.id,
    next: later.id,
    witness: reader
  })

/** Of those that it reads from, a transaction sees all or nothing. */
const fractures = ({ graph, reads, versions, writes }: Observations) => {
  const findings: Array<Finding> = []
  const fractured = new Set<Read>()
  for (const [reader, its] of reads.entries()) {
    if (its.length < 2) continue
    const sources = new Map(
      its.flatMap((read) => read.version === initial ? [] : [[versions[read.version]!.writer.id, read]])
    )
    for (const read of its) {
      for (const [source, by] of sources) {
        const seen = versions[read.version]
        const overwritten = writes[source]!.find(({ keyId }) => keyId === read.keyId)
        if (overwritten === undefined || seen?.writer.id === source || source === reader) continue
        const replaced = reads[source]!.find(({ keyId, version }) => keyId === read.keyId && version === read.version)
        if (seen !== undefined && replaced === undefined) {
          conclude(graph, overwritten, seen, reader)
          continue
        }
        fractured.add(read)
        findings.push({
          anomaly: "fractured-read",
          tell: ({ name, read: says, wrote }) => [
            {
              clause: "wrote",
              who: name(source),
              wrote: wrote(overwritten.id),
              ...replaced !== undefined && { read: says(read.key, read.version) }
            },
            { clause: "read", who: name(reader), read: says(by.key, by.version), alsoOf: name(source) },
            { clause: "read", who: name(reader), read: says(read.key, read.version) }
          ]
        })
        break
      }
    }
  }
  for (const cycle of graph.cycles(wr | ww | arbitration)) {
    if (cycle.some(({ kind }) => kind === arbitration)) {
      findings.push({ anomaly: "fractured-read", tell: ({ edge }) => cycle.map(edge) })
    }
  }
  return { findings, fractured }
}

/** The writers of a key in one session, in its order. */
interface Column {
  readonly session: number
  readonly versions: Array<Version>
}

const violations = (observations: Observations, isFractured: ReadonlySet<Read>): ReadonlyArray<Finding> => {
  const { committed, graph, reads, transactions, versions, writes } = observations
  const size = transactions.length
  const order = topologicalOrder(graph.select(process | wr))
  if (order === undefined) return [] // a cycle of its own, that Cycles tells of

  const columns = new Map<number, number>() // of sessions that write
  const position = new Int32Array(size)
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

  // For each transaction, how many of each session it knows of.
  const width = columns.size
  const known = new Int32Array(size * width)
  const causal = graph.select(process | wr)
  for (const node of order) {
    const column = columns.get(transactions[node]!.session)
    for (let at = causal.first[node]!; at < causal.first[node + 1]!; at++) {
      const target = causal.to[at]! * width
      for (let i = 0; i < width; i++) {
        if (known[node * width + i]! > known[target + i]!) known[target + i] = known[node * width + i]!
      }
      if (column !== undefined && position[node]! >= known[target + column]!) {
        known[target + column] = position[node]! + 1
      }
    }
  }
  const knows = (node: number, of: number): boolean =>
    known[node * width + columns.get(transactions[of]!.session)!]! > position[of]!

  /** Where a session read each version first. */
  let firstReads: Map<string, number> | undefined
  const hasReadBefore = (reader: number, version: number): boolean => {
    if (firstReads === undefined) {
      firstReads = new Map()
      for (const { id, session } of transactions) {
        for (const read of reads[id]!) {
          const key = `${session} ${read.version}`
          if (!firstReads.has(key)) firstReads.set(key, id)
        }
      }
    }
    return (firstReads.get(`${transactions[reader]!.session} ${version}`) ?? Infinity) < reader
  }
  const nameOf = (reader: number, ignored: Version): Anomaly =>
    ignored.writer.session === transactions[reader]!.session
      ? "read-your-writes"
      : hasReadBefore(reader, ignored.id)
      ? "monotonic-reads"
      : "causal-violation"

  const pathTo = (end: number, start: number): ReadonlyArray<Edge> => {
    const isCause = (node: number): boolean =>
      node === end || !columns.has(transactions[node]!.session) || knows(end, node)
    return graph.path(start, end, process | wr, isCause) ?? []
  }

  /** The last write of a key in a session that a transaction knows of. */
  const lastKnown = (node: number, { session, versions }: Column): Version | undefined => {
    const count = known[node * width + columns.get(session)!]!
    let low = 0
    let high = versions.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (position[versions[middle]!.writer.id]! < count) low = middle + 1
      else high = middle
    }
    return versions[low - 1]
  }

  const found: Array<Finding> = []
  for (const { id: reader } of transactions) {
    for (const read of reads[reader]!) {
      if (isFractured.has(read)) continue
      const seen = versions[read.version]
      for (const column of writersOf.get(read.keyId)?.values() ?? []) {
        const other = lastKnown(reader, column)
        if (other === undefined || other.writer === seen?.writer) continue
        const { id: writer } = other.writer
        if (seen !== undefined && !knows(writer, seen.writer.id)) {
          if (!knows(seen.writer.id, writer)) conclude(graph, other, seen, reader)
          continue
        }
        found.push(staleRead(
          nameOf(reader, other),
          read,
          other,
          () => seen === undefined ? [] : pathTo(writer, seen.writer.id),
          () => pathTo(reader, writer)
        ))
        break
      }
    }
  }

  for (const cycle of graph.cycles(process | wr | ww | arbitration)) {
    const conclusions = cycle.filter(({ kind }) => kind === arbitration)
    const [first] = conclusions
    if (first === undefined) continue // that Cycles tells of
    const isDirect = ({ from, witness }: Edge): boolean =>
      reads[witness]!.some(({ version }) => versions[version]?.writer.id === from)
    if (conclusions.every(isDirect) && cycle.every(({ kind }) => kind !== process)) continue // told as a fracture
    const sessions = new Set(conclusions.map(({ witness }) => transactions[witness]!.session))
    const anomaly = conclusions.length === 1
      ? nameOf(first.witness, versions[first.version]!)
      : sessions.size === 1
      ? "monotonic-reads"
      : "divergent-order"
    found.push({ anomaly, tell: ({ edge }) => cycle.map(edge) })
  }
  return found
}

export const find = (observations: Observations): ReadonlyArray<Finding> => {
  const { findings, fractured } = fractures(observations)
  return [...findings, ...violations(observations, fractured)]
}
