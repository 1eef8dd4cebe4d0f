/** The first node decides; the others hear of it, and answer reads from their copies. */
import * as Effect from "effect/Effect"
import type { NodeId } from "../../../src/schema/Address.ts"
import * as Json from "../../../src/schema/Json.ts"
import { Cas, KvProtocol, Write } from "../../../src/schema/KvProtocol.ts"
import * as ProtocolError from "../../../src/schema/ProtocolError.ts"
import * as Rpc from "../../../src/schema/Rpc.ts"
import { Node } from "../../../src/services/node/Node.ts"
import { Peers } from "../../../src/services/node/Peers.ts"

const Now = Rpc.make("now", { request: { key: Json.Json, value: Json.Json } })

export const LinKvCopies = Effect.gen(function*() {
  const node = yield* Node
  const peers = yield* Peers
  const leader: NodeId = peers.members[0]!
  const values = new Map<string, Json.Json>()

  const set = (key: Json.Json, value: Json.Json) => {
    values.set(Json.canonical(key), value)
    return Effect.as(Effect.forEach(peers.ids, (peer) => peers.send(peer, Now, { key, value })), {})
  }

  yield* peers.handle([Now], {
    now: ({ key, value }) => Effect.sync(() => (values.set(Json.canonical(key), value), {}))
  })
  yield* node.serve(KvProtocol, {
    read: ({ key }) =>
      Effect.suspend(() => {
        const value = values.get(Json.canonical(key))
        return value === undefined
          ? Effect.fail(new ProtocolError.KeyDoesNotExist({ text: "no such key" }))
          : Effect.succeed({ value })
      }),
    write: (request) => node.id === leader ? set(request.key, request.value) : node.ask(leader, Write, request),
    cas: (request) =>
      Effect.suspend(() => {
        if (node.id !== leader) return node.ask(leader, Cas, request)
        const value = values.get(Json.canonical(request.key))
        if (value === undefined) {
          return Effect.fail(new ProtocolError.KeyDoesNotExist({ text: "no such key" }))
        }
        return Json.equals(value, request.from)
          ? set(request.key, request.to)
          : Effect.fail(new ProtocolError.PreconditionFailed({ text: "it holds another value" }))
      })
  })
})
