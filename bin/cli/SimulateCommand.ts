/**
 * `gossip-girl simulate`: one run in virtual time, or a campaign of many; and from one that fails to a small one that
 * fails.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { availableParallelism } from "node:os"
import * as Registry from "../../src/registry/Registry.ts"
import * as Report from "../../src/report/TextReport.ts"
import type * as Run from "../../src/simulator/Run.ts"
import * as Shrink from "../../src/simulator/Shrink.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as History from "../../src/workloads/history/History.ts"
import * as Campaign from "./Campaign.ts"
import * as Conclusion from "./Conclusion.ts"
import * as Flags from "./Flags.ts"
import * as Output from "./Output.ts"
import * as Paths from "./Paths.ts"
import * as ReportFile from "./ReportFile.ts"
import * as Store from "./Store.ts"
import * as Usage from "./Usage.ts"

/** How much a simulation works before it looks up, to show its progress and to be interrupted. */
const slice = 10_000

export const simulate = Effect.fnUntraced(function*(label: string, options: Simulation.Options) {
  const simulation = Simulation.make(options)
  while (!simulation.work(slice)) {
    yield* Output.progress(`${label}: ${Math.floor(simulation.progress() * 100)} %`)
    yield* Effect.yieldNow
  }
  return simulation
}, Effect.ensuring(Output.endProgress))

/** A history of no more events than this is told in words. */
const tellable = 60

/** From a run that fails to a small one, as far as it comes before it is interrupted. */
const shrink = Effect.fnUntraced(function*(
  world: Flags.World,
  entry: Registry.Subject,
  seed: number,
  say: (text: string) => Effect.Effect<void>
) {
  let progress: Shrink.Progress = { runs: 0, options: Flags.options(world, entry, seed) }

  const tell = Effect.fnUntraced(function*(how: string) {
    const simulation = Simulation.run(progress.options)
    const { history, options } = simulation
    const title = `seed ${options.seed}, shrunk${options.seed === seed ? "" : ` from seed ${seed}`}`
    const run = Campaign.summary(title, Flags.withOptions(world, options), entry, simulation)
    yield* say(`\nShrunk in ${progress.runs} runs${how}:\n\n${Report.table([run], Output)}`)
    if (history.length <= tellable) yield* say(`\n${History.tell(history)}`)
    return { run, options }
  })

  const steps = Shrink.shrink(progress.options)
  const minimal = yield* Effect.gen(function*() {
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value?.minimal === true
      progress = step.value
      const { nodeCount, onlyOperations, seed, timeLimit } = progress.options
      yield* Output.progress([
        `shrinking: ${progress.runs} runs`,
        `seed ${seed}`,
        `${nodeCount} nodes`,
        `${timeLimit / 1000} s`,
        ...onlyOperations === undefined ? [] : [`${onlyOperations.length} operations`]
      ].join(", "))
      yield* Effect.yieldNow
    }
  }).pipe(
    Effect.ensuring(Output.endProgress),
    Effect.onInterrupt(() => tell(", until it was interrupted"))
  )
  return yield* tell(minimal ? "" : ", which are all that it is given")
})

/** A run is a function of its options: the same once more, with a journal. */
const recorded = Effect.fnUntraced(
  function*(title: string, world: Flags.World, entry: Registry.Subject, options: Simulation.Options) {
    const simulation = yield* simulate("report", { ...options, journal: true })
    const messages = simulation.messages()
    const run: Run.Run = {
      ...Campaign.summary(title, world, entry, simulation),
      history: simulation.history,
      ...messages && { messages }
    }
    return run
  }
)

