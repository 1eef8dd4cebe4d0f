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
import { quantile } from "../src/bench/Results.ts"
import * as Simulation from "../src/bench/Simulation.ts"
import { EchoWorkload } from "../src/bench/workloads/EchoWorkload.ts"
import { Echo } from "../src/schema/EchoProtocol.ts"
import * as Rpc from "../src/schema/Rpc.ts"
import { Node } from "../src/services/Node.ts"
import { Peers } from "../src/services/Peers.ts"
import * as Children from "./measure/Children.ts"
import * as References from "./measure/References.ts"

/** One line of the table. `ratio` is ours to the reference's; `goal` is what it should be. */
interface Row {
  readonly name: string
  readonly ours: string
  readonly reference: string
  readonly ratio: number
  readonly goal: string
  readonly reached: boolean
}

const median = (values: ReadonlyArray<number>): number => quantile(values.toSorted((a, b) => a - b), 0.5)

/** Takes turns, so that whatever else the machine does hits both alike; the median of each. */
const sideBySide = async (
  rounds: number,
  ours: () => Promise<number>,
  reference: () => Promise<number>
): Promise<{ readonly ours: number; readonly reference: number }> => {
  const mine: Array<number> = []
  const theirs: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    theirs.push(await reference())
    mine.push(await ours())
  }
  return { ours: median(mine), reference: median(theirs) }
}

const atLeast = (goal: number, name: string, unit: string, { ours, reference }: { ours: number; reference: number }) =>
  ({
    name,
    ours: `${Math.round(ours).toLocaleString("en")} ${unit}`,
    reference: `${Math.round(reference).toLocaleString("en")} ${unit}`,
    ratio: ours / reference,
    goal: `≥ ${goal} ×`,
    reached: ours / reference >= goal
  }) satisfies Row

const atMost = (goal: number, name: string, { ours, reference }: { ours: number; reference: number }) =>
  ({
    name,
    ours: `${ours.toFixed(0)} ms`,
    reference: `${reference.toFixed(0)} ms`,
    ratio: ours / reference,
    goal: `≤ ${goal} ×`,
    reached: ours / reference <= goal
  }) satisfies Row

const requests = 200_000
const echo = [join(import.meta.dirname, "echo.js")]
const plainEcho = ["-e", `(${References.echoNode.toString()})()`]
const bareEcho = ["-e", `(${References.echoFloor.toString()})()`]

const throughput = async (): Promise<ReadonlyArray<Row>> => {
  const rate = async (args: ReadonlyArray<string>): Promise<number> => {
    const { inOrder, memory, rate } = await Children.echoThroughput(args, requests)
    if (!inOrder) throw new Error("a reply is missing or out of order")
    if (args === echo) console.error(`  memory of dist/echo.js on the way: ${memory.join(", ")} MB`)
    return rate
  }
  const name = `echo, ${requests.toLocaleString("en")} requests piped`
  return [
    atLeast(0.7, name, "requests/s", await sideBySide(5, () => rate(echo), () => rate(plainEcho))),
    {
      ...atLeast(
        0,
        `${name}, beside the bare minimum`,
        "requests/s",
        await sideBySide(5, () => rate(echo), () => rate(bareEcho))
      ),
      goal: "-"
    }
  ]
}

const startUp = async (): Promise<ReadonlyArray<Row>> => [
  atMost(
    1.5,
    "start-up until init_ok, one node",
    await sideBySide(21, () => Children.timeToInit(echo), () => Children.timeToExit(["-e", "0"]))
  )
]

const startUpTogether = async (): Promise<ReadonlyArray<Row>> => {
  const all = async (one: () => Promise<number>): Promise<number> =>
    Math.max(...await Promise.all(Array.from({ length: 25 }, one)))
  return [
    atMost(
      1.5,
      "start-up until init_ok, 25 nodes at once",
      await sideBySide(
        7,
        () => all(() => Children.timeToInit(echo)),
        () => all(() => Children.timeToExit(["-e", "0"]))
      )
    )
  ]
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
}).pipe(Effect.scoped, Effect.provide(Peers.layer))

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
  const figures = await sideBySide(
    5,
    () => perSecond(ours),
    () => perSecond(() => References.world(25, loops, traffic))
  )
  const row = atLeast(0, "simulated world, 25 nodes, 5 % loss", "messages/s", figures)
  return [{ ...row, goal: "≥ 100,000/s", reached: figures.ours >= 100_000 }]
}

const print = (rows: ReadonlyArray<Row>): void => {
  const table = [
    ["", "ours", "plain Node", "ratio", "goal", ""],
    ...rows.map(({ goal, name, ours, ratio, reached, reference }) => [
      name,
      ours,
      reference,
      `${ratio.toFixed(2)} ×`,
      goal,
      goal === "-" ? "" : reached ? "reached" : "not reached"
    ])
  ]
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd())
}

const main = async (): Promise<void> => {
  const rows: Array<Row> = []
  for (const measure of [startUp, startUpTogether, throughput, simulated]) {
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
