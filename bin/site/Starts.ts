/**
 * The programs that the playground offers for each workload: those of the registry, and some that are wrong.
 */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Entry from "../../src/registry/Entry.ts"
import * as Registry from "../../src/registry/Registry.ts"
import { LinKv } from "../../src/services/kv/Kv.ts"
import type { Program } from "../../src/simulator/nodes/SimulatedNode.ts"
import type { Bare } from "./Compile.ts"
import { BroadcastAlone } from "./programs/BroadcastAlone.ts"
import { BroadcastOnce } from "./programs/BroadcastOnce.ts"
import { BroadcastRetry } from "./programs/BroadcastRetry.ts"
import { CounterLost } from "./programs/CounterLost.ts"
import { CounterTwice } from "./programs/CounterTwice.ts"
import { EchoLate } from "./programs/EchoLate.ts"
import { IdsClock } from "./programs/IdsClock.ts"
import { IdsCounter } from "./programs/IdsCounter.ts"
import { KafkaAlone } from "./programs/KafkaAlone.ts"
import { LinKvCopies } from "./programs/LinKvCopies.ts"
import { TxnOneByOne } from "./programs/TxnOneByOne.ts"
import { TxnShout } from "./programs/TxnShout.ts"

export interface Start {
  readonly workload: Registry.WorkloadName
  readonly name: string
  /** The file with its text, as a path from the root of the repository. */
  readonly file: string
  /** The name of its export, if the file has several. */
  readonly exported?: string
  readonly isWrong: boolean
  /** The program as it is in the file. */
  readonly program: Program
  /** Provides to an edited program what the one in the file gets. */
  readonly provide: (program: Bare) => Program
}

// An edited program may ask for a service that it is not given. It then crashes when it starts, and the verdict says so.
const given = (program: Bare): Program => program as Program

/** Provides a layer. Programs that ask for nothing of it do not notice. */
const over = <A, E, R>(layer: Layer.Layer<A, E, R>) => (program: Bare): Program =>
  Effect.provide(program, layer) as Program // the same

/** The file of each workload's programs, and its export if that has another name. */
const files: Readonly<Record<Registry.WorkloadName, readonly [file: string, exported?: string]>> = {
  echo: ["Echo"],
  "unique-ids": ["UniqueIds"],
  broadcast: ["Broadcast"],
  "g-set": ["GSet"],
  "g-counter": ["Counter", "GCounter"],
  "pn-counter": ["Counter", "PnCounter"],
  kafka: ["Kafka"],
  "txn-rw-register": ["TxnRwRegister"],
  "txn-list-append": ["TxnListAppend"],
  "lin-kv": ["LinKv"]
}

/** The files of programs that are not in the file of their workload. */
const otherFiles: Readonly<Record<string, readonly [file: string]>> = {
  "g-counter seq-kv": ["GCounterSeqKv"],
  "kafka lin-kv": ["KafkaSharedLog"],
  "kafka raft": ["KafkaSharedLog"],
  "lin-kv proxy": ["LinKvProxy"]
}

const ours: ReadonlyArray<Start> = Registry.workloadNames.flatMap((workload) =>
  Object.entries<Entry.Program>(Registry.registry[workload].programs).map(([name, { program, provide = given }]) => {
    const [file, exported = file] = otherFiles[`${workload} ${name}`] ?? files[workload]
    return { workload, name, file: `src/programs/${file}.ts`, exported, isWrong: false, program, provide }
  })
)

const wrong = (
  workload: Registry.WorkloadName,
  programs: Readonly<Record<string, Bare>>,
  provide: (program: Bare) => Program = given
): ReadonlyArray<Start> =>
  Object.entries(programs).map(([name, program]) => ({
    workload,
    name,
    file: `bin/site/programs/${name}.ts`,
    isWrong: true,
    program: provide(program),
    provide
  }))

const linKv = over(LinKv.layer)

export const starts: ReadonlyArray<Start> = [
  ...ours,
  ...wrong("echo", { EchoLate }),
  ...wrong("unique-ids", { IdsCounter, IdsClock }),
  ...wrong("broadcast", { BroadcastAlone, BroadcastOnce, BroadcastRetry }),
  ...wrong("g-counter", { CounterTwice, CounterLost }, linKv),
  ...wrong("kafka", { KafkaAlone }),
  ...wrong("lin-kv", { LinKvCopies }),
  ...wrong("txn-rw-register", { TxnShout }),
  ...wrong("txn-list-append", { TxnOneByOne }, linKv)
]

export const find = (workload: string, name: string): Start | undefined =>
  starts.find((start) => start.workload === workload && start.name === name)
