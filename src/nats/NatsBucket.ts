/**
 * The bucket of JetStream in which a cluster keeps what its nodes ask bench services to keep: a stream with a subject
 * for each key. All that follow it see the same writes in the same order.
 *
 * Where servers form a cluster the bucket is on three of them, so that the loss of one server loses nothing. It holds
 * the last {@link history} writes of each key.
 */
import {
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamClient,
  type JsMsg
} from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import type { NatsConnection } from "@nats-io/transport-node"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { MessageId } from "../schema/MessageId.ts"
import * as BucketWriter from "./BucketWriter.ts"
import * as JetStream from "./JetStream.ts"
import { NatsBus } from "./NatsBus.ts"

export const history = 64

/** A name that no key of a store has, see `keyName` of NatsKvStore. What is written under it means nothing. */
export const probe = "=open"

/** A write, as followers see it. */
export interface Write {
  readonly key: string
  /** The place of the write in the stream. */
  readonly revision: number
  readonly data: Uint8Array
}

export interface Bucket {
  /** Tells the outcome of each of its writes. It lasts until the scope ends. */
  readonly writer: (
    onOutcome: (id: MessageId, outcome: BucketWriter.Outcome) => void
  ) => Effect.Effect<BucketWriter.BucketWriter, never, Scope.Scope>
  /**
   * Calls back with all writes that the bucket holds, and with each later one, in their order, until the scope ends.
   */
  readonly follow: (onWrite: (write: Write) => void) => Effect.Effect<void, never, Scope.Scope>
}

/** A follower that hears nothing for twice so long, in ms, asks again from where it stood. */
const heartbeat = 500

/** How many writes a server tells of before it is asked again. */
const batch = 1000

/** How long a server waits for writes to send before it has to be asked again, in ms. */
const expires = 10_000

/**
 * Completes when the server that sends writes falls silent, or when the connection to the servers was lost and is back.
 */
const silence = (messages: ConsumerMessages, connection: NatsConnection) => {
  const until = (statuses: AsyncIterable<{ readonly type: string }>, type: string) =>
    Effect.promise(async () => {
      for await (const status of statuses) if (status.type === type) return
    })
  return Effect.raceFirst(until(messages.status(), "heartbeats_missed"), until(connection.status(), "reconnect"))
}

interface Source {
  readonly client: JetStreamClient
  readonly connection: NatsConnection
  readonly stream: string
}

/**
 * Lets a server send the writes from a place in the stream on. NATS takes any server that holds the stream. It is asked
 * until it takes the one that this client is connected to: a write comes from there sooner, and no other server that
 * goes away makes the follower wait.
 */
const consumerFrom = async (
  { client, connection, stream }: Source,
  place: number,
  tries = 10
): Promise<Consumer> => {
  const consumer = await client.consumers.get(stream, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: place
  })
  const { cluster } = await consumer.info(true)
  const isNear = cluster?.leader === undefined || cluster.leader === connection.info?.server_name
  if (isNear || tries === 1) return consumer
  await consumer.delete()
  return consumerFrom({ client, connection, stream }, place, tries - 1)
}

/**
 * Follows the stream, and begins again where it stood whenever that ends. The client of NATS would instead wait for a
 * server that is down to come back.
 */
const follow = (source: Source, onMessage: (message: JsMsg) => void) => {
  let next = 1
  return Effect.acquireRelease(
    Effect.tryPromise(async () => {
      const consumer = await consumerFrom(source, next)
      return consumer.consume({
        idle_heartbeat: heartbeat,
        max_messages: batch,
        expires,
        callback: (message) => {
          next = Math.max(next, message.seq + 1)
          onMessage(message)
        }
      })
    }),
    (messages) => Effect.sync(() => messages.stop())
  ).pipe(
    Effect.flatMap((messages) => silence(messages, source.connection)),
    Effect.scoped,
    Effect.ignore,
    Effect.repeat(Schedule.spaced("100 millis"))
  )
}

/**
 * Opens the bucket of the cluster, and makes it where there is none. It also tries a write: a leader that has lost its
 * majority, and does not know it yet, shows a bucket that takes no write.
 */
export const open = Effect.flatMap(
  NatsBus,
  ({ cluster, connection }) =>
    JetStream.use(async ({ copies, manager }): Promise<Bucket> => {
      const { timeout } = JetStream
      const kv = await new Kvm(manager.jetstream()).create(cluster, { history, replicas: copies, timeout })
      await kv.put(probe, new Uint8Array(), { timeout }).catch((error: Error) => {
        // JetStream has just answered, so only this stream does not.
        throw error.name === "JetStreamNotEnabled" ? new JetStream.NoLeader("nobody leads the bucket") : error
      })
      const prefix = `$KV.${cluster}.`
      const client = manager.jetstream()
      return {
        writer: (onOutcome) => BucketWriter.make(connection, prefix, onOutcome),
        follow: (onWrite) =>
          follow({ client, connection, stream: `KV_${cluster}` }, ({ data, seq, subject }) =>
            onWrite({ key: subject.slice(prefix.length), revision: seq, data })).pipe(Effect.forkScoped, Effect.asVoid)
      }
    })
)

/** One of the servers that hold the bucket does not answer, or lacks a part of it. */
export class Incomplete extends Data.TaggedError("Incomplete") {}

/** Succeeds when every server that holds the bucket has all of it: if one is lost now, the others go on. */
export const whole = Effect.flatMap(
  NatsBus,
  ({ cluster }) => JetStream.use(({ manager }) => manager.streams.info(`KV_${cluster}`))
).pipe(
  Effect.flatMap(({ cluster }) =>
    cluster?.replicas?.every(({ current, offline }) => current && offline !== true) === false
      ? Effect.fail(new Incomplete())
      : Effect.void
  )
)
