import "effect/schema/SchemaJITCompiler/enable"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import manifest from "../package.json" with { type: "json" }
import * as Challenges from "../src/bench/Challenges.ts"
import * as History from "../src/bench/History.ts"
import * as Programs from "../src/bench/Programs.ts"
import * as Report from "../src/bench/Report.ts"
import type * as Run from "../src/bench/Run.ts"
import * as Simulation from "../src/bench/Simulation.ts"
import * as Conclusion from "./cli/Conclusion.ts"
import * as Flags from "./cli/Flags.ts"
import * as Output from "./cli/Output.ts"
import { testCommand } from "./cli/TestCommand.ts"
import * as Usage from "./cli/Usage.ts"

/** How much a simulation works before it looks up, to show its progress and to be interrupted. */
const slice = 10_000

const simulate = Effect.fnUntraced(function*(label: string, options: Simulation.Options) {
  const simulation = Simulation.make(options)
  while (!simulation.work(slice)) {
    yield* Output.progress(`${label}: ${Math.floor(simulation.progress() * 100)} %`)
    yield* Effect.yieldNow
  }
  return simulation
}, Effect.ensuring(Output.endProgress))

const challengesCommand = Command.make(
  "challenges",
  {
    only: Flag.String("only").pipe(
      Flags.describe("Which challenges, separated by commas, as 1,2", "challenges", undefined, "all")
    ),
    seed: Flags.seed,
    json: Flags.json
  },
  Effect.fnUntraced(function*({ json, only, seed }) {
    const ids = only?.split(",").map((id) => id.trim())
    const stranger = ids?.find((id) => !Challenges.challenges.some((challenge) => Challenges.isNamed(challenge, id)))
    if (stranger !== undefined) {
      return yield* Usage.unknown("only", stranger, Challenges.challenges.map(({ id }) => id))
    }
    const chosen = Challenges.challenges.filter((challenge) =>
      ids?.some((id) => Challenges.isNamed(challenge, id)) ?? true
    )
    const runs = yield* Effect.forEach(chosen, (challenge) => {
      const { id, limits, workload } = challenge
      const title = `${id} ${workload}`
      const options = Challenges.options(challenge, seed)
      return Effect.map(simulate(`challenge ${title}`, options), ({ results }): Run.Summary => ({
        title,
        workload,
        program: Challenges.entry(challenge).programName,
        options,
        results: Challenges.judge(results(), limits),
        ...limits && { limits },
        replay: `${Usage.self} challenges --only ${id} --seed ${seed}`
      }))
    })
    yield* Output.out(json ? Report.json(runs) : Report.table(runs, Output))
    yield* Conclusion.conclude(runs)
  })
).pipe(
  Command.withDescription("Run fly.io's challenges in the simulated world, with fly.io's options and limits"),
  Command.withExamples([
    { command: `${Usage.self} challenges`, description: "All of them, in one table" },
    { command: `${Usage.self} challenges --only 2 --seed 7`, description: "One of them, with another course of events" }
  ])
)

const simulateCommand = Command.make(
  "simulate",
  {
    ...Flags.world,
    seed: Flags.seed,
    seeds: Flags.number("seeds", Flags.whole(1, 1_000_000)).pipe(
      Flags.describe("How many runs, each with the next seed; prints those that are invalid", "runs", 1)
    ),
    history: Flag.String("history").pipe(
      Flags.describe(
        "Where to write the history of the run as JSON lines, - for standard output",
        "file",
        undefined,
        "none"
      )
    ),
    json: Flags.json
  },
  Effect.fnUntraced(function*({ history, json, seed: first, seeds, ...world }) {
    const entry = Programs.find(world.workload, world.program)
    if (entry === undefined) {
      return yield* Usage.unknown("program", world.program ?? "", Programs.programNames(world.workload))
    }
    if (history !== undefined && seeds > 1) return yield* Usage.wrong("--history is for one run, not for --seeds.")
    if (history === "-" && json) return yield* Usage.wrong("--json and --history - both want standard output.")
    const file = history === "-" ? undefined : history
    const fileSystem = yield* FileSystem.FileSystem
    if (file !== undefined) yield* fileSystem.writeFileString(file, "") // fails now if it can fail

    const runs: Array<Run.Summary> = []
    for (let seed = first; seed < first + seeds; seed++) {
      const options = Flags.options(world, entry, seed)
      const simulation = yield* simulate(`${world.workload}, seed ${seed}`, options)
      if (file !== undefined) yield* fileSystem.writeFileString(file, History.toLines(simulation.history))
      if (history === "-") yield* Output.out(History.toLines(simulation.history))
      runs.push({
        title: seeds === 1 ? world.workload : `seed ${seed}`,
        workload: world.workload,
        program: entry.programName,
        options,
        results: simulation.results(),
        replay: `${Usage.self} simulate ${Flags.text(world)} --seed ${seed}`
      })
    }
    const report = json ? Report.json(runs) : seeds === 1 ? Report.table(runs, Output) : Report.summary(runs, Output)
    yield* history === "-" ? Output.err(report) : Output.out(report)
    yield* Conclusion.conclude(runs)
  })
).pipe(
  Command.withDescription("Simulate nodes, network, clients and faults in virtual time, and judge what happened"),
  Command.withExamples([
    { command: `${Usage.self} simulate --workload echo --time-limit 10` },
    {
      command:
        `${Usage.self} simulate -w unique-ids --node-count 3 --rate 1000 --time-limit 30 --nemesis partition,kill`,
      description: "One run with faults"
    },
    {
      command:
        `${Usage.self} simulate -w unique-ids --time-limit 5 --nemesis kill,clock --nemesis-interval 1 --seeds 100`,
      description: "A hundred runs, and how to replay those that are invalid"
    },
    {
      command: `${Usage.self} simulate -w echo --time-limit 5 --history - | head`,
      description: "What clients did, and what came of it"
    }
  ])
)