export const simulateCommand = Command.make(
  "simulate",
  {
    ...Flags.world,
    seed: Flags.seed,
    seeds: Flags.number("seeds", Flags.whole(1, 100_000)).pipe(
      Flags.describe("How many runs, each with the next seed; prints those that are invalid", "runs", 1)
    ),
    jobs: Flags.number("jobs", Flags.whole(1, 1000)).pipe(
      Flags.describe("How many of them at a time", "number", availableParallelism(), "as many as there are cores")
    ),
    shrink: Flag.Boolean("shrink").pipe(
      Flag.withDescription("Make the first run that is invalid as small as possible, and tell what happens in it"),
      Flag.withDefault(false)
    ),
    history: Flag.String("history").pipe(
      Flags.describe(
        "Where to write the history of the run as JSON lines, - for standard output",
        "file",
        undefined,
        "none"
      )
    ),
    report: Flag.String("report").pipe(
      Flags.describe(
        "Where to write the report of the run, one page of HTML; of many runs, that of the first that is invalid",
        "file",
        undefined,
        "none"
      )
    ),
    store: Flag.String("store").pipe(
      Flags.describe(
        "Where to keep the report of that run, its history, results and messages",
        "directory",
        undefined,
        "none"
      )
    ),
    json: Flags.json
  },
  Effect.fnUntraced(function*({ history, jobs, json, report, seed, seeds, shrink: isShrunk, store, ...world }) {
    const entry = Registry.find(world.workload, world.program)
    if (entry === undefined) {
      return yield* Usage.unknown("program", world.program ?? "", Registry.programNames(world.workload))
    }
    if (seed + seeds - 1 > Flags.maxSeed) {
      return yield* Usage.wrong(`--seeds must end at seed ${Flags.maxSeed}, not at ${seed + seeds - 1}.`)
    }
    if (history !== undefined && seeds > 1) return yield* Usage.wrong("--history is for one run, not for --seeds.")
    if (history === "-" && json) return yield* Usage.wrong("--json and --history - both want standard output.")
    const file = history === "-" ? undefined : history
    const fileSystem = yield* FileSystem.FileSystem
    if (file !== undefined) yield* Paths.file("history", file)
    if (report !== undefined) yield* Paths.file("report", report)
    if (store !== undefined) yield* Paths.directory("store", store)

    const say = json ? () => Effect.void : history === "-" ? Output.err : Output.out
    const ended: Array<Run.Summary> = []
    const runs = Effect.sync(() => ended.toSorted((a, b) => a.options.seed - b.options.seed))
    const print = Effect.flatMap(
      runs,
      (runs) => say(seeds > 1 ? Report.summary(runs, Output) : Report.table(runs, Output))
    )

    if (seeds > 1) {
      yield* Campaign.run({ world, seed, seeds, jobs, runs: ended }).pipe(Effect.onInterrupt(() => print))
    } else {
      const simulation = yield* simulate(`${world.workload}, seed ${seed}`, Flags.options(world, entry, seed))
      if (file !== undefined) yield* fileSystem.writeFileString(file, History.toLines(simulation.history))
      if (history === "-") yield* Output.out(History.toLines(simulation.history))
      ended.push(Campaign.summary(world.workload, world, entry, simulation))
    }
    yield* print

    const invalid = (yield* runs).find(({ results }) => !results.valid)
    const shrunk = isShrunk && invalid !== undefined
      ? yield* shrink(world, entry, invalid.options.seed, say)
      : undefined
    if (json) {
      const all = yield* runs
      yield* Output.out(
        Report.json(
          [...all, ...shrunk === undefined ? [] : [shrunk.run]],
          seeds > 1 ? { ranges: Report.ranges(all) } : {}
        )
      )
    }
    if (report !== undefined || store !== undefined) {
      const shown = invalid?.options.seed ?? seed
      const title = seeds > 1 ? `${world.workload}, seed ${shown}` : world.workload
      const run = shrunk === undefined
        ? yield* recorded(title, world, entry, Flags.options(world, entry, shown))
        : yield* recorded(shrunk.run.title, Flags.withOptions(world, shrunk.options), entry, shrunk.options)
      if (report !== undefined) yield* fileSystem.writeFileString(report, ReportFile.of(run))
      if (store !== undefined) {
        const folder = yield* Store.open(store, world.workload, `seed-${run.options.seed}`)
        yield* Store.write(store, folder, run)
        yield* say(`\nMore in ${folder}.\n`)
      }
    }
    yield* Conclusion.conclude(ended)
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
      description: "A hundred runs on all cores, and how to replay those that are invalid"
    },
    {
      command: `${Usage.self} simulate -w broadcast --time-limit 20 --nemesis partition,kill --seeds 20 --shrink`,
      description: "If one of them is invalid, as little as possible that is"
    },
    {
      command: `${Usage.self} simulate -w broadcast --time-limit 20 --nemesis partition --report /tmp/report.html`,
      description: "A page that shows what happened, message by message"
    },
    {
      command: `${Usage.self} simulate -w echo --time-limit 5 --history - | head`,
      description: "What clients did, and what came of it"
    }
  ])
)
