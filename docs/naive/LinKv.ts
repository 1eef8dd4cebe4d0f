/**
 * A key-value store as one writes it first: a node answers from its own copy, and tells each write to the others.
 */
import * as Effect from "effect/Effect"
import * as Json from "../../src/schema/Json.ts"
import { KvProtocol } from "../../src/schema/KvProtocol.ts"
import * as ProtocolError from "../../src/schema/ProtocolError.ts"
import * as Rpc from "../../src/schema/Rpc.ts"
import { Node } from "../../src/services/node/Node.ts"
import { Peers } from "../../src/services/node/Peers.ts"

const Tell = Rpc.make("tell", { request: { key: Json.Json, value: Json.Json } })

export const LinKv = Effect.gen(function*() {
  const peers = yield* Peers
  const values = new Map<string, Json.Json>()

  const set = ({ key, value }: Rpc.Request<typeof Tell>) =>
    Effect.sync(() => {
      values.set(Json.canonical(key), value)
      return {}
    })
  const write = (told: Rpc.Request<typeof Tell>) =>
    set(told).pipe(
      Effect.andThen(Effect.forEach(peers.ids, (peer) => peers.send(peer, Tell, told), { discard: true })),
      Effect.as({})
    )
  const read = (key: Json.Json) =>
    Effect.suspend(() => {
      const value = values.get(Json.canonical(key))
      return value === undefined
        ? Effect.fail(new ProtocolError.KeyDoesNotExist({ text: "there is no such key" }))
        : Effect.succeed(value)
    })

  yield* peers.handle([Tell] as const, { tell: set })
  return yield* Node.serve(KvProtocol, {
    read: ({ key }) => Effect.map(read(key), (value) => ({ value })),
    write,
    cas: ({ from, key, to }) =>
      Effect.flatMap(read(key), (value) =>
        from !== undefined && Json.equals(value, from)
          ? write({ key, value: to })
          : Effect.fail(new ProtocolError.PreconditionFailed({ text: "it has another value" })))
  })
})
