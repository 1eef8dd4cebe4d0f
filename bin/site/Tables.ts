/**
 * What the page knows of programs and flags, as plain data, so that it need not hold the simulator itself.
 */
import * as Options from "../../src/simulator/Options.ts"
import * as Setting from "../../src/workloads/Setting.ts"
import { modules } from "./Modules.ts"
import * as Recording from "./Recording.ts"
import { starts } from "./Starts.ts"

/** The flags that the page has fields for, which people change most. All others come from an address. */
const flags = [
  "node-count",
  "concurrency",
  "rate",
  "time-limit",
  "recovery",
  "latency",
  "latency-dist",
  "loss",
  "duplicates",
  "nemesis",
  "nemesis-interval",
  "seed"
]

const usual = Recording.flagsOf({ workload: "", program: "", flags: {} })

const workloads = [...new Set(starts.map(({ workload }) => workload))]

export const tables = {
  /** The programs of each workload. */
  PROGRAMS: Object.fromEntries(
    workloads.map((
      workload
    ) => [workload, starts.filter((start) => start.workload === workload).map(({ name }) => name)])
  ),
  /** The file of each program, by its workload and its name. */
  FILES: Object.fromEntries(starts.map(({ file, name, workload }) => [`${workload} ${name}`, file])),
  FLAGS: Setting.fieldsOf(Options.Simulated)
    .filter(({ flag }) => flags.includes(flag))
    .map(({ flag, help, usualText }) => [flag, help, usual[flag] ?? usualText]),
  /** What each module exports that a program can import. */
  EXPORTS: Object.fromEntries(Object.entries(modules).map(([name, module]) => [name, Object.keys(module)]))
}
