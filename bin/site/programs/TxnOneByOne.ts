/** Does the operations of a transaction one after the other, each by itself, in a store that all nodes share. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Json from "../../../src/schema/Json.ts"
import { type ListAppendOperation, TxnListAppendProtocol } from "../../../src/schema/TxnProtocol.ts"
import * as Key from "../../../src/services/kv/Key.ts"
import { LinKv } from "../../../src/services/kv/Kv.ts"
import { Node } from "../../../src/services/node/Node.ts"

const List = (key: Json.Json) => Key.make(`list ${Json.canonical(key)}`, Schema.Array(Json.Json))

export const TxnOneByOne = Effect.gen(function*() {
  const node = yield* Node
  const kv = yield* LinKv

  const perform = ([f, key, value]: ListAppendOperation) =>
    Effect.gen(function*() {
      const list = yield* kv.read(List(key)).pipe(
        Effect.catchTag("KeyDoesNotExist", () => Effect.succeed<ReadonlyArray<Json.Json>>([]))
      )
      if (f === "r") return ["r", key, list] as const
      yield* kv.write(List(key), [...list, value])
      return ["append", key, value] as const
    })

  yield* node.serve(TxnListAppendProtocol, {
    txn: ({ txn }) => Effect.map(Effect.forEach(txn, perform), (txn) => ({ txn }))
  })
})
