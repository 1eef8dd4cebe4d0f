/**
 * What breaks causality: of those writes that a transaction knows of, it reads the last.
 *
 * It knows of those that it reads from, of their causes, and of what came before in its session (see Knowledge). So if T
 * reads x from V and knows of U, which writes x too, then U comes before V in the one order of all transactions, the
 * arbitration, that extends the orders of sessions and from who wrote to who read. If V is known to come before U, T has
 * read a version that it knew to be overwritten; else it is a conclusion. There is an arbitration if and only if all
 * conclusions together with the order they start from have no cycle (Biswas and Enea, "On the complexity of checking
 * transactional consistency", 2019). A store where the last writer wins by any clock that never contradicts causality
 * passes: its clock is one.
 */
import type { Anomaly } from "./ConsistencyModel.ts"
import { type Edge, Kind } from "./DependencyGraph.ts"
import * as Fractures from "./Fractures.ts"
import * as Knowledge from "./Knowledge.ts"
import type { Observations, Read, Version } from "./Observations.ts"
import * as Story from "./Story.ts"

const { arbitration, process, wr, ww } = Kind

/** It reads a version, and knows of a newer one. */
interface StaleRead {
  readonly read: Read
  readonly newer: Version
}

/** Those reads, the first contradiction of each. Where nobody can tell, it concludes what follows. */
const staleReads = (
  { graph, reads, transactions, versions }: Observations,
  { knows, lastKnown, writersOf }: Knowledge.Knowledge,
  isFractured: ReadonlySet<Read>
): ReadonlyArray<StaleRead> => {
  const found: Array<StaleRead> = []
  for (const { id: reader } of transactions) {
    for (const read of reads[reader]!) {
      if (isFractured.has(read)) continue
      const seen = versions[read.version]
      for (const column of writersOf(read.keyId)) {
        const other = lastKnown(reader, column)
        if (other === undefined || other.writer === seen?.writer) continue
        const { id: writer } = other.writer
        if (seen !== undefined && !knows(writer, seen.writer.id)) {
          if (!knows(seen.writer.id, writer)) Fractures.conclude(graph, other, seen, reader)
          continue
        }
        found.push({ read, newer: other })
        break
      }
    }
  }
  return found
}

/** Which guarantee of sessions it breaks that somebody ignores a write, if any. */
const names = ({ reads, transactions }: Observations): (reader: number, ignored: Version) => Anomaly => {
  /** Where a session read each version first. */
  let firstReads: Map<string, number> | undefined
  const hasReadBefore = (reader: number, version: number): boolean => {
    if (firstReads === undefined) {
      firstReads = new Map()
      for (const { id, session } of transactions) {
        for (const read of reads[id]!) {
          const name = `${session} ${read.version}`
          if (!firstReads.has(name)) firstReads.set(name, id)
        }
      }
    }
    return (firstReads.get(`${transactions[reader]!.session} ${version}`) ?? Infinity) < reader
  }
  return (reader, ignored) =>
    ignored.writer.session === transactions[reader]!.session
      ? "read-your-writes"
      : hasReadBefore(reader, ignored.id)
      ? "monotonic-reads"
      : "causal-violation"
}

/** Cycles of conclusions, but for those that others tell of. */
const contradictions = (
  { graph, reads, transactions, versions }: Observations,
  nameOf: (reader: number, ignored: Version) => Anomaly
): ReadonlyArray<readonly [Anomaly, ReadonlyArray<Edge>]> =>
  graph.cycles(process | wr | ww | arbitration).flatMap((cycle): ReadonlyArray<[Anomaly, ReadonlyArray<Edge>]> => {
    const conclusions = cycle.filter(({ kind }) => kind === arbitration)
    const [first] = conclusions
    if (first === undefined) return [] // Cycles tells of it
    const isDirect = ({ from, witness }: Edge): boolean =>
      reads[witness]!.some(({ version }) => versions[version]?.writer.id === from)
    if (conclusions.every(isDirect) && cycle.every(({ kind }) => kind !== process)) return [] // Fractures tells of it
    const sessions = new Set(conclusions.map(({ witness }) => transactions[witness]!.session))
    const anomaly = conclusions.length === 1
      ? nameOf(first.witness, versions[first.version]!)
      : sessions.size === 1
      ? "monotonic-reads"
      : "divergent-order"
    return [[anomaly, cycle]]
  })

const violations = (
  observations: Observations,
  isFractured: ReadonlySet<Read>
): ReadonlyArray<Story.Found> => {
  const knowledge = Knowledge.make(observations)
  if (knowledge === undefined) return [] // Cycles tells of that
  const { versions } = observations
  const facts = Story.make(observations)
  const nameOf = names(observations)
  const stale = staleReads(observations, knowledge, isFractured).map(({ newer, read }): Story.Found => ({
    anomaly: nameOf(read.reader, newer),
    who: [newer.writer.id, read.reader],
    facts: () => {
      const seen = versions[read.version]
      const toNewer = seen === undefined ? [] : knowledge.path(newer.writer.id, seen.writer.id)
      const toReader = knowledge.path(read.reader, newer.writer.id)
      return [
        ...toNewer.map(facts.dependency),
        facts.wrote(newer),
        ...toReader.map(facts.dependency),
        facts.read(read.reader, read.key, read.version)
      ]
    }
  }))
  const cycles = contradictions(observations, nameOf).map(([anomaly, cycle]) => facts.cycle(anomaly, cycle))
  return [...stale, ...cycles]
}

export const find = (observations: Observations): ReadonlyArray<Story.Found> => {
  const { found, fractured } = Fractures.find(observations)
  return [...found, ...violations(observations, fractured)]
}
