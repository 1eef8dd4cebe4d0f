/**
 * Transactions on lists, each as if it were alone.
 *
 * - Algorithm: what a transaction appends is one entry of a log that all nodes share; see SharedLog. Every node applies
 *   the entries in the order of the log. A transaction is answered from the state before its entry, and its own appends.
 *   One that only reads is answered from a state that has all that was in the log when it came.
 * - Guarantee: **strict serializable**, and durable, as long as lin-kv is. The order is that of the log, and a
 *   transaction that only reads comes after the last entry that it sees. It agrees with real time: an entry gets its
 *   place, and a state is looked up, between request and answer. No anomaly remains.
 * - Errors: none. A transaction that loses to another is tried again, in the same place where it would have been
 *   answered, so nobody is told of a conflict (error 30). When its outcome is not known in time there is no answer, and
 *   the client cannot know either; it may still happen, once. A node that is cut off from the others goes on by itself.
 * - Cost: that of SharedLog, in a cluster at rest at most 4 messages a transaction, however large the lists are. In memory
 *   everything.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Json from "../schema/Json.ts"
import { type ListAppendOperation, TxnListAppendProtocol } from "../schema/TxnProtocol.ts"
import { SharedLog } from "../services/log/SharedLog.ts"
import { Node } from "../services/node/Node.ts"

const Appends = Schema.Array(Schema.Tuple([Json.Json, Json.Json]))
const Lists = Schema.Array(Schema.Tuple([Schema.String, Schema.Array(Json.Json)])) // by the canonical text of their key

export const TxnListAppend = Effect.gen(function*() {
  const lists = new Map<string, Array<Json.Json>>()
  const sharedLog = yield* SharedLog
  const log = yield* sharedLog.join({
    operation: Appends,
    execute: (appends) => {
      for (const [key, element] of appends) {
        const name = Json.canonical(key)
        const list = lists.get(name)
        if (list === undefined) lists.set(name, [element])
        else list.push(element)
      }
    },
    state: Lists,
    snapshot: () => [...lists],
    restore: (state) => {
      lists.clear()
      for (const [name, list] of state) lists.set(name, [...list])
    }
  })

  const answer = (txn: ReadonlyArray<ListAppendOperation>) => () => {
    const own = new Map<string, Array<Json.Json>>()
    return txn.map((operation): ListAppendOperation => {
      const [f, key, element] = operation
      const name = Json.canonical(key)
      if (f === "append") {
        own.set(name, [...own.get(name) ?? [], element])
        return operation
      }
      const list = [...lists.get(name) ?? [], ...own.get(name) ?? []]
      return [f, key, list.length === 0 ? null : list]
    })
  }

  return yield* Node.serve(TxnListAppendProtocol, {
    txn: ({ txn }) => {
      const appends = txn.flatMap(([f, key, element]) => f === "append" ? [[key, element] as const] : [])
      const answered = appends.length === 0 ? log.read(answer(txn)) : log.append(appends, answer(txn))
      return Effect.map(answered, (txn) => ({ txn }))
    }
  })
})
