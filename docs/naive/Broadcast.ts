/**
 * Broadcast as one writes it first: a node tells what is new to every other node, once.
 */
import * as Effect from "effect/Effect"
import { BroadcastProtocol } from "../../src/schema/BroadcastProtocol.ts"
import * as Json from "../../src/schema/Json.ts"
import * as Rpc from "../../src/schema/Rpc.ts"
import { Node } from "../../src/services/node/Node.ts"
import { Peers } from "../../src/services/node/Peers.ts"

const Tell = Rpc.make("tell", { request: { message: Json.Json } })

export const Broadcast = Effect.gen(function*() {
  const peers = yield* Peers
  const seen = new Map<string, Json.Json>()
  const add = (message: Json.Json) => Effect.sync(() => void seen.set(Json.canonical(message), message))

  yield* peers.handle([Tell] as const, { tell: ({ message }) => Effect.as(add(message), {}) })
  return yield* Node.serve(BroadcastProtocol, {
    topology: () => Effect.succeed({}),
    broadcast: ({ message }) =>
      add(message).pipe(
        Effect.andThen(Effect.forEach(peers.ids, (peer) => peers.send(peer, Tell, { message }), { discard: true })),
        Effect.as({})
      ),
    read: () => Effect.sync(() => ({ messages: [...seen.values()] }))
  })
})
