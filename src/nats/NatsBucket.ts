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

/** Opens the bucket of the cluster, and makes it where there is none. */
export const open = Effect.flatMap(
  NatsBus,
  ({ cluster }) =>
    JetStream.use(({ copies, manager }) =>
      new Kvm(manager.jetstream()).create(cluster, {
        history: 1,
        replicas: copies,
        allow_direct: false,
        timeout: JetStream.timeout
      })
    )
)
