/**
 * Challenge 6: transactions of micro-operations on registers, or on lists. The reply is the request with its reads filled
 * in.
 */
import * as Schema from "effect/Schema"
import { Json } from "./Json.ts"
import * as Rpc from "./Rpc.ts"

/** Of registers, what is read is the value, `null` if there never was one. */
const ReadRegister = Schema.Tuple([Schema.Literal("r"), Json, Json])
const Write = Schema.Tuple([Schema.Literal("w"), Json, Json])

/** Of lists, what is read is all that was appended, `null` if that is nothing. */
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
