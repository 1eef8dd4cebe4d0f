/**
 * All workloads, each with the programs that answer it and the runs of its challenges. Executables, flags, help,
 * challenge runs and the tables of the README follow from it.
 */
import type * as SimulatedNode from "../simulator/nodes/SimulatedNode.ts"
import type { SettingValues, Workload } from "../workloads/Workload.ts"
import * as Broadcast from "./entries/Broadcast.ts"
import * as Echo from "./entries/Echo.ts"
import * as GCounter from "./entries/GCounter.ts"
import * as GSet from "./entries/GSet.ts"
import * as Kafka from "./entries/Kafka.ts"
import * as LinKv from "./entries/LinKv.ts"
import * as PnCounter from "./entries/PnCounter.ts"
import * as TxnListAppend from "./entries/TxnListAppend.ts"
import * as TxnRwRegister from "./entries/TxnRwRegister.ts"
import * as UniqueIds from "./entries/UniqueIds.ts"
import type * as Entry from "./Entry.ts"

/** By the workload's name, in the order of the challenges. */
export const registry = {
  echo: Echo.entry(),
  "unique-ids": UniqueIds.entry(),
  broadcast: Broadcast.entry(),
  "g-set": GSet.entry(),
  "g-counter": GCounter.entry(),
  "pn-counter": PnCounter.entry(),
  kafka: Kafka.entry(),
  "txn-rw-register": TxnRwRegister.entry(),
  "txn-list-append": TxnListAppend.entry(),
  "lin-kv": LinKv.entry()
} satisfies Readonly<Record<string, Entry.Entry>>

export type WorkloadName = keyof typeof registry

export const workloadNames = Object.keys(registry) as ReadonlyArray<WorkloadName> // Object.keys gives its own keys, which are the names

/** The names of a workload's programs, the default first. */
export const programNames = (workload: WorkloadName): ReadonlyArray<string> => Object.keys(registry[workload].programs)

/** A workload, and the one of its programs that nodes run. */
export interface Subject {
  readonly workload: Workload
  readonly programName: string
  readonly program: SimulatedNode.Program
}

/** Without a name the default; undefined when the workload has no program of that name. */
export const find = (name: WorkloadName, programName = programNames(name)[0]!): Subject | undefined => {
  const { programs, workload }: Entry.Entry = registry[name]
  const found = programs[programName]
  if (found === undefined) return undefined
  const { durable, program } = found
  const judged = durable === true ? workload.set?.({ durable }) ?? workload : workload
  return { workload: judged, programName, program }
}

/** What nodes find in their environment variables when these are the settings of their workload. */
export const environment = (settings: SettingValues = {}): Readonly<Record<string, string>> =>
  settings["durable"] === true ? { GOSSIP_DURABILITY: "disk" } : {}

/** An executable in dist, by its name, with the environment variable that has it run another program than its first. */
export interface Executable {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
}

/**
 * The executable that runs a program. The one that can run a workload's default program has the workload's name, any
 * other that of its first program as well.
 */
export const executable = (workload: WorkloadName, programName: string): Executable => {
  const { programs }: Entry.Entry = registry[workload]
  const variable = programs[programName]?.variable
  const own = Object.keys(programs).filter((name) =>
    name === programName || variable !== undefined && programs[name]?.variable === variable
  )
  return {
    name: own[0] === programNames(workload)[0] ? workload : `${workload}-${own[0]}`,
    env: variable === undefined || programName === own[0] ? {} : { [variable]: programName }
  }
}
