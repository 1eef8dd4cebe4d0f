/**
 * The queue between a campaign and the workers that make its runs: one stream of JetStream, from which a message goes when
 * it is acknowledged.
 *
 * - **Work** is a range of seeds. Who takes one keeps it by saying so every {@link workingEvery} ms; of a worker that is
 *   silent for {@link ackWait} ms the server gives it to another one. The campaign publishes it under its range, so a range
 *   that is published twice stands in the queue once.
 * - **What is done** goes back on a subject of the campaign. A range may be made twice, by a worker that was slow and by
 *   the one that was taken for its successor: a run is a function of its seed, so whichever is heard first will do.
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

/** After so long without a word from its worker, in ms, a range is given to another one. */
export const ackWait = 5000
export const workingEvery = 1000

/** A range that so many workers have taken, and none has ended, takes its workers with it. */
export const mostDeliveries = 10

/** What nobody fetches is forgotten after a day, in ms; so is what is known of workers of a build that is in no use. */
const keptFor = 24 * 3_600_000

/** How long a campaign that is cut off may find again what was done for it, in ms. */
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

/** What came of some of the seeds of a range. */
const Answer = Schema.Struct({
  worker: Schema.String,
  runs: Schema.Array(Schema.Union([Threads.Done, Schema.Struct({ seed: Schema.Int, died: Schema.String })]))
})
export interface Answer extends Schema.Schema.Type<typeof Answer> {}

/** What came over the bus and is none of this. */
export class Malformed extends Data.TaggedError("Malformed")<{ readonly message: string }> {}

/** JSON on the bus, compressed: what is found against a run may be long, and servers take 1 MiB at a time. */
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

/** By what a build is known: workers of another one would make other runs. So may those on another major version of Node. */
const build = (): string => {
  const hash = createHash("sha256").update(readFileSync(Usage.script)).digest("hex").slice(0, 16)
  return `${hash}-node${process.versions.node.split(".")[0]}`
}

export interface WorkQueue {
  readonly build: string
  readonly jetStream: JetStreamClient
  /** Where the work of a campaign is published. */
  readonly workSubject: (campaign: string) => string
  /** Gives workers of this build their work. */
  readonly workers: Consumer
  readonly doneSubject: (campaign: string) => string
  /** Takes what is done for a campaign. */
  readonly doneFor: (campaign: string) => Promise<Consumer>
  /** Takes away what is left of a campaign. */
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
