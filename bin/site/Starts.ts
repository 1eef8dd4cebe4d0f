/**
 * The programs that the playground offers for each workload: those of the registry, and some that are wrong.
 */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Registry from "../../src/registry/Registry.ts"
import * as SharedLogs from "../../src/registry/SharedLogs.ts"
import { Gossip } from "../../src/services/gossip/Gossip.ts"
import { IdGenerator } from "../../src/services/ids/IdGenerator.ts"
import { LinKv, SeqKv } from "../../src/services/kv/Kv.ts"
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
  /** The file with its text, from the root of the repository. */
  readonly file: string
  /** What the file calls it, if it exports several. */
  readonly exported?: string
  readonly isWrong: boolean
  /** As it is in the file. */
  readonly program: Program
  /** Gives to an edited program what the one in the file is given. */
  readonly provide: (program: Bare) => Program
}

// An edited program may ask for a service that it is not given. It then crashes when it starts, and the verdict says so.
const given = (program: Bare): Program => program as Program

/** Over any layer: those that ask for nothing of it do not notice. */
const over = <A, E, R>(layer: Layer.Layer<A, E, R>) => (program: Bare): Program =>
  Effect.provide(program, layer) as Program // the same

const ours = (
  workload: Registry.WorkloadName,
  file: string,
  provides: Readonly<Record<string, (program: Bare) => Program>>,
  exported = file
): ReadonlyArray<Start> =>
  Object.entries(provides).flatMap(([name, provide]) => {
    const found = Registry.find(workload, name)
    return found === undefined
      ? []
      : [{ workload, name, file: `src/programs/${file}.ts`, exported, isWrong: false, program: found.program, provide }]
  })

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

const star = over(Gossip.layerStar)
const gossips = { star, mesh: over(Gossip.layerMesh), thrifty: over(Gossip.layerThrifty) }
const relaxed = { relaxed: over(Gossip.layerRelaxed) }
const linKv = over(LinKv.layer)

export const starts: ReadonlyArray<Start> = [
  ...ours("echo", "Echo", { echo: given }),
  ...wrong("echo", { EchoLate }),
  ...ours("unique-ids", "UniqueIds", { flake: over(IdGenerator.layerFlake), random: over(IdGenerator.layerRandom) }),
  ...wrong("unique-ids", { IdsCounter, IdsClock }),
  ...ours("broadcast", "Broadcast", gossips),
  ...wrong("broadcast", { BroadcastAlone, BroadcastOnce, BroadcastRetry }),
  ...ours("g-set", "GSet", gossips),
  ...ours("g-counter", "Counter", relaxed, "GCounter"),
  ...ours("g-counter", "GCounterSeqKv", { "seq-kv": over(SeqKv.layer) }),
  ...wrong("g-counter", { CounterTwice, CounterLost }, linKv),
  ...ours("pn-counter", "Counter", relaxed, "PnCounter"),
  ...ours("kafka", "Kafka", gossips),
  ...ours("kafka", "KafkaSharedLog", { "lin-kv": over(SharedLogs.linKv), raft: over(SharedLogs.raft) }),
  ...wrong("kafka", { KafkaAlone }),
  ...ours("lin-kv", "LinKv", { raft: over(SharedLogs.raft) }),
  ...wrong("lin-kv", { LinKvCopies }),
  ...ours("txn-rw-register", "TxnRwRegister", gossips),
  ...wrong("txn-rw-register", { TxnShout }),
  ...ours("txn-list-append", "TxnListAppend", { "lin-kv": over(SharedLogs.linKv), raft: over(SharedLogs.raft) }),
  ...wrong("txn-list-append", { TxnOneByOne }, linKv)
]

export const find = (workload: string, name: string): Start | undefined =>
  starts.find((start) => start.workload === workload && start.name === name)
