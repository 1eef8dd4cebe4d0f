/**
 * The connection to a NATS server, which nodes, clients and workers share.
 *
 * An address of the cluster is a subject, `<cluster>.<address>`. The name of the cluster is the namespace in which its
 * nodes, clients and services reach each other, from any machine. Core NATS delivers a message at most once;
 * Maelstrom's network promises no more either.
 *
 * The client connects again whenever the connection breaks, for ever: a node outlives its server. What a node sends
 * meanwhile is dropped and counted, as on a network that is cut. Programs send again what they need.
 */
import { connect } from "@nats-io/transport-node"
import type { NatsConnection, NodeConnectionOptions } from "@nats-io/transport-node"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Address } from "../schema/Address.ts"

const detailOf = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause)

/**
 * Why there is no connection to a server, and what to do about it.
 *
 * - `unreachable`: no server answers at this URL.
 * - `refused`: the server does not accept these credentials.
 * - `disclosed`: there are credentials in the URL.
 */
export class NatsUnavailable extends Data.TaggedError("NatsUnavailable")<{
  readonly reason: "unreachable" | "refused" | "disclosed"
  readonly url: string
  readonly cause: unknown
}> {
  override get message(): string {
    switch (this.reason) {
      case "refused":
        return `the NATS server at ${this.url} refuses these credentials; set NATS_USER and NATS_PASSWORD, or NATS_TOKEN`
      case "disclosed":
        return "a URL of NATS servers holds no credentials, since it is shown; set NATS_USER and NATS_PASSWORD, or NATS_TOKEN"
      case "unreachable":
        return `no NATS server answers at ${this.url}; start one (nats-server -js) or set NATS_URL (${
          detailOf(this.cause)
        })`
    }
  }
}

/** Servers, separated by commas; environment variable `NATS_URL`. */
export const url = Config.String("NATS_URL").pipe(Config.withDefault("nats://127.0.0.1:4222"))

/** A name that JetStream accepts for a bucket as well. */
const Name = Schema.String.check(Schema.isPattern(/^[-\w]+$/, { expected: "letters, digits, - and _" }))

/** The namespace of the cluster; environment variable `NATS_CLUSTER`. */
export const clusterName = Config.schema(Name, "NATS_CLUSTER").pipe(Config.withDefault("gossip-girl"))

const credentials = Config.all({
  user: Config.option(Config.String("NATS_USER")),
  pass: Config.option(Config.Redacted("NATS_PASSWORD")),
  token: Config.option(Config.Redacted("NATS_TOKEN"))
})

/**
 * An address as one token of a subject. Dots separate tokens, and `*`, `>` and white space have a meaning of their own,
 * so these are escaped.
 */
const token = (address: string): string =>
  encodeURIComponent(address).replaceAll(/[.*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)

export class NatsBus extends Context.Service<NatsBus, {
  readonly connection: NatsConnection
  readonly cluster: string
  readonly subject: (address: Address) => string
  /** How many bytes the server takes in one message. */
  readonly maxPayload: () => number
  /** Whether the server can be reached now. */
  readonly isConnected: () => boolean
}>()("gossip-girl/NatsBus") {
  static readonly layer = Layer.effect(NatsBus, Effect.suspend(() => make))
}

const isRefusal = (error: unknown): boolean => error instanceof Error && /Authorization|Authentication/.test(error.name)

/** A server that is silent for three times so long, in ms, counts as gone. */
const pingInterval = 1000

/** How many bytes a server takes in one message unless its settings say otherwise. */
const usualPayload = 1 << 20

const make = Effect.gen(function*() {
  const servers = yield* url
  if (servers.includes("@")) return yield* new NatsUnavailable({ reason: "disclosed", url: servers, cause: undefined })
  const cluster = yield* clusterName
  const { pass, token: secret, user } = yield* credentials
  const options: NodeConnectionOptions = {
    servers: servers.split(",").map((server) => server.trim()),
    name: cluster,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    timeout: 5000,
    pingInterval,
    noAsyncTraces: true, // a trace would cost each request more than its own work
    ...Option.isSome(user) && { user: user.value },
    ...Option.isSome(pass) && { pass: Redacted.value(pass.value) },
    ...Option.isSome(secret) && { token: Redacted.value(secret.value) }
  }
  const connection = yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: () => connect(options),
      catch: (cause) =>
        new NatsUnavailable({ reason: isRefusal(cause) ? "refused" : "unreachable", url: servers, cause })
    }),
    // What was written in this turn of the event loop leaves at the end of the turn: without the pause the client would write it to a closed socket.
    (connection) => Effect.andThen(Effect.yieldNow, Effect.promise(() => connection.close()))
  )

  let connected = true
  let maxPayload = usualPayload
  const watch = Effect.promise(async () => {
    for await (const status of connection.status()) {
      if (status.type === "disconnect") connected = false
      if (status.type === "reconnect") connected = true
      if (status.type === "disconnect" || status.type === "reconnect") {
        run(Effect.logWarning(`NATS: ${status.type === "disconnect" ? "lost" : "back at"} ${status.server}`))
      }
      if (status.type === "error") run(Effect.logWarning(`NATS: ${status.error.message}`))
      if (status.type === "slowConsumer") run(Effect.logWarning(`NATS: ${status.pending} messages wait to be taken`))
    }
  })
  const run = Effect.runForkWith(yield* Effect.context())
  yield* Effect.forkScoped(watch)

  return NatsBus.of({
    connection,
    cluster,
    subject: (address) => `${cluster}.${token(address)}`,
    maxPayload: () => maxPayload = connection.info?.max_payload ?? maxPayload,
    isConnected: () => connected && !connection.isClosed()
  })
})
