/**
 * How fast it is, side by side with plain Node in the same run: `npm run bench`. Claims are ratios from one such run;
 * absolute figures are the machine's.
 */
import "effect/schema/SchemaJITCompiler/enable"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import { join } from "node:path"
import { registry } from "../src/registry/Registry.ts"
import { Echo } from "../src/schema/EchoProtocol.ts"
import * as Rpc from "../src/schema/Rpc.ts"
import { Node } from "../src/services/node/Node.ts"
import { Peers } from "../src/services/node/Peers.ts"
import * as Limits from "../src/simulator/Limits.ts"
import * as RealCluster from "../src/simulator/processes/RealCluster.ts"
import type * as Results from "../src/simulator/Results.ts"
import * as Simulation from "../src/simulator/Simulation.ts"
import { EchoWorkload } from "../src/workloads/echo/EchoWorkload.ts"
import { quantile } from "../src/workloads/history/Sorted.ts"
import * as Children from "./benchmark/Children.ts"
import * as References from "./benchmark/References.ts"

/** One line of the table. `ratio` is ours to the reference's; without a goal, `reached` is null. */
interface Row {
  readonly name: string
  readonly ours: string
  readonly reference: string
  readonly ratio: number
  readonly goal: string
  readonly reached: boolean | null
}

const median = (values: ReadonlyArray<number>): number => quantile(values.toSorted((a, b) => a - b), 0.5)

/** What was measured of us and of a reference; the ratio is the median of those of each round. */
interface Comparison {
  readonly ours: number
  readonly reference: number
  readonly ratio: number
}

type Measure = () => Promise<number>

/** Takes turns, so that whatever else the machine does hits all alike. One comparison for each reference. */
const sideBySide = async (
  rounds: number,
  ours: Measure,
  references: ReadonlyArray<Measure>
): Promise<ReadonlyArray<Comparison>> => {
  const mine: Array<number> = []
  const theirs = references.map((): Array<number> => [])
  for (let round = 0; round < rounds; round++) {
    mine.push(await ours())
    for (const [i, reference] of references.entries()) theirs[i]!.push(await reference())
  }
  return theirs.map((values) => ({
    ours: median(mine),
    reference: median(values),
    ratio: median(values.map((value, round) => mine[round]! / value))
  }))
}

const row = (name: string, { ours, ratio, reference }: Comparison, unit: string): Row => {
  const format = (value: number): string => `${Math.round(value).toLocaleString("en")} ${unit}`
  return { name, ours: format(ours), reference: format(reference), ratio, goal: "-", reached: null }
}

const atLeast = (goal: number, name: string, unit: string, comparison: Comparison): Row => ({
  ...row(name, comparison, unit),
  goal: `≥ ${goal} ×`,
  reached: comparison.ratio >= goal
})

const atMost = (goal: number, name: string, comparison: Comparison): Row => ({
  ...row(name, comparison, "ms"),
  goal: `≤ ${goal} ×`,
  reached: comparison.ratio <= goal
})

const requests = 200_000
const echo = [join(import.meta.dirname, "echo.js")]
const plainEcho = ["-e", `(${References.echoNode.toString()})()`]
const bareEcho = ["-e", `(${References.echoFloor.toString()})()`]

const throughput = async (): Promise<ReadonlyArray<Row>> => {
  const memory: Array<ReadonlyArray<number>> = []
  const rate = (args: ReadonlyArray<string>): Measure => async () => {
    const measured = await Children.throughput(
      args,
      requests,
      (i) => ({ type: "echo", echo: `Please echo ${i % 128}` })
    )
    if (!measured.inOrder) throw new Error("a reply is missing or out of order")
    if (args === echo) memory.push(measured.memory)
    return measured.rate
  }
  const name = `echo, ${requests.toLocaleString("en")} requests piped`
  const [plain, bare] = await sideBySide(7, rate(echo), [rate(plainEcho), rate(bareEcho)])
  const growth = { // from two fifths of the replies to all of them
    ours: median(memory.map((samples) => samples[4] ?? NaN)),
    reference: median(memory.map((samples) => samples[1] ?? NaN)),
    ratio: median(memory.map((samples) => (samples[4] ?? NaN) / (samples[1] ?? NaN)))
  }
  return [
    atLeast(0.7, name, "requests/s", plain!),
    row("the same, beside the bare minimum", bare!, "requests/s"),
    { ...row("its memory at the end, and at two fifths", growth, "MB"), goal: "≤ 1.2 ×", reached: growth.ratio <= 1.2 }
  ]
}

