/**
 * Transactions on lists, each of which executes as if it were alone.
 *
 * - Algorithm: all that a transaction appends to lists is one operation of a shared log, which every node executes; see
 *   SharedLog. The transaction is answered from the state just before its operation, and its own appends. A transaction
 *   that only reads is answered from a state that contains all that was in the log when it came.
 * - Guarantee: **strict serializable**, for the order of transactions is that of the log, and a transaction that only
 *   reads comes right after the last operation that it sees. The order agrees with real time: between request and
 *   answer, an operation gets its position, and a state is read. No anomaly remains. What the layer of SharedLog keeps,
 *   no kill can take.
 * - Errors: no transaction conflicts with another (error 30), since the log puts one after the other. A layer of
 *   SharedLog may refuse one (error 11). When the outcome of a transaction is unknown there is no answer; it may still
 *   execute, once.
 * - Cost: that of SharedLog; on lin-kv, when one transaction is under way at a time, at most 4 messages each, however
 *   long the lists are. Each node holds all lists in memory.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Json from "../schema/Json.ts"
import { type ListAppendOperation, TxnListAppendProtocol } from "../schema/TxnProtocol.ts"
import { SharedLog } from "../services/log/SharedLog.ts"
import { Node } from "../services/node/Node.ts"

const Appends = Schema.Array(Schema.Tuple([Json.Json, Json.Json]))
/** All lists: of each the canonical text of its key, and its elements. */
const Lists = Schema.Array(Schema.Tuple([Schema.String, Schema.Array(Json.Json)]))

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
