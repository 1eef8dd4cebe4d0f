/**
 * Challenge 6: transactions of operations on registers, or on lists. The reply has the operations of the request, with
 * what they have read filled in.
 */
import * as Schema from "effect/Schema"
import { Json } from "./Json.ts"
import * as Rpc from "./Rpc.ts"

/** A read of a register gets its value, or `null` if it was never written. */
const ReadRegister = Schema.Tuple([Schema.Literal("r"), Json, Json])
const Write = Schema.Tuple([Schema.Literal("w"), Json, Json])

/** A read of a list gets all that was appended to it, or `null` if that is nothing. */
const ReadList = Schema.Tuple([Schema.Literal("r"), Json, Schema.NullOr(Schema.Array(Json))])
const Append = Schema.Tuple([Schema.Literal("append"), Json, Json])

export const RwRegisterOperation = Schema.Union([ReadRegister, Write])
export type RwRegisterOperation = typeof RwRegisterOperation.Type

export const ListAppendOperation = Schema.Union([ReadList, Append])
export type ListAppendOperation = typeof ListAppendOperation.Type

const txn = <A>(operation: Schema.Codec<A, unknown>) => {
  const txn = Schema.Array(operation)
  return Rpc.make("txn", { request: { txn }, reply: { txn } })
}

export const RwRegisterTxn = txn(RwRegisterOperation)
export const ListAppendTxn = txn(ListAppendOperation)

export const TxnRwRegisterProtocol = [RwRegisterTxn] as const
export const TxnListAppendProtocol = [ListAppendTxn] as const
