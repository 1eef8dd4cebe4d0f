/**
 * What can be found in a history of transactions, and which promise each finding breaks: Elle's lattice of consistency
 * models, as far as it is decided here.
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
 *   transactional consistency", 2019). Elle's lattice has a model of that name for single objects, and looks for nothing
 *   that breaks it.
 * - Parallel snapshot isolation: no cycle with at most one rw edge (Cerone and Gotsman, "Analysing snapshot isolation",
 *   2016).
 * - Snapshot isolation is the generalized one, serializability the conflict serializability of Adya. As there, and as in
 *   Elle, neither knows of sessions, so neither implies causal. Of models with sessions `strong-session-…` do, of those
 *   with time `strong-…`. Strict serializability implies all.
 *
 * Operations on single keys are all that there is: nothing is said of predicates, and what needs them cannot be broken.
 */
import * as Setting from "../Setting.ts"

/** What is wrong with single answers, the worst first. */
const ofAnswers = [
  /** The reply is no answer to the request. */
  "garbled",
  /** What was read was never written, or not yet. */
  "garbage-read",
  /** A list has the same element twice. */
  "duplicate-elements",
  /** Two reads of a list, of which neither is the beginning of the other. */
  "incompatible-order",
  /** A write was acknowledged, and is not there at the end. */
  "lost-write",
  /** Reads of the same key at the end differ. */
  "divergence",
  "G1a",
  "G1b",
  /** A transaction reads what it writes only later. */
  "future-read",
  /** A transaction does not read what it wrote, or has read, before. */
  "internal",
  /** A read at the end was not answered. */
  "no-final-read"
] as const

/** What is wrong with the order of transactions or versions, the worst first. */
const ofOrder = [
  /** Of two versions of a key, each comes before the other. */
  "cyclic-versions",
  "G0",
  "G1c",
  /** Two transactions read the same version of a key, and both overwrite it. */
  "lost-update",
  /** It sees some writes of a transaction, but an older version of something else that it wrote. */
  "fractured-read",
  "G-single",
  "G-nonadjacent",
  "G2-item",
  "G0-process",
  "G1c-process",
  /** It reads a version older than what its session wrote, read, or knows of by way of others. */
  "read-your-writes",
  "monotonic-reads",
  "causal-violation",
  /** What different transactions read tells of different orders of concurrent writes. */
  "divergent-order",
  "G-single-process",
  "G-nonadjacent-process",
  "G2-item-process",
  "G0-realtime",
  "G1c-realtime",
  "G-single-realtime",
  "G-nonadjacent-realtime",
  "G2-item-realtime"
] as const

/** All anomalies that the checkers look for. */
export const anomalies = [...ofAnswers, ...ofOrder]
export type Anomaly = (typeof anomalies)[number]

export const isOfOrder = (anomaly: Anomaly): boolean => ofOrder.some((other) => other === anomaly)

interface Model {
  /** Other names for the model. */
  readonly also?: ReadonlyArray<string>
  /** What holds wherever it does, by name. */
  readonly implies: ReadonlyArray<string>
  /** What the model forbids beyond that, by Elle. */
  readonly elle: ReadonlyArray<Anomaly>
  /** What the model forbids as well, though Elle does not say so, or does not look for it. */
  readonly beyond?: ReadonlyArray<Anomaly>
  /** Whether Elle does not decide the model. */
  readonly isOurs?: true
}

