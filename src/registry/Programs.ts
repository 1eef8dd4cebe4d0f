/**
 * What can be run: each workload with the programs that answer it, each program with the services of its own that it
 * runs over.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Broadcast } from "../programs/Broadcast.ts"
import { GCounter, PnCounter } from "../programs/Counter.ts"
import { Echo } from "../programs/Echo.ts"
import { GCounterSeqKv } from "../programs/GCounterSeqKv.ts"
import { GSet } from "../programs/GSet.ts"
import { Kafka } from "../programs/Kafka.ts"
import { KafkaSharedLog } from "../programs/KafkaSharedLog.ts"
import { TxnListAppend } from "../programs/TxnListAppend.ts"
import { TxnRwRegister } from "../programs/TxnRwRegister.ts"
import { UniqueIds } from "../programs/UniqueIds.ts"
import { Gossip } from "../services/gossip/Gossip.ts"
import { IdGenerator } from "../services/ids/IdGenerator.ts"
import { Timestamps } from "../services/ids/Timestamps.ts"
import { LinKv, SeqKv } from "../services/kv/Kv.ts"
import { layerLinKv } from "../services/log/LinKvLog.ts"
import type { Program } from "../simulator/nodes/SimulatedNode.ts"
import { BroadcastWorkload } from "../workloads/broadcast/BroadcastWorkload.ts"
import { GCounterWorkload, PnCounterWorkload } from "../workloads/counter/CounterWorkload.ts"
import { EchoWorkload } from "../workloads/echo/EchoWorkload.ts"
import { GSetWorkload } from "../workloads/g-set/GSetWorkload.ts"
import { KafkaWorkload } from "../workloads/kafka/KafkaWorkload.ts"
import { TxnListAppendWorkload } from "../workloads/transactions/TxnListAppendWorkload.ts"
import { TxnRwRegisterWorkload } from "../workloads/transactions/TxnRwRegisterWorkload.ts"
import { UniqueIdsWorkload } from "../workloads/unique-ids/UniqueIdsWorkload.ts"
import type { Workload } from "../workloads/Workload.ts"

const central = Layer.provide(IdGenerator.layerCentral, Timestamps.layer)
const linKvLog = Layer.provide(layerLinKv, LinKv.layer)

interface Known {
  readonly workload: Workload
  readonly programs: Readonly<Record<string, Program>>
  /** The programs that promise it; see Settings of Workload. */
  readonly durable?: ReadonlyArray<string>
}

/** By the workload's name. The first program of a workload is its default. */
export const Programs = {
  echo: {
    workload: EchoWorkload,
    programs: { echo: Echo }
  },
  "unique-ids": {
    workload: UniqueIdsWorkload,
    programs: {
      flake: Effect.provide(UniqueIds, IdGenerator.layerFlake),
      random: Effect.provide(UniqueIds, IdGenerator.layerRandom),
      central: Effect.provide(UniqueIds, central)
    }
  },
  broadcast: {
    workload: BroadcastWorkload,
    programs: {
      star: Effect.provide(Broadcast, Gossip.layerStar),
      mesh: Effect.provide(Broadcast, Gossip.layerMesh),
      thrifty: Effect.provide(Broadcast, Gossip.layerThrifty)
    }
  },
  "g-set": {
    workload: GSetWorkload,
    programs: {
      star: Effect.provide(GSet, Gossip.layerStar),
      mesh: Effect.provide(GSet, Gossip.layerMesh),
      thrifty: Effect.provide(GSet, Gossip.layerThrifty)
    }
  },
  "g-counter": {
    workload: GCounterWorkload,
    programs: {
      relaxed: Effect.provide(GCounter, Gossip.layerRelaxed),
      star: Effect.provide(GCounter, Gossip.layerStar),
      mesh: Effect.provide(GCounter, Gossip.layerMesh),
      thrifty: Effect.provide(GCounter, Gossip.layerThrifty),
      "seq-kv": Effect.provide(GCounterSeqKv, SeqKv.layer)
    },
    durable: ["seq-kv"]
  },
  "pn-counter": {
    workload: PnCounterWorkload,
    programs: {
      relaxed: Effect.provide(PnCounter, Gossip.layerRelaxed),
      star: Effect.provide(PnCounter, Gossip.layerStar),
      mesh: Effect.provide(PnCounter, Gossip.layerMesh),
      thrifty: Effect.provide(PnCounter, Gossip.layerThrifty)
    }
  },
  kafka: {
    workload: KafkaWorkload,
    programs: {
      star: Effect.provide(Kafka, Gossip.layerStar),
      mesh: Effect.provide(Kafka, Gossip.layerMesh),
      thrifty: Effect.provide(Kafka, Gossip.layerThrifty),
      "lin-kv": Effect.provide(KafkaSharedLog, linKvLog)
    },
    durable: ["lin-kv"]
  },
  "txn-rw-register": {
    workload: TxnRwRegisterWorkload,
    programs: {
      star: Effect.provide(TxnRwRegister, Gossip.layerStar),
      mesh: Effect.provide(TxnRwRegister, Gossip.layerMesh),
      thrifty: Effect.provide(TxnRwRegister, Gossip.layerThrifty)
    }
  },
  "txn-list-append": {
    workload: TxnListAppendWorkload,
    programs: { "lin-kv": Effect.provide(TxnListAppend, linKvLog) }
  }
} as const satisfies Record<string, Known>

export type WorkloadName = keyof typeof Programs
export type ProgramName<W extends WorkloadName = WorkloadName> = W extends unknown
  ? keyof (typeof Programs)[W]["programs"] & string
  : never

export const workloadNames = Object.keys(Programs) as ReadonlyArray<WorkloadName>

/** The default first. */
export const programNames = (workload: WorkloadName): ReadonlyArray<ProgramName> =>
  Object.keys(Programs[workload].programs) as ReadonlyArray<ProgramName>

/** A workload, and the one of its programs that is run. */
export interface Entry {
  readonly workload: Workload
  readonly programName: string
  readonly program: Program
}

/** Without a name the default; undefined when the workload has no program of that name. */
export const find = (name: WorkloadName, program?: string): Entry | undefined => {
  const { durable = [], programs, workload }: Known = Programs[name]
  const found = Object.entries(programs).find(([key]) => program === undefined || program === key)
  if (found === undefined) return undefined
  const [programName] = found
  const judged = durable.includes(programName) ? workload.set?.({ durable: true }) ?? workload : workload
  return { workload: judged, programName, program: found[1] }
}
