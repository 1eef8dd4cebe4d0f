/**
 * The bucket of JetStream in which a cluster keeps what its nodes ask bench services to keep.
 *
 * It is on three servers where servers form a cluster, so that the loss of one loses nothing. Its values are read from the
 * leader alone: a copy that lags would only cost another look.
 */
import { Kvm } from "@nats-io/kv"
import * as Effect from "effect/Effect"
import * as JetStream from "./JetStream.ts"
import { NatsBus } from "./NatsBus.ts"

/** No key of a store has this name, see `keyName` of NatsKvStore. */
const probe = "=open"

/**
 * Opens the bucket of the cluster, and makes it where there is none. A leader without a majority may not know that yet, and
 * shows a bucket that takes no write: so one is tried.
 */
export const open = Effect.flatMap(NatsBus, ({ cluster }) =>
  JetStream.use(async ({ copies, manager }) => {
    const { timeout } = JetStream
    const kv = await new Kvm(manager.jetstream()).create(cluster, {
      history: 1,
      replicas: copies,
      allow_direct: false,
      timeout
    })
    await kv.put(probe, new Uint8Array(), { timeout })
    return kv
  }))
