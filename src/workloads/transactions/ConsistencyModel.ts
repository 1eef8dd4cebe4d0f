/**
 * What can be found in a history of transactions, and which promise each finding breaks.
 *
 * Names and meanings are those of Adya ("Weak consistency: a generalized theory", 1999) as Elle uses them. `G0`: a cycle
 * of ww edges; `G1a`, `G1b`: what was read was aborted, or intermediate; `G1c`: a cycle of ww and wr edges; `G-single`:
 * the same with exactly one rw edge; `G-nonadjacent`: with more, but never one after the other; `G2-item`: any other.
 * With `-process` or `-realtime` the cycle needs the order within a session, or that in time, as well.
 *
 * - Read atomic: Bailis and others, "Scalable atomic visibility with RAMP transactions", 2014.
 * - Causal is transactional causal consistency with convergence, by session: there is one order of all transactions that
 *   extends session order and reads-from, and of the writes that a transaction knows of, it reads the last in that order
 *   (Bouajjani and others, "On verifying causal consistency", 2017; Biswas and Enea, "On the complexity of checking
 *   transactional consistency", 2019).
 * - Snapshot isolation is the generalized one, serializability the conflict serializability of Adya. As there, and as in
 *   Elle, neither knows of sessions, so neither implies causal. Strict serializability implies all.
 */
import * as Setting from "../Setting.ts"

export const names = [
  "read-uncommitted",
  "read-committed",
  "read-atomic",
  "causal",
  "snapshot-isolation",
  "serializable",
  "strict-serializable"
] as const
export type ConsistencyModel = (typeof names)[number]

/** What nodes promise, this if nothing else is said. */
export const setting = (usual: ConsistencyModel) =>
  Setting.listOf(names, {
    help: `What transactions must not break, separated by commas: ${names.join(", ")}`,
    usual: [usual]
  })

/** Nobody may do this, whatever it promises. */
const garbage = [
  /** The reply is no answer to the request. */
  "garbled",
  /** What was read was never written, or not yet. */
  "garbage-read",
  /** A list has the same element twice. */
  "duplicate-elements",
  /** Two reads of a list, of which neither is the beginning of the other. */
  "incompatible-order",
  /** A read at the end was not answered. */
  "no-final-read",
  /** Reads of the same key at the end differ. */
  "divergence",
  /** A write was acknowledged, and is not there at the end. */
  "lost-write"
] as const

const dirtyWrites = [
  /** Of two versions of a key, each comes before the other. */
  "cyclic-versions",
  "G0"
] as const
const dirtyReads = ["G1a", "G1b", "G1c"] as const
const fractures = [
  /** A transaction does not read what it wrote, or has read, before. */
  "internal",
  /** It sees some writes of a transaction, but an older version of something else that it wrote. */
  "fractured-read"
] as const
const broken = [
  "G0-process",
  "G1c-process",
  /** It reads a version older than what its session wrote, read, or knows of by way of others. */
  "read-your-writes",
  "monotonic-reads",
  "causal-violation",
  /** What different transactions read tells of different orders of concurrent writes. */
  "divergent-order"
] as const
const skews = [
  /** Two transactions read the same version of a key, and both overwrite it. */
  "lost-update",
  "G-single",
  "G-nonadjacent"
] as const
const staleness = [
  "G-single-process",
  "G-nonadjacent-process",
  "G2-item-process",
  "G0-realtime",
  "G1c-realtime",
  "G-single-realtime",
  "G-nonadjacent-realtime",
  "G2-item-realtime"
] as const

const readUncommitted = [...garbage, ...dirtyWrites]
const readCommitted = [...readUncommitted, ...dirtyReads]
const readAtomic = [...readCommitted, ...fractures]
const causal = [...readAtomic, ...broken]
const snapshotIsolation = [...readAtomic, ...skews]
const serializable = [...snapshotIsolation, "G2-item"] as const
const strictSerializable = [...serializable, ...broken, ...staleness] as const

export type Anomaly = (typeof strictSerializable)[number]

export const forbidden: Readonly<Record<ConsistencyModel, ReadonlySet<Anomaly>>> = {
  "read-uncommitted": new Set(readUncommitted),
  "read-committed": new Set(readCommitted),
  "read-atomic": new Set(readAtomic),
  causal: new Set(causal),
  "snapshot-isolation": new Set(snapshotIsolation),
  serializable: new Set(serializable),
  "strict-serializable": new Set(strictSerializable)
}

/** What Elle does not look for: it takes replies at their word, and nothing of it looks at the end of a run. */
const ours: ReadonlySet<Anomaly> = new Set([
  "garbled",
  "no-final-read",
  "divergence",
  "lost-write",
  "fractured-read",
  ...broken.filter((anomaly) => !anomaly.startsWith("G"))
])

/** Whether Elle, and so Maelstrom, looks for this. */
export const rulesOf = (anomaly: Anomaly): "maelstrom" | "strict" => ours.has(anomaly) ? "strict" : "maelstrom"

/** The models that forbid any of these. */
export const violated = (anomalies: Iterable<Anomaly>): ReadonlyArray<ConsistencyModel> => {
  const found = [...anomalies]
  return names.filter((name) => found.some((anomaly) => forbidden[name].has(anomaly)))
}
