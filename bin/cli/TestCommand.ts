/**
 * `gossip-girl test`: Maelstrom's command line, in front of real processes of any language.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { resolve } from "node:path"
import { type EventLoopUtilization, performance } from "node:perf_hooks"
import * as Registry from "../../src/registry/Registry.ts"
import * as Ending from "../../src/report/Ending.ts"
import * as Pace from "../../src/report/Pace.ts"
import { printable } from "../../src/report/sentences/Text.ts"
import * as Report from "../../src/report/TextReport.ts"
import * as Options from "../../src/simulator/Options.ts"
import * as RealCluster from "../../src/simulator/processes/RealCluster.ts"
import type * as Run from "../../src/simulator/Run.ts"
import * as Trial from "../../src/simulator/Trial.ts"
import type { Finding } from "../../src/workloads/finding/Finding.ts"
import * as Setting from "../../src/workloads/Setting.ts"
import * as Conclusion from "./Conclusion.ts"
import * as Executable from "./Executable.ts"
import * as Flags from "./Flags.ts"
import * as MaelstromFlags from "./MaelstromFlags.ts"
import * as NatsTest from "./NatsTest.ts"
import * as Output from "./Output.ts"
import * as OwnWorkload from "./OwnWorkload.ts"
import * as Paths from "./Paths.ts"
import * as Store from "./Store.ts"
import * as Usage from "./Usage.ts"

/** How many logs are named. */
const mostLogs = 5

/** Where the logs of the nodes are of which findings speak. */
const named = (
  logs: ReadonlyArray<readonly [node: string, path: string]>,
  findings: ReadonlyArray<Finding>
): ReadonlyArray<string> => {
  const found = new Set(findings.flatMap(({ examples }) => examples.flatMap(({ nodes }) => nodes)))
  return logs.filter(([node]) => found.has(node)).slice(0, mostLogs)
    .map(([node, path]) => `What ${node} wrote to standard error: ${path}`)
}

/** Keeps what there is of a run that was interrupted, and says where. */
const interrupted = Effect.fnUntraced(
  function*(folder: string, logs: ReadonlyArray<readonly [node: string, path: string]>, part: RealCluster.Part) {
    yield* Output.endProgress
    const isKept = yield* Effect.isSuccess(Store.writePart(folder, part))
    yield* Output.err([
      "gossip-girl: the run was interrupted",
      isKept ? `; what happened until then is in ${folder}` : "",
      logs.length === 0 ? "; its nodes have logged nothing" : `; the logs of its nodes are in ${folder}/node-logs`,
      ".\n"
    ].join(""))
  }
)

const flags = {
  ...Flags.trial,
  workload: OwnWorkload.flag,
  bin: Flag.String("bin").pipe(
    Flag.withDescription("Executable that runs a node, in any language; required, but for --nats"),
    Flag.withMetavar("file"),
    Flag.between(0, 1),
    Flag.map(([file = ""]) => file)
  ),
  ...NatsTest.flags,
  args: Argument.String("args").pipe(
    Argument.withDescription("Arguments for that executable, behind --"),
    Argument.variadic()
  ),
  seed: Flags.number(
    "seed",
    Setting.whole(0, Options.maxSeed, {
      help: "Seed of operations, faults and latencies; what nodes make of them is their own",
      usual: 0
    })
  ),
  logStderr: Flag.Boolean("log-stderr").pipe(
    Flag.withDescription("Show what nodes write to standard error, as it comes"),
    Flag.withDefault(false)
  ),
  logNetSend: Flag.Boolean("log-net-send").pipe(
    Flag.withDescription("Show every message on standard error when it is sent"),
    Flag.withDefault(false)
  ),
  logNetRecv: Flag.Boolean("log-net-recv").pipe(
    Flag.withDescription("Show every message on standard error when it is received"),
    Flag.withDefault(false)
  ),
  testCount: Flags.number(
    "test-count",
    Setting.whole(1, 100_000, {
      help: "How many runs, one after the other, each with the next seed; the first that is not valid is the last",
      usual: 1
    }, "runs")
  ),
  store: Flag.String("store").pipe(
    Flags.describe("Where to keep history, results, messages and logs of the nodes", "directory", "store")
  ),
  json: Flags.json,
  nodes: MaelstromFlags.nodes,
  ignored: MaelstromFlags.ignored
}

