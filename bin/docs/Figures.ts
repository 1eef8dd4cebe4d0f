/**
 * The figures of runs that documents show. `npm run docs` runs the commands that give the simulated ones, and keeps those in
 * docs/figures/simulated.json: the same commit gives the same figures. `npm run docs -- --real` runs the challenges by real
 * processes, whose figures vary with the machine and from run to run, and keeps those in docs/figures/real.json, with the
 * day and the machine. `npm run docs -- --bench` does the same with `npm run bench`, and docs/figures/benchmark.json.
 */
import * as Schema from "effect/Schema"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { availableParallelism, cpus, loadavg } from "node:os"
import { join } from "node:path"
import * as Registry from "../../src/registry/Registry.ts"
import * as Limits from "../../src/simulator/Limits.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as Operations from "../../src/workloads/history/Operations.ts"
import { quantile } from "../../src/workloads/history/Sorted.ts"
import { output } from "./Commands.ts"

/** What one run costs. */
const Cost = Schema.Struct({
  run: Schema.String,
  nodes: Schema.Int,
  faults: Schema.Array(Schema.String),
  /** Messages between servers for each operation. */
  messages: Schema.Finite,
  /** In ms: of a value to every node where the workload measures that, else of a reply. */
  medianLatency: Schema.Finite,
  maxLatency: Schema.Finite
})
export interface Cost extends Schema.Schema.Type<typeof Cost> {}

const Costs = Schema.Array(Cost)

/** With the bytes of these messages for each operation. */
const Size = Schema.Struct({ ...Cost.fields, bytes: Schema.Int })

/** With how long replies to reads and to broadcasts take, in ms. */
const ShapeCost = Schema.Struct({
  ...Cost.fields,
  medianRead: Schema.Int,
  maxRead: Schema.Int,
  medianBroadcast: Schema.Int,
  maxBroadcast: Schema.Int
})
export interface ShapeCost extends Schema.Schema.Type<typeof ShapeCost> {}

const Simulated = Schema.Struct({ challenges: Costs, shapes: Schema.Array(ShapeCost), sizes: Schema.Array(Size) })
export interface Simulated extends Schema.Schema.Type<typeof Simulated> {}

const Measured = Schema.Struct({
  /** The day. */
  measured: Schema.String,
  machine: Schema.String,
  /** How many processes of the machine wanted a core, on average, in the last minutes of measuring; if it was noted. */
  load: Schema.optionalKey(Schema.Finite)
})
export interface Measured extends Schema.Schema.Type<typeof Measured> {}

const Real = Schema.Struct({ ...Measured.fields, challenges: Costs })
export interface Real extends Schema.Schema.Type<typeof Real> {}

/** A row of what `npm run bench` prints. */
const Row = Schema.Struct({
  name: Schema.String,
  ours: Schema.String,
  reference: Schema.String,
  ratio: Schema.Finite,
  goal: Schema.String
})
const Benchmark = Schema.Struct({ ...Measured.fields, rows: Schema.Array(Row) })
export interface Benchmark extends Schema.Schema.Type<typeof Benchmark> {}

const decodeSimulated = Schema.decodeUnknownSync(Schema.fromJsonString(Simulated))
const decodeReal = Schema.decodeUnknownSync(Schema.fromJsonString(Real))
const decodeBenchmark = Schema.decodeUnknownSync(Schema.fromJsonString(Benchmark))
const decodeRows = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(Row)))

/** Where they are kept, from the root. */
export const files = {
  simulated: "docs/figures/simulated.json",
  real: "docs/figures/real.json",
  benchmark: "docs/figures/benchmark.json"
} as const

const text = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const read = (root: string, name: string): string => readFileSync(join(root, name), "utf8")

export const simulatedIn = (root: string): Simulated => decodeSimulated(read(root, files.simulated))
export const realIn = (root: string): Real => decodeReal(read(root, files.real))
export const benchmarkIn = (root: string): Benchmark => decodeBenchmark(read(root, files.benchmark))

/** What commands print of a run with `--json`, as far as it is of use here. */
const Printed = Schema.Struct({
  title: Schema.String,
  valid: Schema.Boolean,
  options: Schema.Struct({ nodeCount: Schema.Int, nemesis: Schema.Array(Schema.String) }),
  operations: Schema.Struct({ count: Schema.Int }),
  messagesPerOperation: Schema.Struct({ servers: Schema.Finite }),
  network: Schema.Struct({ servers: Schema.Struct({ bytes: Schema.Int }) }),
  latencies: Schema.Struct({ median: Schema.Finite, max: Schema.Finite }),
  figures: Schema.Record(Schema.String, Schema.Json)
})
interface Printed extends Schema.Schema.Type<typeof Printed> {}

