import { type ListAppendOperation, ListAppendTxn } from "../../schema/TxnProtocol.ts"
import type * as ConsistencyModel from "../transactions/ConsistencyModel.ts"
import * as Generator from "../transactions/Generator.ts"
import * as ListAppend from "../transactions/ListAppend.ts"
import { finalRead } from "../transactions/Transactions.ts"
import * as Workload from "../Workload.ts"

export interface Options extends Generator.Options {
  /** What the nodes promise. */
  readonly consistencyModels: ReadonlyArray<ConsistencyModel.ConsistencyModel>
}

export const defaults: Options = { ...Generator.defaults, consistencyModels: ["strict-serializable"] }

const txn = (f: string, operations: ReadonlyArray<ListAppendOperation>) =>
  Workload.invocation({
    f,
    value: operations,
    rpc: ListAppendTxn,
    request: { txn: operations },
    readOnly: operations.every(([f]) => f === "r"),
    result: ({ txn }) => txn
  })

export const make = (options: Partial<Options> = {}): Workload.Workload => {
  const settings = { ...defaults, ...options }
  return {
    name: "txn-list-append",
    generator: (random) => {
      const next = Generator.make<ListAppendOperation>(random, settings, {
        read: (key) => ["r", key, null],
        write: (key, value) => ["append", key, value]
      })
      return () => txn("txn", next())
    },
    final: (history) => Generator.portions(history).map((keys) => txn(finalRead, keys.map((key) => ["r", key, null]))),
    check: (history) => ListAppend.check(history, settings.consistencyModels)
  }
}

export const TxnListAppendWorkload: Workload.Workload = make()