/** The names of the models, the strongest first. */
const models = {
  "strict-serializable": {
    also: ["PL-SS", "strong-serializable"],
    implies: ["strong-session-serializable", "strong-snapshot-isolation"],
    elle: ["G2-item-realtime"]
  },
  "strong-session-serializable": {
    implies: ["serializable", "strong-session-snapshot-isolation"],
    elle: ["G2-item-process"]
  },
  serializable: {
    also: ["PL-3", "conflict-serializable"],
    implies: ["repeatable-read", "snapshot-isolation"],
    elle: []
  },
  "strong-snapshot-isolation": {
    implies: ["strong-session-snapshot-isolation", "strong-read-committed"],
    elle: ["G-single-realtime", "G-nonadjacent-realtime"]
  },
  "strong-session-snapshot-isolation": {
    implies: ["snapshot-isolation", "strong-session-read-committed", "causal"],
    elle: ["G-single-process", "G-nonadjacent-process"]
  },
  "snapshot-isolation": {
    also: ["PL-SI"],
    implies: ["parallel-snapshot-isolation", "consistent-view"],
    elle: ["G-nonadjacent"]
  },
  "parallel-snapshot-isolation": { implies: ["update-atomic"], elle: [], beyond: ["G-single"] },
  "repeatable-read": {
    also: ["PL-2.99"],
    implies: ["cursor-stability"],
    elle: ["G-single", "G-nonadjacent", "G2-item"],
    beyond: ["internal", "fractured-read"]
  },
  "consistent-view": {
    also: ["PL-2+"],
    implies: ["cursor-stability"],
    elle: ["G-single"],
    beyond: ["internal", "fractured-read"]
  },
  causal: {
    implies: ["read-atomic"],
    elle: [],
    beyond: [
      "G0-process",
      "G1c-process",
      "read-your-writes",
      "monotonic-reads",
      "causal-violation",
      "divergent-order"
    ],
    isOurs: true
  },
  "update-atomic": { implies: ["read-atomic"], elle: ["lost-update"] },
  "read-atomic": { implies: ["read-committed"], elle: ["internal"], beyond: ["fractured-read"] },
  "cursor-stability": { also: ["PL-CS"], implies: ["read-committed"], elle: ["lost-update"] },
  "strong-read-committed": {
    also: ["strong-PL-2"],
    implies: ["strong-session-read-committed", "strong-read-uncommitted"],
    elle: ["G1c-realtime"]
  },
  "strong-session-read-committed": {
    also: ["strong-session-PL-2"],
    implies: ["read-committed", "strong-session-read-uncommitted"],
    elle: ["G1c-process"]
  },
  "read-committed": {
    also: ["PL-2"],
    implies: ["read-uncommitted"],
    elle: ["G1a", "G1b", "G1c", "future-read", "incompatible-order"]
  },
  "strong-read-uncommitted": {
    also: ["strong-PL-1"],
    implies: ["strong-session-read-uncommitted"],
    elle: ["G0-realtime"]
  },
  "strong-session-read-uncommitted": {
    also: ["strong-session-PL-1"],
    implies: ["read-uncommitted"],
    elle: ["G0-process"]
  },
  "read-uncommitted": {
    also: ["PL-1"],
    implies: [],
    elle: ["G0", "cyclic-versions", "duplicate-elements", "garbage-read"], // for the last of them it breaks off
    beyond: ["garbled", "incompatible-order", "no-final-read", "divergence", "lost-write"]
  }
} as const satisfies Readonly<Record<string, Model>>

export type ConsistencyModel = keyof typeof models

const all: Readonly<Record<string, Model>> = models

/** The names of the models, the strongest first. */
export const names = Object.keys(models) as ReadonlyArray<ConsistencyModel> // these are its keys

/** A model, and all models that it implies. */
const implied = (name: string): ReadonlyArray<Model> => {
  const model = all[name]!
  return [model, ...model.implies.flatMap(implied)]
}

const setOf = (name: ConsistencyModel, forbids: (model: Model) => ReadonlyArray<Anomaly>): ReadonlySet<Anomaly> =>
  new Set(implied(name).flatMap(forbids))

const tableOf = (of: (name: ConsistencyModel) => ReadonlySet<Anomaly>) =>
  Object.fromEntries(names.map((name) => [name, of(name)])) as Readonly<Record<ConsistencyModel, ReadonlySet<Anomaly>>> // all models

/** The anomalies that break each model. */
export const forbidden = tableOf((name) => setOf(name, ({ beyond = [], elle }) => [...elle, ...beyond]))

/** The same as Elle has it, of what is looked for here; of what it does not decide, as of all that is implied. */
const forbiddenByElle = tableOf((name) => setOf(name, ({ elle, isOurs }) => isOurs === true ? [] : elle))

