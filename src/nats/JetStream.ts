/**
 * JetStream is the part of NATS servers that keeps what outlives a message. This module asks it for something, and says
 * in plain words why it cannot be used.
 */
import { JetStreamApiError, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import { PermissionViolationError } from "@nats-io/transport-node"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { NatsBus } from "./NatsBus.ts"
import * as NatsDurability from "./NatsDurability.ts"

/**
 * Why JetStream cannot be used.
 *
 * - `no JetStream`: the server, or this account, does not have it.
 * - `no permission`: this user may not send requests to it.
 * - `no majority`: so many servers are gone that the others can decide nothing.
 * - `too few servers`: there are fewer servers than copies are wanted.
 * - `full`: its storage is full, or what it may take of its disk.
 * - `too old`: the server is older than {@link leastVersion}.
 */
export class NoJetStream extends Data.TaggedError("NoJetStream")<{
  readonly reason: "no JetStream" | "no permission" | "no majority" | "too few servers" | "full" | "too old" | "other"
  readonly detail: string
}> {
  override get message(): string {
    switch (this.reason) {
      case "no JetStream":
        return `the NATS server has no JetStream; start it with it: nats-server -js (${this.detail})`
      case "no permission":
        return `this user of the NATS server may not use JetStream; let it publish to $JS.> and to the cluster's subjects `
          + `(${this.detail})`
      case "no majority":
        return `the NATS servers have lost their majority; start those that are down (${this.detail})`
      case "too few servers":
        return `too few NATS servers for three copies; start three, or set NATS_REPLICAS=1 (${this.detail})`
      case "full":
        return `the storage of the NATS server for JetStream is full; give it more (max_file_store, or a larger disk), or `
          + `delete streams (${this.detail})`
      case "too old":
        return `the NATS server is too old: ${this.detail}; it must be at least ${leastVersion}`
      case "other":
        return `JetStream of the NATS server refuses: ${this.detail}`
    }
  }
}

/** The first version with what this project needs: compare-and-set by subject, and consumers by filter. */
export const leastVersion = "2.9.0"

/** On how many servers JetStream keeps everything. Environment variable `NATS_REPLICAS`. */
const replicas = Config.option(Config.Int("NATS_REPLICAS"))

/** JetStream's own codes. */
const codes = {
  noPeers: 10005,
  noLeader: 10008,
  notClustered: 10074,
  noAccount: 10039,
  noJetStream: 10076
}
/** The account's or the server's memory or storage is used up. */
const fullCodes: ReadonlySet<number | undefined> = new Set([10002, 10023, 10028, 10047])

/** What went wrong, as far as JetStream says. */
export const toNoJetStream = (error: unknown): NoJetStream => {
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const code = error instanceof JetStreamApiError ? error.code : undefined
  const name = error instanceof Error ? error.name : ""
  if (code === codes.noPeers) return new NoJetStream({ reason: "too few servers", detail })
  if (code === codes.noLeader || name === "TimeoutError" || name === "NoLeader") {
    return new NoJetStream({ reason: "no majority", detail })
  }
  if (name === "JetStreamNotEnabled" || code === codes.noAccount || code === codes.noJetStream) {
    return new NoJetStream({ reason: "no JetStream", detail })
  }
  if (fullCodes.has(code)) return new NoJetStream({ reason: "full", detail })
  const isForbidden = error instanceof Error && error.cause instanceof PermissionViolationError
  return new NoJetStream({ reason: isForbidden ? "no permission" : "other", detail })
}

/** How long JetStream may take for one answer, in ms. */
export const timeout = 2000

/** A stream without a leader takes no message. */
export class NoLeader extends Error {
  override readonly name = "NoLeader"
}

/** For how long to ask again while there is no leader: servers that start elect one first. */
const election = Schedule.max([Schedule.spaced("250 millis"), Schedule.during("10 seconds")])
/** For how long to ask again while servers are missing: servers that start have to hear of each other. */
const arrival = Schedule.max([Schedule.spaced("250 millis"), Schedule.during("20 seconds")])

export interface JetStream {
  readonly manager: JetStreamManager
  /** On how many servers to keep things: on three, where servers form a cluster. */
  readonly copies: number
}

export type Failure = NoJetStream | Config.ConfigError

/** Asks JetStream for something. Gives servers that start, or elect a leader, the time for that. */
export const use = <A>(
  ask: (jetStream: JetStream) => Promise<A>
): Effect.Effect<A, Failure, NatsBus> =>
  Effect.gen(function*() {
    const { connection } = yield* NatsBus
    const version = connection.info?.version ?? "0"
    if (NatsDurability.isOlder(version, leastVersion)) {
      return yield* new NoJetStream({ reason: "too old", detail: version })
    }
    const wanted = Option.getOrUndefined(yield* replicas)
    const copies = wanted ?? (connection.info?.cluster === undefined ? 1 : 3)
    return yield* Effect.tryPromise({
      try: async () => ask({ manager: await jetstreamManager(connection, { timeout }), copies }),
      catch: toNoJetStream
    }).pipe(
      Effect.retry({ while: ({ reason }) => reason === "no majority", schedule: election }),
      Effect.retry({ while: ({ reason }) => reason === "too few servers", schedule: arrival })
    )
  })
