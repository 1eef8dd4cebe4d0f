/**
 * How a program runs as a real node: on standard input and output, real time and real chance.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Console } from "node:console"
import { MessageIO } from "../../src/services/node/MessageIO.ts"
import { NeverInitialised, Node } from "../../src/services/node/Node.ts"
import { Peers } from "../../src/services/node/Peers.ts"
import { Timers } from "../../src/services/node/Timers.ts"

// Standard output is for messages alone, whatever a library prints.
globalThis.console = new Console(process.stderr)

const layer = Peers.layer.pipe(
  Layer.provideMerge(Node.layer),
  Layer.provideMerge(Timers.layer),
  Layer.provide(MessageIO.layerStdio),
  Layer.provide(NodeStdio.layer)
)

/** Runs until the end of input, then exits with 0; with 1 after a defect, with 2 if an environment variable is wrong. */
export const run = <E>(program: Effect.Effect<void, E | Config.ConfigError, Node | Peers | Timers>): void =>
  program.pipe(
    Effect.provide(layer),
    Effect.catchIf((error) => error instanceof NeverInitialised, () => Effect.void),
    Effect.catchIf((error) => error instanceof Config.ConfigError, ({ message }) =>
      Effect.sync((): void => {
        console.error(message.replaceAll(/\s+/g, " "))
        process.exit(2) // standard input, still open, would keep it alive
      })),
    Effect.provideService(Logger.LogToStderr, true),
    NodeRuntime.runMain
  )
