/**
 * How a program runs as a real node: on standard input and output, real time and real chance.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Console } from "node:console"
import type * as Entry from "../../src/registry/Entry.ts"
import { Disk, DiskFailed } from "../../src/services/disk/Disk.ts"
import { MessageIO } from "../../src/services/node/MessageIO.ts"
import { NeverInitialised, Node } from "../../src/services/node/Node.ts"
import { Peers } from "../../src/services/node/Peers.ts"
import { Timers } from "../../src/services/node/Timers.ts"
import { diskFolder } from "./DiskFolder.ts"

// Standard output is for messages alone, whatever a library prints.
globalThis.console = new Console(process.stderr)

/** Maelstrom starts all nodes at the same time, and never again reads from one that writes to a node that is not up yet. */
const usual = ConfigProvider.fromUnknown({ GOSSIP_SILENCE: "100 millis", RAFT_SILENCE: "100 millis" })

const layer = Peers.layer.pipe(
  Layer.provideMerge(Layer.provide(Disk.layer(diskFolder), NodeFileSystem.layer)),
  Layer.provideMerge(Node.layer),
  Layer.provideMerge(Timers.layer),
  Layer.provideMerge(ConfigProvider.layerAdd(usual)),
  Layer.provide(MessageIO.layerStdio),
  Layer.provide(NodeStdio.layer)
)

/** Says in one line why the node cannot go on. */
const stop = (message: string, code: number) =>
  Effect.sync((): void => {
    console.error(message.replaceAll(/\s+/g, " "))
    process.exit(code) // standard input, still open, would keep it alive
  })

/**
 * Runs until the end of input, then exits with 0; with 1 after a defect or when the disk fails, with 2 if an environment
 * variable is wrong.
 */
export const run = <E>(program: Effect.Effect<void, E | Config.ConfigError, Node | Peers | Timers | Disk>): void =>
  program.pipe(
    Effect.provide(layer),
    Effect.catchIf((error) => error instanceof NeverInitialised, () => Effect.void),
    Effect.catchIf((error) => error instanceof Config.ConfigError, ({ message }) => stop(message, 2)),
    Effect.catchIf((error) => error instanceof DiskFailed, ({ message }) => stop(message, 1)),
    Effect.provideService(Logger.LogToStderr, true),
    NodeRuntime.runMain
  )

/** Runs the program that their environment variable names, the first if it names none. */
export const runChosen = (programs: Entry.Programs): void => {
  const names = Object.keys(programs)
  const { variable } = programs[names[0]!]! // an executable has a program
  const name = variable === undefined
    ? Config.succeed(names[0]!)
    : Config.Literals(names, variable).pipe(Config.withDefault(names[0]!))
  run(Effect.flatMap(name, (name) => programs[name]!.program))
}
