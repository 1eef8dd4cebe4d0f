/**
 * Transactions as one writes them first: a node executes them one operation after the other, and tells each write to the
 * others as soon as it is made.
 */
import * as Effect from "effect/Effect"
import * as Json from "../../src/schema/Json.ts"
import * as Rpc from "../../src/schema/Rpc.ts"
import { type RwRegisterOperation, TxnRwRegisterProtocol } from "../../src/schema/TxnProtocol.ts"
import { Node } from "../../src/services/node/Node.ts"
import { Peers } from "../../src/services/node/Peers.ts"

const Tell = Rpc.make("tell", { request: { key: Json.Json, value: Json.Json } })

export const TxnRwRegister = Effect.gen(function*() {
  const peers = yield* Peers
  const registers = new Map<string, Json.Json>()
  const set = ({ key, value }: Rpc.Request<typeof Tell>) =>
    Effect.sync(() => {
      registers.set(Json.canonical(key), value)
      return {}
    })

  const execute = Effect.fnUntraced(function*([f, key, value]: RwRegisterOperation) {
    if (f === "r") return [f, key, registers.get(Json.canonical(key)) ?? null] satisfies RwRegisterOperation
    yield* set({ key, value })
    yield* Effect.forEach(peers.ids, (peer) => peers.send(peer, Tell, { key, value }), { discard: true })
    return [f, key, value] satisfies RwRegisterOperation
  })

  yield* peers.handle([Tell] as const, { tell: set })
  return yield* Node.serve(TxnRwRegisterProtocol, {
    txn: ({ txn }) => Effect.map(Effect.forEach(txn, execute), (txn) => ({ txn }))
  })
})
