/**
 * Broadcast as one writes it first: a node tells each value that is new to it to every other node, until that has
 * acknowledged it. What nodes say to each other is `tell {message}`, so a node in any language can take part.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { BroadcastProtocol } from "gossip-girl/schema/BroadcastProtocol"
import * as Json from "gossip-girl/schema/Json"
import * as Rpc from "gossip-girl/schema/Rpc"
import { Node } from "gossip-girl/services/Node"
import { Peers } from "gossip-girl/services/Peers"
import { Timers } from "gossip-girl/services/Timers"

const Tell = Rpc.make("tell", { request: { message: Json.Json } })

export const Broadcast = Effect.gen(function*() {
  const peers = yield* Peers
  const timers = yield* Timers
  const seen = new Map<string, Json.Json>()

  const add = (message: Json.Json): boolean => {
    const isNew = !seen.has(Json.canonical(message))
    seen.set(Json.canonical(message), message)
    return isNew
  }
  const tell = (message: Json.Json) => (peer: typeof peers.self) =>
    timers.after(0, peers.ask(peer, Tell, { message }).pipe(Effect.retry(Schedule.spaced("100 millis")), Effect.ignore))

  yield* peers.handle([Tell] as const, { tell: ({ message }) => Effect.as(Effect.sync(() => add(message)), {}) })

  return yield* Node.serve(BroadcastProtocol, {
    topology: () => Effect.succeed({}),
    broadcast: ({ message }) =>
      Effect.suspend(() => add(message) ? Effect.forEach(peers.ids, tell(message), { discard: true }) : Effect.void)
        .pipe(
          Effect.as({})
        ),
    read: () => Effect.sync(() => ({ messages: [...seen.values()] }))
  })
})
