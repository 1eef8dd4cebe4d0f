/**
 * The search for a run that is invalid: many runs that differ in nothing but their seeds.
 */
import * as Simulation from "../../src/simulator/Simulation.ts"

/** Within so many seeds every node that is wrong on purpose is found. */
export const defaultSeeds = 100

/** The first that is invalid by its rules, by seed from that of the options on. */
export const find = (options: Simulation.Options, seeds = defaultSeeds): Simulation.Simulation | undefined => {
  for (let seed = options.seed; seed < options.seed + seeds; seed++) {
    const simulation = Simulation.run({ ...options, seed })
    if (simulation.results().validity === "invalid") return simulation
  }
  return undefined
}
