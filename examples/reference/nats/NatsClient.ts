/**
 * A client of nodes that `gossip-girl up broadcast` runs: it needs `@nats-io/transport-node` beside this package.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { NatsBus } from "gossip-girl/nats/NatsBus"
import * as NatsClient from "gossip-girl/nats/NatsClient"
import { Address } from "gossip-girl/schema/Address"
import { Broadcast, Read } from "gossip-girl/schema/BroadcastProtocol"

const n1 = Address.make("n1")

/** A request is decoded and encoded by its protocol, and an error that a node answers is one of the effect. */
const all = Effect.gen(function*() {
  const client = yield* NatsClient.NatsClient
  yield* client.ask(n1, Broadcast, { message: 7 })
  const { messages } = yield* client.ask(n1, Read, {}, Duration.times(NatsClient.defaultTimeout, 2))
  return messages
})

/** The environment says where the servers are, and who one is: `NATS_URL`, `NATS_CLUSTER`, `NATS_USER` and the like. */
export const messages = Effect.provide(all, Layer.provide(NatsClient.NatsClient.layer, NatsBus.layer))
