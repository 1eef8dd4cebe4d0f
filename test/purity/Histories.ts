/**
 * Runs in which everything happens that can, and nothing but their histories comes out: to compare one host of the
 * simulated world with another.
 */
import * as History from "../../src/bench/History.ts"
import * as Nemesis from "../../src/bench/Nemesis.ts"
import { Programs } from "../../src/bench/Programs.ts"
import type { Program } from "../../src/bench/SimulatedNode.ts"
import * as Simulation from "../../src/bench/Simulation.ts"

/** The same code by other names, or with other windows. */
const isRedundant = (name: string): boolean => /^g-set|^pn-counter|^g-counter (star|mesh)|thrifty$/.test(name)

/** By workload, program and seed. */
export const make = (): Record<string, string> => {
  const histories: Record<string, string> = {}
  for (const [workloadName, { programs, workload }] of Object.entries(Programs)) {
    for (const [name, program] of Object.entries<Program>(programs)) {
      if (isRedundant(`${workloadName} ${name}`)) continue
      for (const seed of [0, 1]) {
        const { history } = Simulation.run({
          ...Simulation.defaults,
          workload,
          program,
          seed,
          rate: 100,
          concurrency: 10,
          timeLimit: 3000,
          latency: { mean: 50, dist: "exponential" },
          nemesis: Nemesis.faults,
          nemesisInterval: 500,
          loss: 0.1,
          duplicates: 0.1,
          scheduling: seed % 2 === 0 ? "fifo" : "random"
        })
        histories[`${workloadName} ${name} ${seed}`] = History.toLines(history)
      }
    }
  }
  return histories
}
