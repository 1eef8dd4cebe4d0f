/**
 * The way to NATS servers, of which the environment tells: `NATS_URL`, `NATS_CLUSTER` and the credentials.
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as NatsBus from "gossip-girl/nats/NatsBus"

/** Where a cluster is, without a connection. */
export const where = Effect.gen(function*() {
  return `${yield* NatsBus.clusterName} on ${yield* NatsBus.url}`
})

/** Without a server, or with wrong credentials, the error says in a line what to do. */
export const reached = Effect.gen(function*() {
  const { cluster, isConnected } = yield* NatsBus.NatsBus
  yield* Console.log(`${cluster} is ${isConnected() ? "reached" : "away"}`)
}).pipe(
  Effect.provide(NatsBus.NatsBus.layer),
  Effect.catchIf((error) => error instanceof NatsBus.NatsUnavailable, ({ message }) => Console.error(message))
)
