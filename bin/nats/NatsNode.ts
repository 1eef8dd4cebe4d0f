/**
 * How a program runs as a node on NATS: real time and real chance, as in Live, but messages and bench services over the bus.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { mkdirSync } from "node:fs"
import { NatsBus, NatsUnavailable } from "../../src/nats/NatsBus.ts"
import * as NatsMessageIO from "../../src/nats/NatsMessageIO.ts"
import { NatsServices } from "../../src/nats/NatsServices.ts"
import { Disk, DiskFailed } from "../../src/services/disk/Disk.ts"
import { Node } from "../../src/services/node/Node.ts"
import { Peers } from "../../src/services/node/Peers.ts"
import { Timers } from "../../src/services/node/Timers.ts"
import type * as SimulatedNode from "../../src/simulator/nodes/SimulatedNode.ts"

export interface Settings {
  /** Servers, separated by commas. */
  readonly url: string
  readonly cluster: string
  readonly id: string
  /** All nodes, this one included, in the same order at each. */
  readonly ids: ReadonlyArray<string>
  /** Where its journal is; the file bears the name of the node. */
  readonly disk: string
}

/** The environment of this process, with these in the place of what it says itself. */
export const environment = (variables: Readonly<Record<string, string>>) =>
  ConfigProvider.layer(ConfigProvider.orElse(ConfigProvider.fromUnknown(variables), ConfigProvider.fromEnv()))

const disk = (folder: string) =>
  Effect.try({
    try: () => {
      mkdirSync(folder, { recursive: true })
      return folder
    },
    catch: (error) => new DiskFailed({ text: `no folder for a journal: ${String(error)}` })
  })

const layer = (folder: string) =>
  Peers.layer.pipe(
    Layer.provideMerge(Layer.provide(Disk.layer(disk(folder)), NodeFileSystem.layer)),
    Layer.provideMerge(Node.layer),
    Layer.provideMerge(Timers.layer),
    Layer.provide(NatsMessageIO.layer),
    Layer.provide(NatsServices.layer),
    Layer.provide(NatsBus.layer)
  )

/** What is wrong, where it is nothing that a program has done. */
export const explain = (error: unknown): string | undefined =>
  error instanceof NatsUnavailable || error instanceof Config.ConfigError || error instanceof DiskFailed
    ? error.message.replaceAll(/\s+/g, " ")
    : undefined

/** Runs until it is interrupted. */
export const run = (program: SimulatedNode.Program, { cluster, disk, id, ids, url }: Settings) =>
  program.pipe(
    Effect.provide(layer(disk)),
    Effect.provide(environment({ NATS_URL: url, NATS_CLUSTER: cluster, NODE_ID: id, NODE_IDS: ids.join(",") })),
    Effect.provideService(Logger.LogToStderr, true)
  )