const numbers = (name: string, description: string, value: string, fallback: ReadonlyArray<number>) =>
  Flag.String(name).pipe(
    Flag.filterMap(
      (text) => {
        const values = text.split(",").map(Number)
        return values.every((n) => Number.isInteger(n) && n > 0 && n <= 10_000) ? Option.some(values) : Option.none()
      },
      () => "whole numbers from 1 to 10000, separated by commas"
    ),
    Flags.describe(description, value, fallback)
  )

const costsCommand = Command.make(
  "costs",
  {
    program: Flag.Literals("program", Programs.programNames("broadcast")).pipe(
      Flags.describe("What nodes run", "name", "star" as Programs.ProgramName)
    ),
    nodeCounts: numbers("node-counts", "Numbers of nodes, separated by commas", "numbers", [5, 10, 25, 50]),
    rates: numbers("rates", "Operations a second, separated by commas", "numbers", [10, 100]),
    seed: Flags.seed,
    json: Flags.json
  },
  Effect.fnUntraced(function*({ json, nodeCounts, program, rates, seed }) {
    const entry = Programs.find("broadcast", program)
    if (entry === undefined) return yield* Usage.unknown("program", program, Programs.programNames("broadcast"))
    const runs: Array<Run.Summary> = []
    for (const nodeCount of nodeCounts) {
      for (const rate of rates) {
        const title = `${nodeCount} nodes, ${rate}/s`
        const flags = `-w broadcast --program ${program} --node-count ${nodeCount} --rate ${rate}`
        const simulation = yield* simulate(title, {
          ...Simulation.defaults,
          ...entry,
          seed,
          nodeCount,
          concurrency: nodeCount,
          rate,
          timeLimit: 20_000,
          latency: { mean: 100, dist: "constant" }
        })
        runs.push({
          title,
          workload: "broadcast",
          program,
          options: simulation.options,
          results: simulation.results(),
          replay: `${Usage.self} simulate ${flags} --latency 100 --time-limit 20 --seed ${seed}`
        })
      }
    }
    yield* Output.out(json ? Report.json(runs) : Report.table(runs, Output, [Report.bytesPerOperation]))
    yield* Conclusion.conclude(runs)
  })
).pipe(
  Command.withDescription("What broadcast costs as the cluster and its load grow, at 3d's latency"),
  Command.withExamples([
    { command: `${Usage.self} costs --node-counts 5,25 --rates 10,100`, description: "Four runs, in one table" }
  ])
)

const root = Command.make("gossip-girl").pipe(
  Command.withDescription(
    [
      "Gossip Glomers, and a Maelstrom in a box to prove them in.",
      "Exit codes: 0 valid, 1 invalid, 2 wrong arguments, 3 the bench itself failed."
    ].join("\n  ")
  ),
  Command.withExamples([
    { command: `${Usage.self} challenges`, description: "Run every challenge" },
    { command: `${Usage.self} simulate --help`, description: "All that can be simulated" }
  ]),
  Command.withSubcommands([challengesCommand, simulateCommand, testCommand, costsCommand])
)

/** What effect/cli prints. It prints the help after an error too, where one line says more. */
const printed: Array<string> = []

/** A file that cannot be written needs no stack, a bug does. */
const reason = (cause: Cause.Cause<unknown>): string =>
  Cause.hasDies(cause) ? Cause.pretty(cause) : Cause.prettyErrors(cause).map(({ message }) => message).join("; ")

const formatter = CliOutput.defaultFormatter({ colors: Output.colour })

root.pipe(
  Command.run({ version: manifest.version, renderErrors: false }),
  Effect.provideService(Console.Console, { ...console, log: (text) => void printed.push(`${text}\n`) }),
  Effect.as(0),
  Effect.catchTag("Invalid", () => Effect.succeed(1)),
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
  )),
  NodeRuntime.runMain
)
