import "effect/schema/SchemaJITCompiler/enable"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Runtime from "effect/Runtime"
import { isMainThread } from "node:worker_threads"
import manifest from "../package.json" with { type: "json" }
import { analyzeCommand } from "./cli/AnalyzeCommand.ts"
import { askCommand } from "./cli/AskCommand.ts"
import { challengesCommand } from "./cli/ChallengesCommand.ts"
import { costsCommand } from "./cli/CostsCommand.ts"
import { docCommand } from "./cli/DocCommand.ts"
import { newCommand } from "./cli/NewCommand.ts"
import * as Output from "./cli/Output.ts"
import { playCommand } from "./cli/PlayCommand.ts"
import { serveCommand } from "./cli/ServeCommand.ts"
import { simulateCommand } from "./cli/SimulateCommand.ts"
import { testCommand } from "./cli/TestCommand.ts"
import * as Threads from "./cli/Threads.ts"
import { upCommand } from "./cli/UpCommand.ts"
import * as Usage from "./cli/Usage.ts"
import { workerCommand } from "./cli/WorkerCommand.ts"

const root = Command.make("gossip-girl").pipe(
  Command.withDescription(
    [
      "Gossip Glomers, and a Maelstrom in a box to prove them in.",
      "Exit codes: 0 valid, 1 invalid, 2 wrong arguments or, by Maelstrom's rules as there, nothing to judge by,",
      "3 the bench itself failed."
    ].join("\n  ")
  ),
  Command.withExamples([
    { command: `${Usage.self} challenges`, description: "Run every challenge" },
    { command: `${Usage.self} simulate --help`, description: "All that can be simulated" }
  ]),
  Command.withSubcommands([
    challengesCommand,
    simulateCommand,
    testCommand,
    analyzeCommand,
    docCommand,
    costsCommand,
    serveCommand,
    playCommand,
    newCommand,
    upCommand,
    askCommand,
    workerCommand
  ])
)

/** What effect/cli prints. It prints the help after an error too, where one line says more. */
const printed: Array<string> = []

/** A file that cannot be written needs no stack, a bug does, and so does what says nothing of itself. */
const reason = (cause: Cause.Cause<unknown>): string => {
  const said = Cause.prettyErrors(cause).map(({ message }) => message).filter((message) => message !== "").join("; ")
  return Cause.hasDies(cause) || said === "" ? Cause.pretty(cause) : said
}

const formatter = CliOutput.defaultFormatter({ colors: Output.colour })

const main = Usage.checkClusters(process.argv.slice(2)).pipe(
  Effect.andThen(Command.run(root, { version: manifest.version, renderErrors: false })),
  Effect.provideService(Logger.LogToStderr, true),
  Effect.provideService(Console.Console, { ...console, log: (text) => void printed.push(`${text}\n`) }),
  Effect.as(0),
  Effect.catchTag("Invalid", () => Effect.succeed(1)),
  Effect.catchTag("Unknown", () => Effect.succeed(2)),
  Effect.catchTag("Unavailable", ({ message }) => Effect.as(Output.err(`gossip-girl: ${message}\n`), 3)),
  Effect.catchIf(CliError.isCliError, (error) =>
    error._tag === "ShowHelp" && error.errors.length === 0
      ? Effect.succeed(0)
      : Effect.as(Output.err(`gossip-girl: ${Usage.oneLine(error)}\n`), 2)),
  Effect.tap((code) => code === 2 ? Effect.void : Output.out(printed.join(""))),
  Effect.catchCause((cause) =>
    Cause.hasInterruptsOnly(cause)
      ? Effect.failCause(cause)
      : Effect.as(Output.err(`gossip-girl: the bench failed: ${reason(cause)}\n`), 3)
  ),
  Effect.map((code) => {
    process.exitCode = code
  }),
  Effect.provide(Layer.mergeAll(
    NodeServices.layer,
    CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] }),
    CliOutput.layer({
      ...formatter,
      // It forgets the line between these two.
      formatHelpDoc: (doc) => formatter.formatHelpDoc(doc).replace(/(?<!\n)\n(?=\S*EXAMPLES)/, "\n\n")
    })
  ))
)

/** The code by which a shell tells of a death by SIGTERM; that of SIGINT is the usual one of an interruption. */
const terminated = 128 + 15
let isTerminated = false

/** Ends the process: the client of NATS keeps a connection to a server that accepts it and says nothing. */
const teardown: Runtime.Teardown = (exit) =>
  Runtime.defaultTeardown(exit, (code) => {
    if (code !== 0) process.exitCode = isTerminated && code === 130 ? terminated : code
    process.exit()
  })

if (isMainThread) {
  process.once("SIGTERM", () => {
    isTerminated = true
  })
  NodeRuntime.runMain(main, { teardown })
} else Threads.work()
