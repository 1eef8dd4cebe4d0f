/**
 * Clients send transactions that read lists and append to them: what they read must fit the consistency models that nodes promise.
 */
import { type ListAppendOperation, ListAppendTxn } from "../../schema/TxnProtocol.ts"
import * as Workload from "../Workload.ts"
import * as ConsistencyModel from "./ConsistencyModel.ts"
import * as Generator from "./Generator.ts"
import * as ListAppendChecker from "./ListAppendChecker.ts"
import { finalRead } from "./Transactions.ts"

const txn = (f: string, operations: ReadonlyArray<ListAppendOperation>) =>
  Workload.invocation({
    f,
    value: operations,
    rpc: ListAppendTxn,
    request: { txn: operations },
    readOnly: operations.every(([f]) => f === "r"),
    result: ({ txn }) => txn
  })

/** Transactions of reads and appends. As in Maelstrom, nodes promise strict serializability if nothing else is said. */
export const TxnListAppendWorkload = Workload.configurable("txn-list-append", {
  ...Generator.settings,
  consistencyModels: ConsistencyModel.setting("strict-serializable")
}, (settings) => ({
  generator: (random) => {
    const next = Generator.make<ListAppendOperation>(random, settings, {
      read: (key) => ["r", key, null],
      write: (key, value) => ["append", key, value]
    })
    return () => txn("txn", next())
  },
  byHand: [
    Workload.handmade(
      ListAppendTxn,
      (number) => ({ txn: [["r", 0, null], ["append", 0, Workload.unused(number)]] }),
      (request) => txn("txn", request.txn)
    )
  ],
  final: (history) => Generator.portions(history).map((keys) => txn(finalRead, keys.map((key) => ["r", key, null]))),
  check: (history) => ListAppendChecker.check(history, settings.consistencyModels)
}))
