/**
 * Raft that is wrong on purpose.
 */
import * as Settings from "../../../src/services/raft/Settings.ts"
import * as Patched from "../../wrong/Patched.ts"
import type * as Cluster from "./Cluster.ts"
import type * as Scenario from "./Scenario.ts"
import type { Property } from "./Watcher.ts"
import type * as World from "./World.ts"

/** One that imports another comes after it. */
const modules = [
  "Log",
  "Records",
  "Server",
  "Detours",
  "Requests",
  "Role",
  "Delivery",
  "Append",
  "Reads",
  "Membership",
  "Snapshots",
  "Replication",
  "Leading",
  "Relays",
  "Following",
  "Election",
  "Raft"
] as const

export type Patch = Patched.Patch<(typeof modules)[number]>

const path = (module: Patch["module"]): string => `services/raft/${module}`

/** Loads Raft with these patches, and with none if there are none, side by side with the one that is in use. */
export const load = async (patches: ReadonlyArray<Patch>): Promise<Cluster.Machine> => {
  const patched = patches.map((patch) => ({ ...patch, module: path(patch.module) }))
  const raft = (await Patched.load(modules.map(path), patched)).at(-1)
  return raft as unknown as Cluster.Machine // that is the module
}

/** From a cluster at rest that n0 leads; see World.play. */
export interface Course {
  readonly script: string
  /** Whether syncing takes time. */
  readonly syncs?: true
  readonly settings?: Partial<World.Rules["settings"]>
}

/** n1 is elected by n2. */
const election = "n1 n1>n2 n2>n1 n1>n2 n2>n1"

/** An entry of n0's first term comes to be on a majority of the disks in its second; then n1 is elected, which lacks it. */
const figure8: Course = {
  script: `+n0 - ${election} - n1! n0! n0 n0>n2 n2>n0 - n0 n0>n2 n2>n0 n0>n2 n2>n0 - `
    + `n0 n0 n0>n2:1 n2>n0 n0>n2:1 n2>n0 - n1 n1>n2 n2>n1 ${election}`,
  settings: { batch: 1 }
}

