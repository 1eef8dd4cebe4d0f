/**
 * Runs a program as a node on NATS: with the real clock and real chance, as Live does, but with messages and bench
 * services over the bus.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Result from "effect/Result"
import { mkdirSync } from "node:fs"
import * as JetStream from "../../src/nats/JetStream.ts"
import * as NatsBucket from "../../src/nats/NatsBucket.ts"
import { NatsBus, NatsUnavailable } from "../../src/nats/NatsBus.ts"
import * as NatsLines from "../../src/nats/NatsLines.ts"
import * as NatsMessageIO from "../../src/nats/NatsMessageIO.ts"
import * as NatsName from "../../src/nats/NatsName.ts"
import { NatsServices } from "../../src/nats/NatsServices.ts"
import { type Address, NodeId } from "../../src/schema/Address.ts"
import * as Envelope from "../../src/schema/Envelope.ts"
import { Init } from "../../src/schema/InitProtocol.ts"
import { Disk, DiskFailed } from "../../src/services/disk/Disk.ts"
import type { MessageIO } from "../../src/services/node/MessageIO.ts"
import { Node } from "../../src/services/node/Node.ts"
import { Peers } from "../../src/services/node/Peers.ts"
import { Timers } from "../../src/services/node/Timers.ts"
import type * as SimulatedNode from "../../src/simulator/nodes/SimulatedNode.ts"
import * as Lines from "../../src/simulator/processes/Lines.ts"

export interface Settings {
  /** Servers, separated by commas. */
  readonly url: string
  readonly cluster: string
  readonly id: string
  /** All nodes, this one included, in the same order at each. */
  readonly ids: ReadonlyArray<string>
  /** The folder of its journal. The file has the name of the node. */
  readonly disk: string
}

/** The environment of this process, with these variables over those that it has. */
export const environment = (variables: Readonly<Record<string, string>>) =>
  ConfigProvider.layer(ConfigProvider.orElse(ConfigProvider.fromUnknown(variables), ConfigProvider.fromEnv()))

/** The bus of a cluster at these servers. */
export const busAt = (url: string, cluster: string) =>
  Layer.provide(NatsBus.layer, environment({ NATS_URL: url, NATS_CLUSTER: cluster }))

const disk = (folder: string) =>
  Effect.try({
    try: () => {
      mkdirSync(folder, { recursive: true })
      return folder
    },
    catch: (error) => new DiskFailed({ text: `no folder for a journal: ${String(error)}` })
  })

const layer = <E, R>(messages: Layer.Layer<MessageIO, E, R>, folder: string) =>
  Peers.layer.pipe(
    Layer.provideMerge(Layer.provide(Disk.layer(disk(folder)), NodeFileSystem.layer)),
    Layer.provideMerge(Node.layer),
    Layer.provideMerge(Timers.layer),
    Layer.provide(messages),
    Layer.provide(NatsServices.layer)
  )

/** The message of an error that no program has made. */
export const explain = (error: unknown): string | undefined =>
  error instanceof NatsUnavailable || error instanceof JetStream.NoJetStream || error instanceof Config.ConfigError
    || error instanceof DiskFailed || error instanceof NatsName.NameTaken
    ? error.message.replaceAll(/\s+/g, " ")
    : undefined

/** What a node that starts tells whoever has started it. */
export interface Telling {
  /** It has waited for this for {@link saysAfter} ms, and goes on waiting. */
  readonly waits: (what: string) => Effect.Effect<void>
  /** Servers know that it listens, and JetStream has taken a write of its own. */
  readonly runs: Effect.Effect<void>
}

/** How long a node waits before it says so, in ms. */
const saysAfter = 1000

/**
 * Runs a node until it is interrupted, or its name turns out to be that of another process. JetStream must be there when
 * the node starts, whatever the program asks for.
 */
export const run = Effect.fnUntraced(function*(
  program: SimulatedNode.Program,
  { cluster, disk, id, ids, url }: Settings,
  { runs, waits }: Telling
) {
  const awaiting = <A, E, R>(what: string, awaited: Effect.Effect<A, E, R>) =>
    Effect.raceFirst(awaited, Effect.andThen(Effect.sleep(saysAfter), Effect.andThen(waits(what), Effect.never)))
  const bus = yield* awaiting(`an answer of a NATS server at ${url}`, Layer.build(busAt(url, cluster)))
  const { lost } = yield* Effect.provideContext(NatsName.claim(NodeId.make(id)), bus)
  const node = layer(NatsMessageIO.layer, disk).pipe(
    Layer.provide(environment({ NODE_ID: id, NODE_IDS: ids.join(",") }))
  )
  yield* awaiting("JetStream of the NATS servers", NatsBucket.open).pipe(
    Effect.andThen(runs),
    Effect.andThen(program),
    Effect.raceFirst(lost),
    Effect.provide(node),
    Effect.provideContext(bus)
  )
}, (running) => Effect.provideService(Effect.scoped(running), Logger.LogToStderr, true))

/**
 * Runs a node that a bench has started. `init` on standard input tells it who it is. What the bench's clients ask there
 * goes to the node over the bus, and its answers come back over the bus and go to standard output: so the bench judges
 * a node as it runs on NATS. The node ends with its input.
 */
export const runForBench = Effect.fnUntraced(function*(
  program: SimulatedNode.Program,
  { cluster, disk, url }: Pick<Settings, "cluster" | "disk" | "url">
) {
  const bus = yield* Layer.build(busAt(url, cluster))
  const { clients, end, init } = yield* Effect.provideContext(bench, bus)
  const start = yield* Effect.raceFirst(Deferred.await(init), Effect.as(Deferred.await(end), undefined))
  if (start === undefined) return
  yield* program.pipe(
    Effect.provide(layer(NatsMessageIO.layerFrom(start), disk)),
    Effect.provideContext(bus),
    Effect.raceFirst(Deferred.await(end)),
    Effect.ensuring(Effect.sync(() => clients.forEach((stop) => stop())))
  )
}, (running) => Effect.provideService(Effect.scoped(running), Logger.LogToStderr, true))

/**
 * Passes what a bench sends on standard input to the node, and the node's answers to its clients to standard output.
 */
const bench = Effect.gen(function*() {
  const lines = yield* NatsLines.make
  const init = yield* Deferred.make<{ readonly id: NodeId; readonly init: Envelope.Envelope }>()
  const end = yield* Deferred.make<void>()
  const clients = new Map<Address, () => void>()
  const give = (id: Address) => (line: string): void => {
    const answer = Envelope.decode(line)
    if (Result.isSuccess(answer) && answer.success.src === id) process.stdout.write(`${line}\n`)
  }
  let self: NodeId | undefined
  const onLine = (line: string): void => {
    const message = Envelope.decode(line)
    if (Result.isFailure(message)) return void process.stderr.write(`skipped a line: ${message.failure}\n`)
    const { body, dest, src } = message.success
    if (!clients.has(src)) clients.set(src, lines.take(src, give(dest)))
    if (self !== undefined) return lines.send(dest, line)
    const request = Init.decodeRequest(body)
    if (body["type"] !== Init.type || Result.isFailure(request)) return
    self = request.success.node_id
    Deferred.doneUnsafe(init, Effect.succeed({ id: self, init: message.success }))
  }
  const input = Lines.make(onLine, () => 0)
  process.stdin.setEncoding("utf8").on("data", input.read).on("end", () => Deferred.doneUnsafe(end, Effect.void))
  return { clients, end, init }
})
