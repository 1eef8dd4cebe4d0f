/**
 * What breaks read atomicity: of those that it reads from, a transaction sees all or nothing (Bailis and others, "Scalable
 * atomic visibility with RAMP transactions", 2014).
 *
 * So if T reads x from V, and reads something else from U, which writes x too, then U comes before V: there is one order of
 * all transactions, the arbitration, in which each reads the last write of those that it reads from. Where U has itself
 * read the version that T reads, or T reads what was there before all, that is contradicted at once; elsewhere it is a
 * conclusion. There is an arbitration if and only if all conclusions together with the order from who wrote to who read
 * have no cycle (Biswas and Enea, "On the complexity of checking transactional consistency", 2019).
 */
import { type DependencyGraph, Kind } from "./DependencyGraph.ts"
import { initial, type Observations, type Read, type Version } from "./Observations.ts"
import * as Story from "./Story.ts"

const { arbitration, wr, ww } = Kind

/** The one comes before the other, since somebody who knew of both reads the other. */
export const conclude = (graph: DependencyGraph, earlier: Version, later: Version, reader: number): void =>
  graph.add({
    from: earlier.writer.id,
    to: later.writer.id,
    kind: arbitration,
    version: earlier.id,
    next: later.id,
    witness: reader
  })

/** What a transaction reads of another key than one that its source wrote as well. */
interface Fracture {
  readonly read: Read
  /** Whom it reads from, by another read. */
  readonly source: number
  readonly by: Read
  /** What the source wrote of the key, and whether it had read what the transaction reads. */
  readonly overwritten: Version
  readonly isUpdate: boolean
}

/** Whether a read contradicts another one of the same transaction. If nobody can tell, it concludes what follows. */
const fracture = (
  { graph, reads, versions, writes }: Observations,
  read: Read,
  source: number,
  by: Read
): Fracture | undefined => {
  const seen = versions[read.version]
  const overwritten = writes[source]!.find(({ keyId }) => keyId === read.keyId)
  if (overwritten === undefined || seen?.writer.id === source || source === read.reader) return undefined
  const isUpdate = reads[source]!.some(({ keyId, version }) => keyId === read.keyId && version === read.version)
  if (seen === undefined || isUpdate) return { read, source, by, overwritten, isUpdate }
  conclude(graph, overwritten, seen, read.reader)
  return undefined
}

/** The first that contradicts each read of a transaction. */
const fracturesOf = (observations: Observations, reads: ReadonlyArray<Read>): ReadonlyArray<Fracture> => {
  if (reads.length < 2) return []
  const sources = new Map(
    reads.flatMap((read) => read.version === initial ? [] : [[observations.versions[read.version]!.writer.id, read]])
  )
  return reads.flatMap((read) => {
    for (const [source, by] of sources) {
      const found = fracture(observations, read, source, by)
      if (found !== undefined) return [found]
    }
    return []
  })
}

/** Reads that are fractured, and all that tells so: contradictions, and cycles of conclusions. */
export const find = (observations: Observations) => {
  const { graph, reads } = observations
  const facts = Story.make(observations)
  const fractures = reads.flatMap((its) => fracturesOf(observations, its))
  const found = fractures.map(({ by, isUpdate, overwritten, read, source }): Story.Found => ({
    anomaly: "fractured-read",
    who: [source, read.reader],
    facts: () => [
      isUpdate ? facts.updated(source, read.key, read.version, overwritten) : facts.wrote(overwritten),
      facts.read(read.reader, by.key, by.version, source),
      facts.read(read.reader, read.key, read.version)
    ]
  }))
  const cycles = graph.cycles(wr | ww | arbitration)
    .filter((cycle) => cycle.some(({ kind }) => kind === arbitration))
    .map((cycle): Story.Found => facts.cycle("fractured-read", cycle))
  return { found: [...found, ...cycles], fractured: new Set(fractures.map(({ read }) => read)) }
}
