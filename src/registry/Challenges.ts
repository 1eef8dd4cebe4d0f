/**
 * The runs that make up fly.io's challenges, with the options that they give to Maelstrom, and with their limits.
 */
import type { Limits } from "../simulator/Limits.ts"
import * as Simulation from "../simulator/Simulation.ts"
import * as Programs from "./Programs.ts"

interface ChallengeOf<W extends Programs.WorkloadName> {
  /** As fly.io numbers it, or whose number it bears; more than one run may belong to a challenge. */
  readonly id: string
  readonly workload: W
  /** The workload's default, if it does not say. */
  readonly program?: Programs.ProgramName<W>
  readonly options:
    & Pick<Simulation.Options, "nodeCount" | "concurrency" | "timeLimit">
    & Partial<Omit<Simulation.Options, "workload" | "program" | "seed">>
  readonly limits?: Limits
}

export type Challenge = { readonly [W in Programs.WorkloadName]: ChallengeOf<W> }[Programs.WorkloadName]

/** fly.io asks for a counter that is kept in seq-kv. Kept in the nodes, it costs less: both are run. */
const counter: Challenge["options"] = {
  nodeCount: 3,
  concurrency: 3,
  timeLimit: 20_000,
  rate: 100,
  availability: 1,
  nemesis: ["partition"]
}

/**
 * fly.io asks for read uncommitted in 6a and 6b, and for read committed in 6c. Here all are judged by what the nodes
 * promise, causal consistency, which implies both. The messages are limited by ours: fly.io limits none.
 */
const txnRwRegister = (id: string, nodeCount: number, more: Partial<Challenge["options"]> = {}): Challenge => ({
  id,
  workload: "txn-rw-register",
  options: { nodeCount, concurrency: 2 * nodeCount, timeLimit: 20_000, rate: 1000, availability: 1, ...more },
  ...nodeCount > 1 && { limits: { messagesPerOperation: 0.05 } }
})

/** No challenge of fly.io's, but Maelstrom's own exercise: the same transactions, strict serializable. */
const txnListAppend: Challenge["options"] = {
  nodeCount: 5,
  concurrency: 10,
  timeLimit: 20_000,
  rate: 100,
  latency: { mean: 10, dist: "constant" },
  availability: 0.99
}

/** In the order of the challenges. As in Maelstrom, there is a client for each node if nothing else is said. */
export const challenges: ReadonlyArray<Challenge> = [
  {
    id: "1",
    workload: "echo",
    options: { nodeCount: 1, concurrency: 1, timeLimit: 10_000 }
  },
  {
    id: "2",
    workload: "unique-ids",
    options: {
      nodeCount: 3,
      concurrency: 3,
      timeLimit: 30_000,
      rate: 1000,
      availability: 1,
      nemesis: ["partition"]
    }
  },
  { id: "3a", workload: "broadcast", options: { nodeCount: 1, concurrency: 1, timeLimit: 20_000, rate: 10 } },
  { id: "3b", workload: "broadcast", options: { nodeCount: 5, concurrency: 5, timeLimit: 20_000, rate: 10 } },
  {
    id: "3c",
    workload: "broadcast",
    options: { nodeCount: 5, concurrency: 5, timeLimit: 20_000, rate: 10, nemesis: ["partition"] }
  },
  {
    id: "3d",
    workload: "broadcast",
    options: { nodeCount: 25, concurrency: 25, timeLimit: 20_000, rate: 100, latency: { mean: 100, dist: "constant" } },
    limits: { messagesPerOperation: 30, medianLatency: 400, maxLatency: 600 }
  },
  {
    id: "3e",
    workload: "broadcast",
    options: { nodeCount: 25, concurrency: 25, timeLimit: 20_000, rate: 100, latency: { mean: 100, dist: "constant" } },
    limits: { messagesPerOperation: 20, medianLatency: 1000, maxLatency: 2000 }
  },
  { id: "4", workload: "g-counter", options: counter },
  { id: "4", workload: "g-counter", program: "seq-kv", options: counter },
  {
    id: "5a",
    workload: "kafka",
    options: { nodeCount: 1, concurrency: 2, timeLimit: 20_000, rate: 1000, availability: 1 }
  },
  {
    id: "5b",
    workload: "kafka",
    program: "lin-kv",
    options: { nodeCount: 2, concurrency: 4, timeLimit: 20_000, rate: 1000, availability: 1 },
    limits: { messagesPerOperation: 3 }
  },
  {
    id: "5c",
    workload: "kafka",
    options: { nodeCount: 2, concurrency: 4, timeLimit: 20_000, rate: 1000, availability: 1 },
    limits: { messagesPerOperation: 0.05 }
  },
  {
    id: "5c",
    workload: "kafka",
    options: { nodeCount: 2, concurrency: 4, timeLimit: 20_000, rate: 1000, availability: 1, nemesis: ["partition"] },
    limits: { messagesPerOperation: 0.05 }
  },
  txnRwRegister("6a", 1),
  txnRwRegister("6b", 2),
  txnRwRegister("6b", 2, { nemesis: ["partition"] }),
  txnRwRegister("6c", 2),
  txnRwRegister("6c", 2, { nemesis: ["partition"] }),
  { id: "6", workload: "txn-list-append", options: txnListAppend, limits: { messagesPerOperation: 4 } },
  {
    id: "6",
    workload: "txn-list-append",
    options: { ...txnListAppend, nemesis: ["partition"] },
    limits: { messagesPerOperation: 4 }
  }
]

/** The group of challenges that one belongs to, such as `3`. */
const groupOf = (id: string): string => id.replace(/[a-z]$/, "")

/** All names that mean a challenge, or a group. */
export const names: ReadonlyArray<string> = [...new Set(challenges.flatMap(({ id }) => [groupOf(id), id]))]

/** Whether `id` means this challenge: it names it, or the group that it belongs to (`3` means 3a, 3b …). */
export const isNamed = (challenge: Challenge, id: string): boolean =>
  challenge.id === id || groupOf(challenge.id) === id

/** What runs in it. */
export const entry = (challenge: Challenge): Programs.Entry => {
  const found = Programs.find(challenge.workload, challenge.program)
  if (found === undefined) throw new Error(`challenge ${challenge.id} has no program`)
  return found
}

/** All that a run of it needs. */
export const options = (challenge: Challenge, seed: number): Simulation.Options => {
  const { program, workload } = entry(challenge)
  return { ...Simulation.defaults, ...challenge.options, workload, program, seed }
}