export interface Mutant {
  readonly name: string
  /** What must be found. */
  readonly violates: Property
  /** A course of events in which it is found; without one it is found under random faults. */
  readonly course?: Course
  /** Circumstances in which it is found sooner. */
  readonly scenario?: Partial<Scenario.Scenario>
  readonly patches: ReadonlyArray<Patch>
}

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "does not write down for whom it has voted",
    violates: "election safety",
    course: { script: "n0! n1 n2 n1>n0 n2>n0 n0>n1 n0>n2 n1>n0 n0>n1 n0! n2>n0 n0>n2" },
    patches: [{
      module: "Server",
      find: `{ type: "term", term, vote: vote ?? null }`,
      replace: `{ type: "term", term, vote: null }`
    }]
  },
  {
    name: "votes twice in a term",
    violates: "election safety",
    course: { script: "n0! n1 n2 n1>n0 n2>n0 n0>n1 n0>n2 n1>n0 n0>n1 n2>n0 n0>n2" },
    patches: [{
      module: "Election",
      find: "const isFree = server.vote === undefined || server.vote === vote.from",
      replace: "const isFree = true"
    }]
  },
  {
    name: "votes for anybody, whatever is in its log",
    violates: "leader completeness",
    course: { script: "+n0 n0>n1 n1>n0 - n2 n2>n1 n1>n2 n2>n1 n1>n2" },
    patches: [{
      module: "Election",
      find: "return last.term > own.term || (last.term === own.term && last.index >= own.index)",
      replace: "return own !== last"
    }]
  },
  {
    name: "takes entries of earlier terms for committed when it has counted them",
    violates: "leader completeness",
    course: figure8,
    patches: [{
      module: "Leading",
      find: "if (index > server.commit && Log.termAt(log, index) === term) Delivery",
      replace: "if (index > server.commit && term > 0) Delivery"
    }]
  },
  {
    name: "answers reads without asking whether it still leads",
    violates: "linearizability",
    course: { script: `${election} n1>n2 n2>n1 +n1 n1>n2 n2>n1 ?n0` },
    patches: [{ module: "Reads", find: "isLeased || heard > at", replace: "isLeased || heard <= at || heard > at" }]
  },
  {
    name: "answers reads from what it knows to be committed, though others may know more",
    violates: "linearizability",
    patches: [{ module: "Reads", find: "index: Log.lastIndex(server.log)", replace: "index: server.commit" }]
  },
  {
    name: "says that it has what is not on its disk yet",
    violates: "leader completeness",
    course: { script: "+n0 n0. n0>n1 n1>n0 n1!0 - n1. n1 n1>n2 n2>n1 n1. n1>n2 n2. n2>n1 n1.", syncs: true },
    patches: [
      {
        module: "Following",
        find: `"follower" ? Math.min(role.verified, log.safe)`,
        replace: `"follower" ? role.verified`
      },
      { module: "Following", find: "const isSafe = log.safe >= role.answerFor", replace: "const isSafe = true" }
    ]
  },
  {
    name: "says as a leader that it has what is not on its disk yet",
    violates: "leader completeness",
    course: { script: "+n1 n1>n0 n0>n1 n1. n0!0 - n0. n2 n2>n0 n0>n2 n2. n2>n0 n0. n0>n2 n2.", syncs: true },
    patches: [{ module: "Replication", find: "safe: log.safe,", replace: "safe: Log.lastIndex(log)," }]
  },
  {
    name: "passes on what is not on its disk yet",
    violates: "leader completeness",
    scenario: { nodeCount: 5, faults: ["kill all"], interval: 200, syncTime: 30, latency: 1, rate: 300 },
    patches: [{
      module: "Relays",
      find: "const match = Math.min(role.verified, log.safe)",
      replace: "const match = role.verified"
    }]
  },
  {
    name: "takes entries of earlier terms for committed as a follower",
    violates: "leader completeness",
    course: figure8,
    patches: [{
      module: "Following",
      find: "if (index > server.commit && Log.termAt(log, index) === term) Delivery",
      replace: "if (index > server.commit && term > 0) Delivery"
    }]
  },
  {
    name: "counts what is not on its own disk yet",
    violates: "leader completeness",
    course: { script: "+n0 n0>n1 n1. n1>n0 n0!0 - n0. n0 n0>n2 n2>n0 n0. n0>n2 n2. n2>n0 n0.", syncs: true },
    patches: [{
      module: "Leading",
      find: "id === server.id ? log.safe",
      replace: "id === server.id ? Log.lastIndex(log)"
    }]
  },
  {
    name: "cuts off what comes after a part of the log, though it is the same",
    violates: "leader completeness",
    course: {
      script: "+n0 +n0 n0>>n1:1 n0>n1:2 n1. n1>n0 n0. n0>n1:1 - n1. n1 n1>n2 n2>n1 n1. n1>n2 n2. n2>n1 n1.",
      syncs: true
    },
    patches: [
      {
        module: "Following",
        find: "entries.findIndex(({ term }, i) => Log.termAt(log, index + 1 + i) !== term)",
        replace: "entries.length > 0 ? 0 : -1"
      }
    ]
  },
  {
    name: "cuts off what is committed",
    violates: "leader completeness",
    course: { script: `+n0 n0>>n1 n1>n0 +n0 n0>n1:2 n1>n0 +n0 n0>n1:2 n0>n1:1 - ${election}` },
    patches: [
      {
        module: "Following",
        find: "const skipped = Math.max(0, server.commit - previous.index)",
        replace: "const skipped = 0"
      },
      {
        module: "Following",
        find: "entries.findIndex(({ term }, i) => Log.termAt(log, index + 1 + i) !== term)",
        replace: "entries.length > 0 ? 0 : -1"
      },
      { module: "Following", find: "if (after < server.commit) throw", replace: "if (after < 0) throw" }
    ]
  },
  {
    name: "delivers what the leader has committed, though its own log may differ",
    violates: "state machine safety",
    course: {
      script: `+n0 +n0 - ${election} n1>n2 n2>n1 +n1 n1>n2 n2>n1 - n1 n1 n1 n1 n1 n1 n1 n1 n1 n1 n1>n0:4`,
      settings: { heartbeat: 100 }
    },
    patches: [{
      module: "Following",
      find: "Delivery.commit(server, Math.min(commit, role.verified))",
      replace: "Delivery.commit(server, Math.min(commit, Log.lastIndex(log)))"
    }]
  },
  {
    name: "takes a snapshot that does not say where it ends",
    violates: "state machine safety",
    patches: [{
      module: "Snapshots",
      find: "position: { index: applied, term",
      replace: "position: { index: applied - 1, term"
    }]
  },
  {
    name: "installs a snapshot that is older than what it has delivered",
    violates: "linearizability",
    scenario: {
      nodeCount: 3,
      faults: ["kill"],
      interval: 500,
      latency: 50,
      isConstant: false,
      duplicates: 0.5,
      rate: 100,
      settings: { ...Settings.defaults, snapshotAfter: 3 }
    },
    patches: [{ module: "Snapshots", find: "if (part.index <= server.commit) {", replace: "if (part.index < 0) {" }]
  },
  {
    name: "takes a snapshot that does not say which operations it has",
    violates: "exactly once",
    course: {
      script: "+n1 n1>n0 n0>n2 n2>n0 - n0! n0 n0>n2 n2>n0 n0>n2 n2>n0 n0>n1 n1>n0 "
        + "n0>n2 n2>n0 n0>n2 n2>n0 n0>n2 n2>n0",
      settings: { snapshotAfter: 1 }
    },
    patches: [{
      module: "Snapshots",
      find: "lastOperations: [...server.lastOperations.values()]",
      replace: "lastOperations: []"
    }]
  },
  {
    name: "appends what is handed over twice",
    violates: "exactly once",
    patches: [{ module: "Append", find: "if (!isNext) continue", replace: "if (!isNext && number < 0) continue" }]
  },
  {
    name: "refuses what it has handed over",
    violates: "exactly once",
    patches: [{
      module: "Requests",
      find: "while (isLate(requests.waiting[0])) refuse(server, requests.waiting.shift()!.ticket)",
      replace: `while (isLate(requests.waiting[0])) refuse(server, requests.waiting.shift()!.ticket)
  for (const { ticket } of requests.asked) refuse(server, ticket)`
    }]
  },
  {
    name: "gives its vote though it has promised not to",
    violates: "linearizability",
    scenario: {
      nodeCount: 3,
      faults: ["partition"],
      interval: 200,
      latency: 1,
      rate: 300,
      reads: 0.97,
      settings: Settings.defaults
    },
    patches: [
      {
        module: "Election",
        find: 'server.role.type === "leader" || server.now < server',
        replace: "server.now < 0 * server"
      },
      // its timers run wild
      {
        module: "Role",
        find: "election.deadline = now + electionTimeout + chance * spread",
        replace: "election.deadline = now + 0.3 * (electionTimeout + chance * spread)"
      }
    ]
  },
  {
    name: "is the same server when it has lost its disk",
    violates: "leader completeness",
    course: { script: "+n0 n0>n1 n1>n0 - n1~ n2 n2>n1 n1>n2 n2>n1 n1>n2" },
    patches: [{ module: "Raft", find: "id: id ?? options.newId", replace: `id: id ?? (node + ".same" as ServerId)` }]
  },
  {
    name: "begins a term without asking whether anybody would vote for it",
    violates: "stability",
    course: { script: "n1 - +n0 n0>n1 n1>n0", settings: { electionTimeout: 100 } },
    patches: [{
      module: "Election",
      find: "!isElected(server, role.votes)) return",
      replace: "!(role.isPre || isElected(server, role.votes))) return"
    }]
  }
]
