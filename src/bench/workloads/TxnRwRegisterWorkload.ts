import { type RwRegisterOperation, RwRegisterTxn } from "../../schema/TxnProtocol.ts"
import type * as ConsistencyModel from "../transactions/ConsistencyModel.ts"
import * as Generator from "../transactions/Generator.ts"
import * as RwRegister from "../transactions/RwRegister.ts"
import { finalRead } from "../transactions/Transactions.ts"
import * as Workload from "../Workload.ts"

export interface Options extends Generator.Options {
  /** What the nodes promise. */
  readonly consistencyModels: ReadonlyArray<ConsistencyModel.ConsistencyModel>
}

export const defaults: Options = { ...Generator.defaults, consistencyModels: ["causal"] }

const txn = (f: string, operations: ReadonlyArray<RwRegisterOperation>) =>
  Workload.invocation({
    f,
    value: operations,
    rpc: RwRegisterTxn,
    request: { txn: operations },
    readOnly: operations.every(([f]) => f === "r"),
    result: ({ txn }) => txn
  })

export const make = (options: Partial<Options> = {}): Workload.Workload => {
  const settings = { ...defaults, ...options }
  return {
    name: "txn-rw-register",
    generator: (random) => {
      const next = Generator.make<RwRegisterOperation>(random, settings, {
        read: (key) => ["r", key, null],
        write: (key, value) => ["w", key, value]
      })
      return () => txn("txn", next())
    },
    final: (history) => Generator.portions(history).map((keys) => txn(finalRead, keys.map((key) => ["r", key, null]))),
    check: (history) => RwRegister.check(history, settings.consistencyModels)
  }
}

export const TxnRwRegisterWorkload: Workload.Workload = make()
