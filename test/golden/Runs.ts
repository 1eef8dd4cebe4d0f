/**
 * Runs whose histories must stay what they are while the house is rebuilt: every challenge, every program, every fault.
 */
import { createHash } from "node:crypto"
import * as Challenges from "../../src/registry/Challenges.ts"
import type * as Entry from "../../src/registry/Entry.ts"
import { registry } from "../../src/registry/Registry.ts"
import * as Failures from "../../src/report/sentences/Failures.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import type { Verdict } from "../../src/workloads/finding/Verdict.ts"
import * as ExactNumbers from "../../src/workloads/history/ExactNumbers.ts"
import type * as History from "../../src/workloads/history/History.ts"
import hashes from "./hashes.json" with { type: "json" }

const programs = Object.entries(registry).flatMap(([workloadName, { programs, workload }]) =>
  Object.entries<Entry.Program>(programs).map(([programName, { program }]) => ({
    name: `${workloadName} ${programName}`,
    workload,
    program
  }))
)

/** Those that there were when the hashes were recorded. */
const old = ["partition", "one-way", "kill", "pause", "clock"] as const

const faults: Record<string, Partial<Simulation.Options>> = {
  none: {},
  ...Object.fromEntries(old.map((fault) => [fault, { nemesis: [fault] }])),
  loss: { loss: 0.1, duplicates: 0.1 },
  all: { nemesis: old, loss: 0.05, duplicates: 0.05, scheduling: "random" }
}

/** Where one more cycle with a single rw edge is found than before: their figures have changed, on purpose. */
const nowFinds: ReadonlySet<string> = new Set(["challenge 6b 15", "challenge 6c 17"])

/** By name, each with a function that gives its options for a seed. What has come since is not among them. */
export const runs: ReadonlyArray<readonly [name: string, options: (seed: number) => Simulation.Options]> = ([
  ...Challenges.challenges.map((challenge, i) =>
    [`challenge ${challenge.id} ${i}`, (seed: number) => Challenges.options(challenge, seed)] as const
  ),
  ...programs.flatMap(({ name, program, workload }) =>
    Object.entries(faults).map(([fault, more]) =>
      [`${name} ${fault}`, (seed: number): Simulation.Options => ({
        ...Simulation.defaults,
        workload,
        program,
        seed,
        nodeCount: 3 + seed % 3,
        concurrency: 6,
        rate: 40,
        timeLimit: 4000,
        recovery: 5000,
        latency: { mean: [0, 10, 50][seed % 3]!, dist: "exponential" },
        nemesisInterval: 800,
        ...more
      })] as const
    )
  )
] as const).filter(([name]) => name in hashes && !nowFinds.has(name))

/** What an event said when these were recorded. */
const before = ({ error, ...event }: History.Event): string => {
  const { index, time, process, type, f, value, node } = event
  const text = error === undefined ? {} : { error: Failures.plain(error) }
  return `${ExactNumbers.text({ index, time, process, type, f, value, ...text, ...node !== undefined && { node } })}\n`
}

/** Of transactions, the models that were named then, the weakest first. */
const models = [
  "read-uncommitted",
  "read-committed",
  "read-atomic",
  "causal",
  "snapshot-isolation",
  "serializable",
  "strict-serializable"
]

/** What the figures said when these were recorded. */
const figuresBefore = ({ broken, hold: _hold, ...figures }: Verdict["figures"]): Verdict["figures"] =>
  Array.isArray(broken) ? { ...figures, not: models.filter((name) => broken.includes(name)) } : figures

/** Of the history, of whether it is valid, and of all figures. */
export const hash = (options: Simulation.Options): string => {
  const simulation = Simulation.run(options)
  const { network, valid, workload: { figures } } = simulation.results()
  return createHash("sha256").update(simulation.history.map(before).join(""))
    .update(JSON.stringify([valid, figuresBefore(figures), network])).digest("hex").slice(0, 12)
}
