/**
 * The tables of the documents that show what runs cost, beside what others have published.
 */
import * as Challenges from "../../src/registry/Challenges.ts"
import * as Figures from "./Figures.ts"
import type { Generators } from "./Regions.ts"
import { table } from "./Tables.ts"

/**
 * The best figures that we know of, from blogs and repositories of those who measured under Maelstrom: by the title of the
 * run, where nothing is cut if `faults` does not say so.
 */
const published: ReadonlyArray<{ readonly run: string; readonly faults?: string; readonly figure: string }> = [
  { run: "3d broadcast", figure: "7.75 @ 333 / 533" },
  { run: "3e broadcast", figure: "1.92 @ 764 / 1087" },
  { run: "4 g-counter", faults: "partition", figure: "0.72" },
  { run: "4 g-counter seq-kv", faults: "partition", figure: "3.91" },
  { run: "5b kafka lin-kv", figure: "4.78" },
  { run: "5c kafka", figure: "1.37" },
  { run: "7 lin-kv", figure: "2.39 (raft.rb)" },
  { run: "7 lin-kv", faults: "partition", figure: "2.57 (raft.rb)" }
]

/** Rounded as much as figures of runs differ from each other. */
const messages = (n: number): string => n === 0 ? "0" : n.toFixed(n < 0.1 ? 3 : 2)

const cost = (run: Figures.Cost): string =>
  run.messages === 0 || run.maxLatency === 0
    ? messages(run.messages)
    : `${messages(run.messages)} @ ${run.medianLatency} / ${run.maxLatency}`

const faults = (run: Figures.Cost): string => run.faults.length === 0 ? "-" : run.faults.join(", ")

const bestOf = (run: Figures.Cost): string =>
  published.find((other) => other.run === run.run && (other.faults ?? "-") === faults(run))?.figure ?? ""

/** What `gossip-girl challenges` names a run, with the faults: that names one run. */
const sameRun = (one: Figures.Cost) => (other: Figures.Cost): boolean =>
  one.run === other.run && faults(one) === faults(other)

/** Every run of the challenges of these names, or of all challenges. */
const challenges = (root: string) => (...names: ReadonlyArray<string>): string => {
  const real = Figures.realIn(root).challenges
  const shown = Figures.simulatedIn(root).challenges.filter((_, i) =>
    names.length === 0 || names.some((name) => Challenges.isNamed(Challenges.challenges[i]!, name)) // in the same order
  )
  return table(
    ["challenge", "nodes", "faults", "simulated", "real processes", "best published"],
    shown.map((run) => {
      const measured = real.find(sameRun(run))
      return [
        run.run,
        String(run.nodes),
        faults(run),
        cost(run),
        measured === undefined ? "" : cost(measured),
        bestOf(run)
      ]
    })
  )
}

/** The first run of each of the challenges of these names, simulated. */
const front = (root: string) => (...names: ReadonlyArray<string>): string => {
  const { challenges } = Figures.simulatedIn(root)
  return table(
    ["challenge", "nodes", "ours", "best published"],
    names.map((name) => {
      const run = challenges[Challenges.challenges.findIndex(({ id }) => id === name)]
      if (run === undefined) throw new Error(`there is no challenge ${name}`)
      return [run.run, String(run.nodes), cost(run), bestOf(run)]
    })
  )
}

const range = (median: number, max: number): string => `${median.toFixed(0)} / ${max.toFixed(0)}`

const shapes = (root: string) => (): string =>
  table(["shape", "messages an operation @ stable latency", "reads take", "broadcasts take"], [
    ...Figures.simulatedIn(root).shapes.map((run) => [
      run.run,
      `${messages(run.messages)} @ ${range(run.medianLatency, run.maxLatency)}`,
      range(run.medianRead, run.maxRead),
      range(run.medianBroadcast, run.maxBroadcast)
    ]),
    ["published, fastest 3d", "13 @ 70 / 100", "", ""],
    ["published, fastest 3e", "1.99 @ 339 / 678", "", ""]
  ])

const sizes = (root: string) => (): string =>
  table(
    ["run", "server messages an operation @ median / max stable latency, ms", "bytes an operation"],
    Figures.simulatedIn(root).sizes.map((run) => [run.run, cost(run), String(run.bytes)])
  )

/** When and where something was measured. */
const when = (what: string, { load, machine, measured }: Figures.Measured): string =>
  `${what} measured on ${measured}, on ${machine}${
    load === undefined ? "" : `, where ${load.toFixed(0)} processes wanted a core at a time`
  }.`

const measured = (root: string) => (): string =>
  `${
    when("Real processes were", Figures.realIn(root))
  } The more do, the later nodes answer, and the fewer operations share `
  + "a message."

/** What `npm run bench` has measured, and when. */
const benchmark = (root: string) => (): string => {
  const figures = Figures.benchmarkIn(root)
  return [
    when("All of this was", figures),
    "",
    table(
      ["what", "ours", "beside", "ratio", "goal"],
      figures.rows.map(({ goal, name, ours, ratio, reference }) => [
        name,
        ours,
        reference,
        `${ratio.toFixed(2)} ×`,
        goal
      ])
    )
  ].join("\n")
}

export const generatorsIn = (root: string): Generators => ({
  results: challenges(root),
  front: front(root),
  shapes: shapes(root),
  sizes: sizes(root),
  measured: measured(root),
  benchmark: benchmark(root)
})
