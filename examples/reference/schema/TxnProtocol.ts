import * as Schema from "effect/Schema"
import {
  ListAppendOperation,
  ListAppendTxn,
  RwRegisterOperation,
  RwRegisterTxn,
  TxnListAppendProtocol,
  TxnRwRegisterProtocol
} from "gossip-girl/schema/TxnProtocol"

const registers: ReadonlyArray<RwRegisterOperation> = [["r", 1, null], ["w", 1, 6]] // read 1, then write 6 to it
const lists: ReadonlyArray<ListAppendOperation> = [["append", 1, 6], ["r", 1, null]]
console.log(RwRegisterTxn.encodeRequest({ txn: registers }), ListAppendTxn.encodeRequest({ txn: lists }))
console.log(Schema.is(RwRegisterOperation)(lists[0]), Schema.is(ListAppendOperation)(lists[0])) // false, true
console.log(TxnRwRegisterProtocol[0].type, TxnListAppendProtocol[0].type) // txn, txn
