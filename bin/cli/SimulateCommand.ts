/**
 * `gossip-girl simulate`: one run in virtual time, or a campaign of many; and from one that fails to a small one that
 * fails.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { availableParallelism } from "node:os"
import * as Report from "../../src/report/TextReport.ts"
import { maxSeed } from "../../src/simulator/Options.ts"
import type * as Run from "../../src/simulator/Run.ts"
import * as History from "../../src/workloads/history/History.ts"
import * as Setting from "../../src/workloads/Setting.ts"
import * as Campaign from "./Campaign.ts"
import * as Conclusion from "./Conclusion.ts"
import * as Flags from "./Flags.ts"
import * as Output from "./Output.ts"
import * as Paths from "./Paths.ts"
import * as Playground from "./Playground.ts"
import * as ReportFile from "./ReportFile.ts"
import * as Shrunk from "./Shrunk.ts"
import * as Store from "./Store.ts"
import type * as Threads from "./Threads.ts"
import * as Usage from "./Usage.ts"
import * as Workers from "./Workers.ts"
import * as World from "./World.ts"

const path = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flags.describe(description, metavar, undefined, "none"))

const flags = {
  workload: Flags.givenWorkload,
  ...Flags.world,
  from: path(
    "from",
    "address",
    "Address of the playground, or what stands behind its #: the run that it says, but for what other flags say"
  ),
  seed: Flags.givenSeed,
  seeds: Flags.number(
    "seeds",
    Setting.whole(1, 1_000_000, {
      help: "How many runs, each with the next seed; prints those that are invalid",
      usual: 1
    }, "runs")
  ),
  jobs: Flags.number(
    "jobs",
    Setting.whole(1, 1000, {
      help: "How many of them at a time",
      usual: availableParallelism(),
      usualText: "as many as there are cores"
    })
  ),
  workers: Flag.String("workers").pipe(
    Flags.describe(
      "NATS servers, separated by commas, whose workers on any machine make the runs; see worker --help",
      "url",
      undefined,
      "threads of this machine"
    )
  ),
  shrink: Flag.Boolean("shrink").pipe(
    Flag.withDescription("Make the first run that is invalid as small as possible, and tell what happens in it"),
    Flag.withDefault(false)
  ),
  history: path("history", "file", "Where to write the history of the run as JSON lines, - for standard output"),
  report: path(
    "report",
    "file",
    "Where to write the report of the run, one page of HTML; of many runs, that of the first that is invalid"
  ),
  store: path("store", "directory", "Where to keep the report of that run, its history, results and messages"),
  json: Flags.json
}

type Given = Command.Command.Config.Infer<typeof flags>

/** Fails before any work when what is asked for cannot be done. */
const check = Effect.fnUntraced(function*({ history, json, report, seeds, store, workers }: Given, seed: number) {
  if (seed + seeds - 1 > maxSeed) {
    return yield* Usage.wrong(`--seeds must end at seed ${maxSeed}, not at ${seed + seeds - 1}.`)
  }
  if (workers !== undefined && seeds === 1) return yield* Usage.wrong("--workers is for --seeds.")
  if (history !== undefined && seeds > 1) return yield* Usage.wrong("--history is for one run, not for --seeds.")
  if (history === "-" && json) return yield* Usage.wrong("--json and --history - both want standard output.")
  if (history !== undefined && history !== "-") yield* Paths.file("history", history)
  if (report !== undefined) yield* Paths.file("report", report)
  if (store !== undefined) yield* Paths.directory("store", store)
})

/** One run, whose history is written if that is wanted. */
const runOne = Effect.fnUntraced(function*(world: World.World, history: string | undefined) {
  const label = `${world.workload}, seed ${world.options.seed}`
  const simulation = yield* World.simulate(label, World.simulation(world))
  if (history !== undefined) {
    const lines = History.lines(simulation.history)
    if (history === "-") { for (const batch of Store.batches(lines)) yield* Output.out(batch) }
    else yield* Store.writeLines(history, lines)
  }
  return World.summary(world.workload, world, simulation.results())
})

/** Many runs, in the order of their seeds, and what is to be said of them together. */
const runMany = Effect.fnUntraced(function*(
  { jobs, seeds, workers }: Given,
  world: World.World,
  say: (text: string) => Effect.Effect<void>
) {
  const ended: Array<Threads.Done> = []
  const print = Effect.suspend(() => {
    const runs = ended.toSorted((a, b) => a.seed - b.seed).map(({ results, seed }) =>
      World.summary(`seed ${seed}`, World.withSeed(world, seed), results)
    )
    return Effect.as(say(Report.summary(runs, Output)), runs)
  })
  const campaign = { world, seeds, runs: ended }
  yield* Effect.onInterrupt(
    workers === undefined
      ? Campaign.run({ ...campaign, workers: Campaign.onThreads({ world, seeds }, jobs) })
      : Workers.run(campaign, workers),
    () => print
  )
  return yield* print
})

/** Writes report and store of a run, which is a function of its options: it is made once more, with a journal. */
const keep = Effect.fnUntraced(function*(title: string, world: World.World, { report, store }: Given) {
  const simulation = yield* World.simulate("report", { ...World.simulation(world), journal: true })
  const messages = simulation.messages()
  const run: Run.Run = {
    ...World.summary(title, world, simulation.results()),
    history: simulation.history,
    ...messages && { messages }
  }
  const fileSystem = yield* FileSystem.FileSystem
  if (report !== undefined) yield* fileSystem.writeFileString(report, ReportFile.of(run))
  if (store === undefined) return ""
  const folder = yield* Store.open(store, world.workload, `seed-${world.options.seed}`)
  yield* Store.write(store, folder, run)
  return `\nMore in ${folder}.\n`
})

const handler = Effect.fnUntraced(function*(given: Given) {
  const { history, json, report, seeds, store } = given
  const world = yield* World.fromFlags(given)
  const { seed } = world.options
  yield* check(given, seed)
  const say = json ? () => Effect.void : history === "-" ? Output.err : Output.out

  const runs = yield* seeds > 1 ? runMany(given, world, say) : Effect.map(runOne(world, history), (run) => [run])
  if (seeds === 1) yield* Effect.forEach(runs, (run) => say(Report.single(run, Output)))

  const invalid = runs.find(({ results }) => results.validity === "invalid")
  const shown = World.withSeed(world, invalid?.options.seed ?? seed)
  const shrunk = given.shrink && invalid !== undefined ? yield* Shrunk.find(shown, say) : undefined
  if (json) {
    const all = shrunk === undefined ? runs : [...runs, shrunk.run]
    const parts = Report.jsonParts(all, seeds > 1 ? { ranges: Report.ranges(runs) } : {})
    for (const part of parts) yield* Output.out(part)
  }
  if (report !== undefined || store !== undefined) {
    const title = seeds > 1 ? `${world.workload}, seed ${shown.options.seed}` : world.workload
    const where = shrunk === undefined
      ? yield* keep(title, shown, given)
      : yield* keep(shrunk.run.title, shrunk.world, given)
    if (where !== "") yield* say(where)
  }
  yield* Conclusion.conclude(runs)
})

export const simulateCommand = Command.make("simulate", flags, handler).pipe(
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
    },
    {
      command: `${Usage.self} simulate --from ${
        Playground.fragment({ workload: "echo", program: "echo", flags: {} })
      } --seeds 100`,
      description: "What one has made in the playground, also with other seeds"
    }
  ])
)
