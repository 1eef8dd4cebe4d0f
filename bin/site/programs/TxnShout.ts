/** Every node keeps all registers, and shouts each write to the others as it happens. */
import * as Effect from "effect/Effect"
import { Json } from "../../../src/schema/Json.ts"
import * as JsonValue from "../../../src/schema/Json.ts"
import * as Rpc from "../../../src/schema/Rpc.ts"
import { type RwRegisterOperation, TxnRwRegisterProtocol } from "../../../src/schema/TxnProtocol.ts"
import { Node } from "../../../src/services/node/Node.ts"
import { Peers } from "../../../src/services/node/Peers.ts"

const Wrote = Rpc.make("wrote", { request: { key: Json, value: Json } })

export const TxnShout = Effect.gen(function*() {
  const node = yield* Node
  const peers = yield* Peers
  const registers = new Map<string, JsonValue.Json>()

  const perform = ([f, key, value]: RwRegisterOperation) =>
    Effect.gen(function*() {
      const name = JsonValue.canonical(key)
      if (f === "r") return ["r", key, registers.get(name) ?? null] as const
      registers.set(name, value)
      yield* Effect.forEach(peers.ids, (peer) => peers.send(peer, Wrote, { key, value }))
      return ["w", key, value] as const
    })

  yield* peers.handle([Wrote], {
    wrote: ({ key, value }) => Effect.sync(() => (registers.set(JsonValue.canonical(key), value), {}))
  })
  yield* node.serve(TxnRwRegisterProtocol, {
    txn: ({ txn }) => Effect.map(Effect.forEach(txn, perform), (txn) => ({ txn }))
  })
})
