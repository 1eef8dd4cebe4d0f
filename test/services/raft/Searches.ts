/**
 * Small cases of which every order of events is tried.
 */
import type { Machine } from "./Cluster.ts"
import * as Exhaustive from "./Exhaustive.ts"
import * as World from "./World.ts"

export interface Search {
  /** What has happened before, from a cluster at rest with n0 for its leader; see World.play. */
  readonly after?: string
  /** What may happen, and how often. Messages may arrive whenever they do. */
  readonly budget: Partial<World.Budget>
  /** Whether syncing takes time. */
  readonly syncs?: true
  readonly settings?: Partial<World.Rules["settings"]>
}

export const searches = {
  "an append and a read": { budget: { append: 1, read: 1 } },
  "an append and a crash": { budget: { append: 1, crash: 1 }, syncs: true },
  "an append and a lost disk": { budget: { append: 1, wipe: 1 } },
  "an election and a read": { budget: { wake: 1, read: 1 } },
  "an election and a crash": { budget: { wake: 1, crash: 1 }, syncs: true },
  "an election and a lost disk": { budget: { wake: 1, wipe: 1 } },
  "two candidates in a term": {
    after: "n0! n1 n2 n1>n0 n2>n0 n0>n1 n0>n2",
    budget: { crash: 1 }
  },
  "a leader that was deposed without knowing": {
    after: "n1 n1>n2 n2>n1 n1>n2 n2>n1",
    budget: { append: 1, read: 1 }
  },
  "entries of an earlier term on a majority of the disks": {
    after: "+n0 - n1 n1>n2 n2>n1 n1>n2 n2>n1 - n1! n0! n0 n0>n2 n2>n0 - n0 n0>n2 n2>n0 - n0>n2 n2>n0",
    budget: { wake: 2 },
    settings: { batch: 1 }
  },
  "an entry that is synced on one disk": {
    after: "+n0 n0. n0>n1 n0>n2",
    budget: { crash: 1, wake: 1 },
    syncs: true
  },
  "an entry that is synced on one disk, not the leader's": {
    after: "+n0 n0>n1 n1.",
    budget: { crash: 1, wake: 1 },
    syncs: true
  }
} satisfies Readonly<Record<string, Search>>

const none: World.Budget = {
  deliver: Infinity,
  copy: 0,
  sync: Infinity,
  wake: 0,
  append: 0,
  read: 0,
  crash: 0,
  wipe: 0
}

export const run = (machine: Machine, search: Search, limit = Infinity): Exhaustive.Found => {
  const rules: World.Rules = {
    machine,
    settings: { ...World.settings, ...search.settings },
    isSyncImmediate: search.syncs !== true
  }
  const rest = World.begin(rules)
  const start = search.after === undefined ? rest : World.play(rules, rest, search.after)
  return Exhaustive.search(rules, start, { ...none, ...search.budget }, limit)
}