/** Whether the anomaly breaks one of these models. */
export const forbids = (models: ReadonlyArray<ConsistencyModel>, anomaly: Anomaly): boolean =>
  models.some((model) => forbidden[model].has(anomaly))

/** Whether Elle says so, where it finds the anomaly. */
export const elleForbids = (models: ReadonlyArray<ConsistencyModel>, anomaly: Anomaly): boolean =>
  models.some((model) => forbiddenByElle[model].has(anomaly))

/** Which models hold as far as anybody can tell, and which are broken; the strongest first. */
export const judge = (found: Iterable<Anomaly>) => {
  const anomalies = [...found]
  const isBroken = (name: ConsistencyModel): boolean => anomalies.some((anomaly) => forbidden[name].has(anomaly))
  return { hold: names.filter((name) => !isBroken(name)), broken: names.filter(isBroken) }
}

/** Those of these models that no other of them implies: the strongest. */
export const strongest = (of: ReadonlyArray<ConsistencyModel>): ReadonlyArray<ConsistencyModel> =>
  of.filter((name) => !of.some((other) => other !== name && implied(other).includes(all[name]!)))

/** Those of these models that imply no other of them: the weakest. */
export const weakest = (of: ReadonlyArray<ConsistencyModel>): ReadonlyArray<ConsistencyModel> =>
  of.filter((name) => !of.some((other) => other !== name && implied(name).includes(all[other]!)))

// What users may write.

/** The names of the lattice that are not decided: what nobody looks for, and the nearest that are. */
const undecided: Readonly<Record<string, string>> = {
  "monotonic-atomic-view": "Elle has no anomaly for it. The nearest are read-committed and, stronger, read-atomic",
  "monotonic-view": "G-monotonic is not looked for. The nearest are read-committed and, stronger, consistent-view",
  "monotonic-snapshot-read":
    "G-MSR is not looked for. The nearest are read-committed and, stronger, snapshot-isolation",
  "forward-consistent-view":
    "G-SIb is not looked for. The nearest are consistent-view and, stronger, snapshot-isolation",
  "update-serializable": "G-update is not looked for. The nearest are consistent-view and, stronger, serializable",
  "causal-cerone": "sessions count here. The nearest are read-atomic and, stronger, causal",
  prefix: "its cycles are not looked for. The nearest are read-atomic and, stronger, snapshot-isolation",
  "view-serializable": "only conflicts are looked for. The nearest is, stronger, serializable",
  "1SR": "it is of replicas. The nearest is, stronger, strict-serializable",
  "session-serializable": "it is of replicas. The nearest is, stronger, strict-serializable",
  linearizable: "it is of single keys. The nearest is, stronger, strict-serializable",
  sequential: "it is of single keys. The nearest is, stronger, strong-session-serializable",
  PRAM: "monotonic writes are not looked for by themselves. The nearest is, stronger, causal",
  "monotonic-reads": "it is not looked for by itself. The nearest is, stronger, causal",
  "monotonic-writes": "it is not looked for by itself. The nearest is, stronger, causal",
  "read-your-writes": "it is not looked for by itself. The nearest is, stronger, causal",
  "writes-follow-reads": "it is not looked for by itself. The nearest is, stronger, causal"
}

/** Adya's names of those anomalies. */
const adya: Readonly<Record<string, string>> = {
  "PL-2L": "monotonic-view",
  "PL-MSR": "monotonic-snapshot-read",
  "PL-FCV": "forward-consistent-view",
  "PL-3U": "update-serializable"
}

const aliases: Readonly<Record<string, ConsistencyModel>> = Object.fromEntries(
  names.flatMap((name) => (all[name]!.also ?? []).map((also) => [also, name]))
)

/** The setting that says which models nodes promise, with these as the usual ones. */
export const setting = (usual: ConsistencyModel) =>
  Setting.listOf(names, {
    help: `What transactions must not break, separated by commas; Elle's names and Adya's: ${names.join(", ")}`,
    usual: [usual]
  }, {
    aliases,
    refusals: {
      ...undecided,
      ...Object.fromEntries(Object.entries(adya).map(([name, model]) => [name, undecided[model]!]))
    }
  })
