/**
 * What there is to run, but for what is the same code under another name or with other windows.
 */
import type * as Entry from "../src/registry/Entry.ts"
import { registry, type WorkloadName } from "../src/registry/Registry.ts"
import * as Nemesis from "../src/simulator/faults/Nemesis.ts"
import type { Program } from "../src/simulator/nodes/SimulatedNode.ts"
import * as Simulation from "../src/simulator/Simulation.ts"
import type { Workload } from "../src/workloads/Workload.ts"

export interface Subject {
  /** Workload and program. */
  readonly name: string
  readonly workload: Workload
  readonly program: Program
}

/** g-set is broadcast, pn-counter is g-counter; five nodes at ease are a star; with mesh and star run broadcast and kafka. */
const redundant =
  /^g-set|^pn-counter|^(g-counter|txn-rw-register) mesh|^g-counter (star|pull|bounded)|(thrifty|bounded)$|(?<!^broadcast) locked$|(?<!^g-counter) relaxed$/

export const subjects: ReadonlyArray<Subject> = Object.entries(registry).flatMap(([workloadName, entry]) =>
  Object.entries<Entry.Program>(entry.programs).map(([programName, { program }]) => ({
    name: `${workloadName} ${programName}`,
    workload: entry.workload,
    program
  }))
).filter(({ name }) => !redundant.test(name))

/** The programs of a workload, by name. */
export const programsOf = <W extends WorkloadName>(workload: W) =>
  Object.fromEntries(
    Object.entries<Entry.Program>(registry[workload].programs).map(([name, { program }]) => [name, program])
  ) as Readonly<Record<keyof (typeof registry)[W]["programs"], Program>> // the same names

/** Two to five busy nodes for 6 s; how many, how fast messages and in which order tasks are, is another for each seed. */
export const varied = (seed: number) => ({
  ...Simulation.defaults,
  seed,
  nodeCount: 2 + seed % 4,
  concurrency: 10,
  rate: 60,
  timeLimit: 6000,
  latency: { mean: [0, 20, 100][seed % 3]!, dist: "exponential" },
  scheduling: seed % 2 === 0 ? "fifo" : "random"
} as const)

/** Everything that can go wrong, often, in a short run. */
export const eventful = ({ program, workload }: Subject, seed: number): Simulation.Options => ({
  ...Simulation.defaults,
  workload,
  program,
  seed,
  rate: 50,
  concurrency: 10,
  timeLimit: 2000,
  recovery: 2000,
  latency: { mean: 50, dist: "exponential" },
  nemesis: Nemesis.faults,
  nemesisInterval: 300,
  loss: 0.1,
  duplicates: 0.1,
  scheduling: seed % 2 === 0 ? "fifo" : "random"
})
