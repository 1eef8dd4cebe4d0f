/**
 * The bucket of JetStream in which a cluster keeps what its nodes ask bench services to keep: a stream with a subject for
 * each key, in one order that all of its followers see.
 *
 * It is on three servers where servers form a cluster, so that the loss of one loses nothing. Of each key it holds the last
 * {@link history} writes.
 */
import { type ConsumerMessages, DeliverPolicy, type JetStreamClient, type JsMsg } from "@nats-io/jetstream"
import { type KV, Kvm } from "@nats-io/kv"
import type { NatsConnection } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as JetStream from "./JetStream.ts"
import { NatsBus } from "./NatsBus.ts"

export const history = 64

/** No key of a store has this name, see `keyName` of NatsKvStore. What is written here says nothing. */
export const probe = "=open"

/** A write, as followers see it. */
export interface Write {
  readonly key: string
  /** Its place in the stream. */
  readonly revision: number
  readonly data: Uint8Array
}

export interface Bucket {
  readonly kv: KV
  /** Tells of all writes that the bucket holds, and of each one that comes, in their order, until the scope ends. */
  readonly follow: (onWrite: (write: Write) => void) => Effect.Effect<void, never, Scope.Scope>
}

/** A follower that hears nothing for twice so long, in ms, starts again where it stood. */
const heartbeat = 500

/** How long a server waits for writes to tell of before it is asked again, in ms. */
const expires = 10_000

/** Completes when the server that tells of writes is silent, or the connection to the servers was lost and is back. */
const silence = (messages: ConsumerMessages, connection: NatsConnection) => {
  const until = (statuses: AsyncIterable<{ readonly type: string }>, type: string) =>
    Effect.promise(async () => {
      for await (const status of statuses) if (status.type === type) return
    })
  return Effect.raceFirst(until(messages.status(), "heartbeats_missed"), until(connection.status(), "reconnect"))
}

/** Not left to the client, which waits for a server that is down, and what it held, to come back. */
const follow = (
  { client, connection, stream }: {
    readonly client: JetStreamClient
    readonly connection: NatsConnection
    readonly stream: string
  },
  onMessage: (message: JsMsg) => void
) => {
  let next = 1
  return Effect.acquireRelease(
    Effect.tryPromise(async () => {
      const consumer = await client.consumers.get(stream, {
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: next
      })
      return consumer.consume({
        idle_heartbeat: heartbeat,
        expires,
        callback: (message) => {
          next = Math.max(next, message.seq + 1)
          onMessage(message)
        }
      })
    }),
    (messages) => Effect.sync(() => messages.stop())
  ).pipe(
    Effect.flatMap((messages) => silence(messages, connection)),
    Effect.scoped,
    Effect.ignore,
    Effect.repeat(Schedule.spaced("100 millis"))
  )
}

/**
 * Opens the bucket of the cluster, and makes it where there is none. A leader without a majority may not know that yet, and
 * shows a bucket that takes no write: so one is tried.
 */
export const open = Effect.flatMap(
  NatsBus,
  ({ cluster, connection }) =>
    JetStream.use(async ({ copies, manager }): Promise<Bucket> => {
      const { timeout } = JetStream
      const kv = await new Kvm(manager.jetstream()).create(cluster, { history, replicas: copies, timeout })
      await kv.put(probe, new Uint8Array(), { timeout }).catch((error: Error) => {
        // JetStream has answered before, so it is only this stream that does not.
        throw error.name === "JetStreamNotEnabled" ? new JetStream.NoLeader("nobody leads the bucket") : error
      })
      const prefix = `$KV.${cluster}.`
      const client = manager.jetstream()
      return {
        kv,
        follow: (onWrite) =>
          follow({ client, connection, stream: `KV_${cluster}` }, ({ data, seq, subject }) =>
            onWrite({ key: subject.slice(prefix.length), revision: seq, data })).pipe(Effect.forkScoped, Effect.asVoid)
      }
    })
)