const kafka = [join(import.meta.dirname, "kafka.js")]
const plainKafka = ["-e", `(${References.kafkaNode.toString()})()`]

/** Sends and polls in turn, to and from ten keys; each poll from the last ten offsets on. */
const log = async (): Promise<ReadonlyArray<Row>> => {
  const rate = (args: ReadonlyArray<string>): Measure => async () => {
    const measured = await Children.throughput(args, requests, (i) => {
      const key = `k${(i >> 1) % 10}`
      if (i % 2 === 0) return { type: "send", key, msg: i }
      return { type: "poll", offsets: { [key]: Math.max(0, Math.floor(i / 20) - 9) } }
    })
    if (!measured.inOrder) throw new Error("a reply is missing or out of order")
    return measured.rate
  }
  const name = `kafka, ${requests.toLocaleString("en")} sends and polls piped`
  const [plain] = await sideBySide(7, rate(kafka), [rate(plainKafka)])
  return [atLeast(0.5, name, "requests/s", plain!)]
}

/** Of what a log of 1,000,000 messages costs a node, beside one of 100,000. */
const longLog = async (): Promise<ReadonlyArray<Row>> => {
  const { marks: [empty, small, large] } = await Children.kafkaFill(kafka, 1000, [1000, 100_000, 1_000_000])
  if (empty === undefined || small === undefined || large === undefined) throw new Error("too few marks")
  const bytes = (mark: typeof large): number => (mark.memory - empty.memory) * 1e6 / (mark.messages - empty.messages)
  const flat = (what: string, unit: string, ours: number, reference: number, format: (n: number) => string): Row => ({
    name: `kafka, ${what} at 1,000,000 messages, and at 100,000`,
    ours: `${format(ours)} ${unit}`,
    reference: `${format(reference)} ${unit}`,
    ratio: ours / reference,
    goal: "≤ 1.2 ×",
    reached: ours / reference <= 1.2
  })
  return [
    flat("memory a message", "bytes", bytes(large), bytes(small), (n) => String(Math.round(n))),
    flat("a poll", "ms", large.poll, small.poll, (n) => n.toFixed(3))
  ]
}

const bareStart = (): Promise<number> => Children.timeToExit(["-e", "0"])
const nodeStart = (): Promise<number> => Children.timeToInit(echo)

const startUp = async (): Promise<ReadonlyArray<Row>> => {
  const [comparison] = await sideBySide(21, nodeStart, [bareStart])
  return [atMost(1.5, "start-up until init_ok, one node", comparison!)]
}

const startUpTogether = async (): Promise<ReadonlyArray<Row>> => {
  const all = (one: Measure): Measure => async () => Math.max(...await Promise.all(Array.from({ length: 25 }, one)))
  const [comparison] = await sideBySide(9, all(nodeStart), [all(bareStart)])
  return [atMost(1.5, "start-up until init_ok, 25 nodes at once", comparison!)]
}

const Ping = Rpc.make("ping", { request: { n: Schema.Int }, reply: { n: Schema.Int } })

const loops = 10
const traffic = { duration: 20_000, mean: 10, loss: 0.05, timeout: 200 }

