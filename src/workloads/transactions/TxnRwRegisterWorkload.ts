/**
 * Clients send transactions that read and write registers: what they read must fit the consistency models that nodes promise.
 */
import { type RwRegisterOperation, RwRegisterTxn } from "../../schema/TxnProtocol.ts"
import * as Workload from "../Workload.ts"
import * as ConsistencyModel from "./ConsistencyModel.ts"
import * as Generator from "./Generator.ts"
import * as RwRegisterChecker from "./RwRegisterChecker.ts"
import { finalRead } from "./Transactions.ts"

const txn = (f: string, operations: ReadonlyArray<RwRegisterOperation>) =>
  Workload.invocation({
    f,
    value: operations,
    rpc: RwRegisterTxn,
    request: { txn: operations },
    readOnly: operations.every(([f]) => f === "r"),
    result: ({ txn }) => txn
  })

/**
 * Transactions of reads and writes. What nodes promise is causal consistency if nothing else is said, the most that can
 * be promised by nodes that answer in every partition. Maelstrom takes strict serializability for granted, and so does the
 * bench by its rules.
 */
export const TxnRwRegisterWorkload = Workload.configurable("txn-rw-register", {
  ...Generator.settings,
  consistencyModels: ConsistencyModel.setting("causal"),
  durable: Workload.durable
}, (settings) => ({
  asInMaelstrom: { consistencyModels: ["strict-serializable"] },
  generator: (random) => {
    const next = Generator.make<RwRegisterOperation>(random, settings, {
      read: (key) => ["r", key, null],
      write: (key, value) => ["w", key, value]
    })
    return () => txn("txn", next())
  },
  byHand: [
    Workload.handmade(
      RwRegisterTxn,
      (number) => ({ txn: [["r", 0, null], ["w", 0, Workload.unused(number)]] }),
      (request) => txn("txn", request.txn)
    )
  ],
  final: (history) => Generator.portions(history).map((keys) => txn(finalRead, keys.map((key) => ["r", key, null]))),
  check: (history) =>
    RwRegisterChecker.check(history, settings.consistencyModels, settings.durable ? "durable" : "volatile")
}))
