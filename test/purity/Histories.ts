/**
 * Runs in which everything happens that can, and nothing but their histories comes out: to compare one host of the
 * simulated world with another.
 */
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as History from "../../src/workloads/history/History.ts"
import { eventful, subjects } from "../Subjects.ts"

/** By workload and program. Tasks run in any order: whatever draws that draws all else. */
export const make = (): Record<string, string> =>
  Object.fromEntries(subjects.map((subject) => {
    const options: Simulation.Options = { ...eventful(subject, 0), timeLimit: 1000, scheduling: "random" }
    return [subject.name, History.toText(Simulation.run(options).history)]
  }))