const decodePrinted = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Struct({ runs: Schema.Array(Printed) })))

/** The cost of a run as `--json` tells it, as exactly as documents show it. */
export const costOf = (run: Printed): Cost => {
  const { title } = run
  if (!run.valid) throw new Error(`${title} is invalid: what it costs is worth nothing`)
  const { max, median } = Limits.latency({ latencies: run.latencies, workload: { figures: run.figures } })
  return {
    run: title,
    nodes: run.options.nodeCount,
    faults: run.options.nemesis,
    messages: Number(run.messagesPerOperation.servers.toFixed(3)),
    medianLatency: Math.round(median),
    maxLatency: Math.round(max)
  }
}

const runsOf = async (root: string, command: string): Promise<ReadonlyArray<Printed>> => {
  const printed = await output(root, ["dist/gossip-girl.js", ...command.split(" "), "--json"])
  return decodePrinted(printed).runs
}

/** One run of 25 nodes with each of these shapes. */
export const shapes = Registry.programNames("broadcast")
/** What `simulate -w broadcast --program SHAPE --node-count 25 --rate 100 --latency 100 --time-limit 20` costs. */
export const costOfShape = (shape: string): ShapeCost => {
  const simulation = Simulation.run({
    ...Simulation.defaults,
    ...Registry.find("broadcast", shape)!, // a name of its programs
    nodeCount: 25,
    concurrency: 25,
    rate: 100,
    latency: { ...Simulation.defaults.latency, mean: 100 },
    timeLimit: 20_000
  })
  const { workload, ...measured } = simulation.results()
  const took = (f: string): ReadonlyArray<number> =>
    Operations.completed(simulation.history)
      .filter(({ completion, invoke }) => invoke.f === f && completion.type === "ok")
      .map(({ completion, invoke }) => completion.time - invoke.time)
      .toSorted((a, b) => a - b)
  const [reads, broadcasts] = [took("read"), took("broadcast")]
  return {
    ...costOf({ title: shape, options: simulation.options, ...measured, ...workload }),
    medianRead: Math.round(quantile(reads, 0.5)),
    maxRead: Math.round(quantile(reads, 1)),
    medianBroadcast: Math.round(quantile(broadcasts, 0.5)),
    maxBroadcast: Math.round(quantile(broadcasts, 1))
  }
}

export const sizesCommand = "costs --node-counts 5,25,50,100 --rates 10,100"

/** The text of docs/figures/simulated.json, from runs. */
export const simulate = async (root: string): Promise<string> => {
  const [challenges, sizes] = await Promise.all([runsOf(root, "challenges"), runsOf(root, sizesCommand)])
  return text({
    challenges: challenges.map((run) => costOf(run)),
    shapes: shapes.map(costOfShape),
    sizes: sizes.map((run) => ({
      ...costOf(run),
      bytes: Math.round(run.network.servers.bytes / run.operations.count)
    }))
  })
}

/** What is told of whatever was measured just now. */
const measuredNow = (date: Date): Measured => ({
  measured: date.toISOString().slice(0, "2026-01-01".length),
  machine: `${availableParallelism()} cores, ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`,
  load: Math.round(loadavg()[1]!) // it is an array of three
})

/** The text of docs/figures/real.json, from runs by real processes; takes twelve minutes. */
export const measure = async (root: string, date: Date): Promise<string> => {
  const runs = await runsOf(root, "challenges --real")
  return text({
    ...measuredNow(date),
    challenges: runs.filter((_, i) => i % 2 === 0).map((run) => costOf(run)) // after each comes its simulation
  })
}

/** The text of docs/figures/benchmark.json, from `npm run bench`, which shows on standard error how far it is. */
export const bench = (root: string, date: Date): string => {
  const { status, stdout } = spawnSync(process.execPath, [join(root, "dist/benchmark.js"), "--json"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"]
  })
  if (status !== 0) process.exitCode = 3 // it has said which measurement fails, and gives the others
  return text({
    ...measuredNow(date),
    rows: decodeRows(stdout).map(({ goal, name, ours, ratio, reference }) => ({
      name,
      ours,
      reference,
      ratio: Number(ratio.toFixed(2)),
      goal
    }))
  })
}
