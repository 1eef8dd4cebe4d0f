/**
 * The bucket of JetStream in which a cluster keeps what its nodes ask bench services to keep.
 *
 * It is on three servers where servers form a cluster, so that the loss of one loses nothing. Its values are read from the
 * leader alone: a copy that lags would only cost another look.
 */
import { JetStreamApiError, jetstreamManager } from "@nats-io/jetstream"
import { type KV, Kvm } from "@nats-io/kv"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { NatsBus } from "./NatsBus.ts"
import * as NatsDurability from "./NatsDurability.ts"

/**
 * Why there is no bucket.
 *
 * - `no JetStream`: the server runs without it, or this account may not use it.
 * - `no majority`: so many servers are gone that the others can decide nothing.
 * - `too few servers`: there are not as many as the bucket shall have copies.
 * - `too old`: the server is older than {@link leastVersion}.
 */
export class NoBucket extends Data.TaggedError("NoBucket")<{
  readonly reason: "no JetStream" | "no majority" | "too few servers" | "too old" | "other"
  readonly detail: string
}> {
  override get message(): string {
    switch (this.reason) {
      case "no JetStream":
        return `the NATS server has no JetStream; start it with it: nats-server -js (${this.detail})`
      case "no majority":
        return `the NATS servers have lost their majority; start those that are down (${this.detail})`
      case "too few servers":
        return `too few NATS servers for a bucket on three; start three, or set NATS_REPLICAS=1 (${this.detail})`
      case "too old":
        return `the NATS server is too old: ${this.detail}; it must be at least ${leastVersion}`
      case "other":
        return `the NATS server opens no bucket: ${this.detail}`
    }
  }
}

/** The first with what this needs: compare-and-set by subject, and consumers by filter. */
export const leastVersion = "2.9.0"

/** On how many servers the bucket is. Environment variable `NATS_REPLICAS`. */
export const replicas = Config.option(Config.Int("NATS_REPLICAS"))

/** JetStream's own codes. */
const codes = { noPeers: 10005, noLeader: 10008, notClustered: 10074, noAccount: 10039, noJetStream: 10076 }

const toNoBucket = (error: unknown): NoBucket => {
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const code = error instanceof JetStreamApiError ? error.code : undefined
  const name = error instanceof Error ? error.name : ""
  if (code === codes.noPeers) return new NoBucket({ reason: "too few servers", detail })
  if (code === codes.noLeader || name === "TimeoutError") return new NoBucket({ reason: "no majority", detail })
  if (name === "JetStreamNotEnabled" || code === codes.noAccount || code === codes.noJetStream) {
    return new NoBucket({ reason: "no JetStream", detail })
  }
  return new NoBucket({ reason: "other", detail })
}

/** How long JetStream may take for one answer, in ms. */
const timeout = 2000

/** Servers that start elect a leader first, and hear of each other: so whoever opens a bucket asks again for so long. */
const startup = Schedule.max([Schedule.spaced("250 millis"), Schedule.during("8 seconds")])

/** Opens the bucket of the cluster, and makes it where there is none. */
export const open: Effect.Effect<KV, NoBucket | Config.ConfigError, NatsBus> = Effect.gen(function*() {
  const { cluster, connection } = yield* NatsBus
  const version = connection.info?.version ?? "0"
  if (NatsDurability.isOlder(version, leastVersion)) return yield* new NoBucket({ reason: "too old", detail: version })
  const wanted = Option.getOrUndefined(yield* replicas)
  const copies = wanted ?? (connection.info?.cluster === undefined ? 1 : 3)
  return yield* Effect.tryPromise({
    try: async () => {
      const manager = await jetstreamManager(connection, { timeout })
      const kvm = new Kvm(manager.jetstream())
      return kvm.create(cluster, { history: 1, replicas: copies, allow_direct: false, timeout })
    },
    catch: toNoBucket
  }).pipe(Effect.retry({
    while: ({ reason }) => reason === "no majority" || reason === "too few servers",
    schedule: startup
  }))
})
