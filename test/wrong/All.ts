/**
 * Every node that is wrong on purpose, with the least that must happen for it to show.
 */
import * as Effect from "effect/Effect"
import type { Program } from "../../src/simulator/nodes/SimulatedNode.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import { BroadcastWorkload } from "../../src/workloads/broadcast/BroadcastWorkload.ts"
import { GCounterWorkload } from "../../src/workloads/counter/CounterWorkload.ts"
import { EchoWorkload } from "../../src/workloads/echo/EchoWorkload.ts"
import { GSetWorkload } from "../../src/workloads/g-set/GSetWorkload.ts"
import { KafkaWorkload } from "../../src/workloads/kafka/KafkaWorkload.ts"
import { LinKvWorkload } from "../../src/workloads/lin-kv/LinKvWorkload.ts"
import { UniqueIdsWorkload } from "../../src/workloads/unique-ids/UniqueIdsWorkload.ts"
import type { Workload } from "../../src/workloads/Workload.ts"
import * as Broadcast from "./BroadcastNodes.ts"
import * as Counter from "./CounterNodes.ts"
import * as Echo from "./EchoNodes.ts"
import * as Kafka from "./KafkaNodes.ts"
import * as LinKv from "./LinKvNodes.ts"
import * as Txn from "./TxnNodes.ts"
import * as UniqueIds from "./UniqueIdsNodes.ts"

export interface WrongNode {
  readonly name: string
  readonly options: Simulation.Options
}

type Changes = Partial<Simulation.Options>

const isProgram = (value: unknown): value is Program => Effect.isEffect(value)

/** All programs that a module exports, but for those that are right. */
const from = (
  exports: Readonly<Record<string, unknown>>,
  workload: Workload,
  which: {
    readonly right?: ReadonlyArray<string>
    readonly usual?: Changes
    readonly changes?: Readonly<Record<string, Changes>>
  } = {}
): ReadonlyArray<WrongNode> =>
  Object.entries(exports).flatMap(([name, program]): ReadonlyArray<WrongNode> =>
    !isProgram(program) || which.right?.includes(name) === true ? [] : [{
      name: `${workload.name} ${name}`,
      options: {
        ...Simulation.defaults,
        rate: 10,
        timeLimit: 10_000,
        workload,
        program,
        ...which.usual,
        ...which.changes?.[name]
      }
    }]
  )

const partitions: Changes = { nemesis: ["partition"], nemesisInterval: 2000 }
const { hastyGSet, rightGSet, ...broadcast } = Broadcast

export const all: ReadonlyArray<WrongNode> = [
  ...from(Echo, EchoWorkload, { changes: { late: { config: Echo.lateConfig } } }),
  ...from(UniqueIds, UniqueIdsWorkload, {
    changes: {
      counter: { nemesis: ["kill"], nemesisInterval: 1000 },
      forgetful: { nemesis: ["clock"], nemesisInterval: 1000, rate: 500 },
      concatenated: { rate: 500 }
    }
  }),
  ...from(broadcast, BroadcastWorkload, {
    right: ["right", "recovering"],
    changes: { hasty: partitions, wavering: { rate: 40 } }
  }),
  ...from({ hastyGSet, rightGSet }, GSetWorkload, { right: ["rightGSet"], changes: { hastyGSet: partitions } }),
  ...from(Counter, GCounterWorkload, {
    right: ["right", "rightSeqKv"],
    usual: Counter.usual,
    changes: Counter.needs
  }),
  ...from(Kafka, KafkaWorkload, { right: ["right", "brief", "sparse", "zeroes"], usual: Kafka.usual }),
  ...from(LinKv, LinKvWorkload, { usual: LinKv.usual, changes: LinKv.needs }),
  ...Txn.nodes
]