type Given = Command.Command.Config.Infer<typeof flags>

/** The command that runs the same once more. */
const replay = (given: Given, options: Options.Options): string => {
  const { args, bin, seed, workload: { text, workload } } = given
  const flags = `--workload ${Executable.quote(text)}${Flags.text(workload, Options.Trial, options)}`
  if (given.nats !== undefined) {
    return `${Usage.self} test ${flags} ${NatsTest.replay(given)} --seed ${seed}`
  }
  const nodes = [
    `--bin ${Executable.quote(bin)} --seed ${seed}`,
    ...args.length > 0 ? ["--", ...args.map(Executable.quote)] : []
  ]
  return `${Usage.self} test ${flags} ${nodes.join(" ")}`
}

/** For how much of the time this process is busy while clients work. It is to be told how many ms of the run are over. */
const loadOf = (timeLimit: number) => {
  let begin: EventLoopUtilization | undefined
  let busyFraction = 0
  return {
    tell: (elapsed: number): void => {
      if (elapsed <= 0 || elapsed > timeLimit) return
      if (begin === undefined) begin = performance.eventLoopUtilization()
      else busyFraction = performance.eventLoopUtilization(begin).utilization
    },
    busyFraction: () => busyFraction
  }
}

/** Runs the nodes, and keeps what they log in the folder; no folder is left if they cannot be started. */
const runNodes = Effect.fnUntraced(
  function*(
    folder: string,
    file: string,
    given: Given,
    options: Omit<RealCluster.Options, "command">,
    onNats: NatsTest.Cluster | undefined
  ) {
    const { args, bin, logStderr, workload: { workload: { name } } } = given
    const logs = yield* Store.nodeLogs(folder)
    const load = loadOf(options.timeLimit)
    const context = yield* Effect.context<FileSystem.FileSystem>()
    const fork = Effect.runForkWith(context)
    const command = { file, args, env: Registry.environment(options.settings) }
    const outcome = yield* RealCluster.run({
      ...options,
      journal: true,
      onMessage: onMessage(given, fork),
      command,
      disks: resolve(folder, "disks"),
      ...onNats && { onBegin: onNats.onBegin, onCut: onNats.onCut, losesLateReplies: true },
      commandOf: onNats?.commandOf && ((node) => ({ ...command, ...onNats.commandOf?.(node, file) })),
      onErrorLines: (node, lines) => {
        logs.write(node, lines)
        if (logStderr) fork(Output.err(lines.map((line) => `${node}: ${printable(line)}\n`).join("")))
      },
      onProgress: (done) => {
        load.tell(done * Trial.lengthOf(options))
        onNats?.tell(done * Trial.lengthOf(options))
        if (!logStderr) fork(Output.progress(`${name}: ${Math.floor(done * 100)} %`))
      },
      onInterrupt: (part) => Effect.provideContext(interrupted(folder, logs.paths(), part), context)
    }).pipe(
      Effect.ensuring(Output.endProgress),
      Effect.catchTag("CannotStart", ({ reason }) =>
        FileSystem.FileSystem.pipe(
          Effect.flatMap((fileSystem) => fileSystem.remove(folder, { recursive: true })),
          Effect.andThen(Usage.wrong(`--bin ${bin}: ${reason}.`))
        ))
    )
    return { outcome, logs, busyFraction: load.busyFraction() }
  }
)

/** Shows messages as they pass, if that is asked for. */
const onMessage = ({ logNetRecv, logNetSend }: Given, fork: (effect: Effect.Effect<void>) => void) =>
  logNetSend || logNetRecv
    ? (step: "send" | "receive", line: string): void => {
      if (step === "send" ? logNetSend : logNetRecv) fork(Output.err(`${step} ${printable(line)}\n`))
    }
    : undefined