/** Ten loops a node, each asking one peer after the other without end. */
const Pinger = Effect.gen(function*() {
  const peers = yield* Peers
  const loop = Random.nextIntBetween(0, peers.ids.length - 1).pipe(
    Effect.flatMap((n) => peers.ask(peers.ids[n]!, Ping, { n }, { timeout: Duration.millis(traffic.timeout) })),
    Effect.ignore,
    Effect.forever({ disableYield: true })
  )
  for (let i = 0; i < loops; i++) yield* Effect.forkScoped(loop)
  yield* Node.serve([Ping, Echo] as const, {
    ping: ({ n }) => Effect.succeed({ n }),
    echo: ({ echo }) => Effect.succeed({ echo })
  })
}).pipe(Effect.scoped)

const simulated = async (): Promise<ReadonlyArray<Row>> => {
  const perSecond = (work: () => number): Promise<number> => {
    const before = performance.now()
    return Promise.resolve(work() / (performance.now() - before) * 1000)
  }
  const ours = (): number => {
    const simulation = Simulation.run({
      ...Simulation.defaults,
      workload: EchoWorkload,
      program: Pinger,
      nodeCount: 25,
      timeLimit: traffic.duration,
      latency: { mean: traffic.mean, dist: "exponential" },
      loss: traffic.loss
    })
    const { findings, network } = simulation.results()
    if (findings.length > 0) throw new Error(findings.join("; "))
    return network.servers.sent
  }
  const [comparison] = await sideBySide(5, () => perSecond(ours), [
    () => perSecond(() => References.world(25, loops, traffic))
  ])
  return [{
    ...row("simulated world, 25 nodes, 5 % loss", comparison!, "messages/s"),
    goal: "≥ 100,000/s",
    reached: comparison!.ours >= 100_000
  }]
}

/** Challenge 3d by real processes in real time, beside the same in the simulated world. */
const clusters = async (): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  const options = {
    ...Simulation.defaults,
    workload: registry.broadcast.workload,
    nodeCount: 25,
    concurrency: 25,
    rate: 100,
    timeLimit: 20_000,
    latency: { mean: 100, dist: "constant" }
  } as const
  const text = (results: Results.Results): string => {
    const { max, median } = Limits.latency(results)
    return `${results.messagesPerOperation.servers.toFixed(2)} msgs/op @ ${median}/${max} ms`
  }
  for (const dissemination of ["star", "thrifty", "mesh"] as const) {
    const command = {
      file: join(import.meta.dirname, "broadcast.js"),
      args: [],
      env: { GOSSIP_DISSEMINATION: dissemination }
    }
    const { results: real } = await Effect.runPromise(RealCluster.run({ ...options, command }))
    if (!real.valid) throw new Error(real.findings.join("; "))
    const { program } = registry.broadcast.programs[dissemination]
    const simulated = Simulation.run({ ...options, program }).results()
    const ratio = real.messagesPerOperation.servers / simulated.messagesPerOperation.servers
    rows.push({
      name: `broadcast, 25 processes, ${dissemination}`,
      ours: text(real),
      reference: `${text(simulated)}, simulated`,
      ratio,
      goal: "0.9 to 1.1 ×",
      reached: ratio >= 0.9 && ratio <= 1.1
    })
  }
  return rows
}

const print = (rows: ReadonlyArray<Row>): void => {
  const table = [
    ["", "ours", "reference", "ratio", "goal", ""],
    ...rows.map(({ goal, name, ours, ratio, reached, reference }) => [
      name,
      ours,
      reference,
      `${ratio.toFixed(2)} ×`,
      goal,
      reached === null ? "" : reached ? "reached" : "not reached"
    ])
  ]
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd())
}

const main = async (): Promise<void> => {
  const rows: Array<Row> = []
  for (const measure of [startUp, startUpTogether, throughput, log, longLog, simulated, clusters]) {
    console.error(`measuring ${measure.name} …`)
    rows.push(...await measure())
  }
  if (process.argv.includes("--json")) console.log(JSON.stringify(rows, null, 2))
  else print(rows)
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 3
})
