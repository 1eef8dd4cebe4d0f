/**
 * The queue between a campaign and the workers that make its runs: a stream of JetStream, which removes a message when
 * it is acknowledged.
 *
 * - **Work** is a range of seeds. A worker that has taken a range tells the server so every {@link workingEvery} ms.
 *   When a worker is silent for {@link ackWait} ms, the server gives the range to another one. The campaign publishes a
 *   range under its first seed, so a range that is published twice is in the queue once.
 * - **Answers** go back on a subject of the campaign. Two workers may make the same range, one that was slow and the
 *   one that took its place. A run is a function of its seed, so the campaign takes whichever answer comes first.
 * - **One build.** Only the same build makes the same runs, so each build has a subject of its own for work.
 */
import { AckPolicy, type Consumer, type JetStreamClient, RetentionPolicy } from "@nats-io/jetstream"
import { nanos } from "@nats-io/transport-node"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { deflateSync, inflateSync } from "node:zlib"
import * as JetStream from "../../src/nats/JetStream.ts"
import { NatsBus } from "../../src/nats/NatsBus.ts"
import * as Registry from "../../src/registry/Registry.ts"
import * as Options from "../../src/simulator/Options.ts"
import * as Threads from "../cli/Threads.ts"
import * as Usage from "../cli/Usage.ts"

/** When a worker has been silent for so long, in ms, the server gives its range to another one. */
export const ackWait = 5000
export const workingEvery = 1000

/**
 * When so many workers have taken a range and none has answered, the range is taken to kill its workers, and is given
 * up.
 */
export const mostDeliveries = 10

/** How long the server keeps what nobody fetches, in ms; and what it knows of workers of a build that nobody uses. */
const keptFor = 24 * 3_600_000

/** How long the server keeps answers for a campaign that is cut off, in ms. */
const campaignKeptFor = 3_600_000

/** Which seeds to run, of which world. */
export const Work = Schema.Struct({
  campaign: Schema.String,
  workload: Schema.Literals(Registry.workloadNames),
  program: Schema.String,
  source: Schema.optionalKey(Schema.String),
  options: Options.Options,
  from: Schema.Int,
  count: Schema.Int
})
export interface Work extends Schema.Schema.Type<typeof Work> {}

/** The runs of some of the seeds of a range. */
const Answer = Schema.Struct({
  worker: Schema.String,
  runs: Schema.Array(Schema.Union([Threads.Done, Schema.Struct({ seed: Schema.Int, died: Schema.String })]))
})
export interface Answer extends Schema.Schema.Type<typeof Answer> {}

/** Said of a message that is neither work nor an answer. */
export class Malformed extends Data.TaggedError("Malformed")<{ readonly message: string }> {}

/** JSON, compressed: findings against a run may be long, and servers take 1 MiB in one message. */
const codec = <T, E>(schema: Schema.Codec<T, E>) => {
  const json = Schema.fromJsonString(schema)
  const encode = Schema.encodeSync(json)
  const decode = Schema.decodeUnknownEffect(json)
  return {
    encode: (value: T): Uint8Array => deflateSync(encode(value)),
    decode: (bytes: Uint8Array) =>
      Effect.try({ try: () => inflateSync(bytes).toString(), catch: String }).pipe(
        Effect.flatMap(decode),
        Effect.mapError((error) => new Malformed({ message: String(error) }))
      )
  }
}
export const work = codec(Work)
export const answer = codec(Answer)

/**
 * The name of a build. Workers of another build would make other runs; so may workers on another major version of Node.
 */
const build = (): string => {
  const hash = createHash("sha256").update(readFileSync(Usage.script)).digest("hex").slice(0, 16)
  return `${hash}-node${process.versions.node.split(".")[0]}`
}

export interface WorkQueue {
  readonly build: string
  readonly jetStream: JetStreamClient
  /** Where the work of a campaign is published. */
  readonly workSubject: (campaign: string) => string
  /** Hands work to workers of this build. */
  readonly workers: Consumer
  readonly doneSubject: (campaign: string) => string
  /** Hands out the answers for a campaign. */
  readonly doneFor: (campaign: string) => Promise<Consumer>
  /** Removes what is left of a campaign. */
  readonly forget: (campaign: string) => Promise<unknown>
}

/** Opens the queue of the cluster, and makes it where there is none. */
export const open = Effect.gen(function*() {
  const { cluster } = yield* NatsBus
  const name = `${cluster}-campaigns`
  const own = build()
  const workSubject = (campaign: string): string => `${name}.work.${own}.${campaign}`
  const doneSubject = (campaign: string): string => `${name}.done.${campaign}`
  return yield* JetStream.use(async ({ copies, manager }) => {
    await manager.streams.add({
      name,
      subjects: [`${name}.work.*.*`, `${name}.done.*`],
      retention: RetentionPolicy.Workqueue,
      num_replicas: copies,
      max_age: nanos(keptFor)
    })
    const consumer = async (durable: string, filter: string, idle: number): Promise<Consumer> => {
      await manager.consumers.add(name, {
        durable_name: durable,
        filter_subject: filter,
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(ackWait),
        max_ack_pending: 10_000,
        max_waiting: 10_000,
        inactive_threshold: nanos(idle)
      })
      return manager.jetstream().consumers.get(name, durable)
    }
    return {
      build: own,
      jetStream: manager.jetstream(),
      workSubject,
      workers: await consumer(`workers-${own}`, workSubject("*"), keptFor),
      doneSubject,
      doneFor: (campaign) => consumer(campaign, doneSubject(campaign), campaignKeptFor),
      forget: async (campaign) => {
        await manager.streams.purge(name, { filter: workSubject(campaign) })
        await manager.streams.purge(name, { filter: doneSubject(campaign) })
        return manager.consumers.delete(name, campaign)
      }
    } satisfies WorkQueue as WorkQueue
  })
})
