/**
 * `gossip-girl costs`: what broadcast costs as the cluster and its load grow.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Registry from "../../src/registry/Registry.ts"
import * as Report from "../../src/report/TextReport.ts"
import type * as Run from "../../src/simulator/Run.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as Conclusion from "./Conclusion.ts"
import * as Flags from "./Flags.ts"
import * as Output from "./Output.ts"
import * as Usage from "./Usage.ts"
import * as World from "./World.ts"

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

const workload = "broadcast"
const programs = Registry.programNames(workload)

const flags = {
  program: Flag.Literals("program", programs).pipe(Flags.describe("What nodes run", "name", programs[0]!)),
  nodeCounts: numbers("node-counts", "Numbers of nodes, separated by commas", "numbers", [5, 10, 25, 50]),
  rates: numbers("rates", "Operations a second, separated by commas", "numbers", [10, 100]),
  seed: Flags.seed,
  json: Flags.json
}

export const costsCommand = Command.make(
  "costs",
  flags,
  Effect.fnUntraced(function*({ json, nodeCounts, program, rates, seed }) {
    const runs: Array<Run.Summary> = []
    for (const nodeCount of nodeCounts) {
      for (const rate of rates) {
        const title = `${nodeCount} nodes, ${rate}/s`
        const world: World.World = {
          workload,
          program,
          options: {
            ...Simulation.defaults,
            seed,
            nodeCount,
            concurrency: nodeCount,
            rate,
            timeLimit: 20_000,
            latency: { mean: 100, dist: "constant" }
          }
        }
        const simulation = yield* World.simulate(title, World.simulation(world))
        runs.push(World.summary(title, world, simulation.results()))
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