/** The options of all runs, if what is asked for can be done. */
const check = Effect.fnUntraced(function*(given: Given) {
  const { bin, seed, store } = given
  yield* MaelstromFlags.warn(given.ignored)
  const named = yield* MaelstromFlags.nodeCount(given.nodes)
  const nodeCount = given.options["node-count"] ?? named?.toString()
  const options = yield* Flags.trialOptions(
    given.workload.workload,
    { ...given, options: { ...OwnWorkload.optionsOf(given.workload, given.options), "node-count": nodeCount } },
    seed
  )
  const ofMachine = options.nemesis.find((fault) => fault === "clock" || fault === "disk")
  if (ofMachine !== undefined) {
    const text = `--nemesis ${ofMachine} is for simulate: here the ${ofMachine} of a node is the machine's own.`
    return yield* Usage.wrong(text)
  }
  yield* NatsTest.check(given, options)
  if (bin === "") return yield* Usage.wrong("--bin is missing.")
  const file = resolve(bin)
  const wrong = Executable.fault(file)
  if (wrong !== undefined) return yield* Usage.wrong(`--bin ${bin}: ${wrong}.`)
  yield* Paths.directory("store", store)
  return { file, options }
})

/** One run, kept, and shown unless that is for the end. */
const runOnce = Effect.fnUntraced(function*(
  file: string,
  given: Given,
  options: Options.Options,
  servers: NatsTest.Servers | undefined
) {
  const { bin, json, store, workload: { workload } } = given
  const onNats = servers === undefined ? undefined : yield* NatsTest.cluster(given, servers, options)
  const args = onNats?.args ?? given.args
  const folder = yield* Store.open(store, workload.name, Store.nameByTime(yield* Clock.currentTimeMillis))
  const { busyFraction, logs, outcome } = yield* runNodes(
    folder,
    file,
    { ...given, args },
    { ...options, workload },
    onNats
  )
  const run: Run.Run = {
    title: workload.name,
    workload: workload.name,
    program: [bin, ...args].map(Executable.quote).join(" "),
    options,
    ...outcome,
    replay: replay(given, options)
  }
  const notKept = logs.fault()
    ?? (yield* Store.write(store, folder, run).pipe(
      Effect.as(undefined),
      Effect.catchTag("PlatformError", (error) => Effect.succeed(Store.reason(error)))
    ))
  const logsNamed = run.results.findings.length === 0 ? [] : named(logs.paths(), run.results.findings)
  const more = notKept === undefined ? `More in ${folder}.` : `More in ${folder}, but not all: ${notKept}.`
  const where = [...logsNamed, more].map((line) => `${line}\n`).join("")
  const pace = Pace.lines(run, busyFraction)
  const remarks = [...pace, ...notKept === undefined ? [] : [more]]
  if (json) yield* Output.err(remarks.map((remark) => `gossip-girl: ${remark}\n`).join(""))
  if (!json) {
    const rates = pace.map((line) => `${line}\n`).join("")
    yield* Output.out(`${Report.single(run, Output)}${rates}${where}\n${Ending.line(run)}\n`)
  }
  return run
}, Effect.scoped)

const handler = Effect.fnUntraced(function*(asked: Given) {
  const isOnNats = asked.nats !== undefined
  const given = isOnNats && asked.bin === "" ? { ...asked, bin: Usage.script } : asked
  const { file, options } = yield* check(given)
  const servers = isOnNats ? yield* NatsTest.servers(given, options) : undefined
  const runs: Array<Run.Run> = []
  while (runs.length < given.testCount && runs.every(({ results }) => results.valid)) {
    const seed = given.seed + runs.length
    runs.push(yield* runOnce(file, { ...given, seed }, { ...options, seed }, servers))
  }
  if (given.json) yield* Output.out(Report.json(runs))
  yield* Conclusion.conclude(runs)
}, Effect.scoped)

export const testCommand = Command.make("test", flags, handler).pipe(
  Command.withDescription("Run real processes in real time, in Maelstrom's place, and judge what happened"),
  Command.withExamples([
    { command: `${Usage.self} test -w echo --bin dist/echo.js --node-count 1 --time-limit 5` },
    {
      command: `${Usage.self} test -w broadcast --bin dist/broadcast.js --time-limit 5 --nemesis partition,kill,pause`,
      description: "With faults"
    }
  ])
)
