/**
 * What the checkers of all workloads can find, but for that of transactions: see ConsistencyModel.
 */
import * as CounterChecker from "../workloads/counter/CounterChecker.ts"
import * as EchoWorkload from "../workloads/echo/EchoWorkload.ts"
import type { Kinds } from "../workloads/finding/Kinds.ts"
import * as SetChecker from "../workloads/g-set/SetChecker.ts"
import * as KafkaChecker from "../workloads/kafka/KafkaChecker.ts"
import * as LinKvChecker from "../workloads/lin-kv/LinKvChecker.ts"
import * as UniqueIdsWorkload from "../workloads/unique-ids/UniqueIdsWorkload.ts"

export const checkers: ReadonlyArray<Kinds<never>> = [
  EchoWorkload.kinds,
  UniqueIdsWorkload.kinds,
  SetChecker.kinds,
  CounterChecker.kinds,
  KafkaChecker.kinds,
  LinKvChecker.kinds
]
