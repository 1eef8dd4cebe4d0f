/**
 * `gossip-girl challenges`: fly.io's challenges, in the simulated world or by real processes.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { realpathSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import * as Challenges from "../../src/registry/Challenges.ts"
import * as Registry from "../../src/registry/Registry.ts"
import * as Report from "../../src/report/TextReport.ts"
import * as Limits from "../../src/simulator/Limits.ts"
import type * as Life from "../../src/simulator/processes/Life.ts"
import * as RealCluster from "../../src/simulator/processes/RealCluster.ts"
import type * as Run from "../../src/simulator/Run.ts"
import type * as Simulation from "../../src/simulator/Simulation.ts"
import * as Recording from "../site/Recording.ts"
import * as Conclusion from "./Conclusion.ts"
import * as Flags from "./Flags.ts"
import * as Output from "./Output.ts"
import * as Playground from "./Playground.ts"
import * as Usage from "./Usage.ts"
import * as World from "./World.ts"

/** How a process in which the challenge's program runs is started. */
const commandOf = (challenge: Challenges.Challenge): Life.Command => {
  const { env, name } = Registry.executable(challenge.workload, Challenges.subject(challenge).programName)
  return { file: join(dirname(realpathSync(Usage.script)), `${name}.js`), args: [], env }
}

/** What a message takes between processes, in ms, on top of what the network delays it; in the simulated world, nothing. */
const hop = 1

/**
 * Where real clients come to fewer operations than that, because machine and processes are busy, what they cost is
 * compared with a simulation at the rate that they reached: each message carries fewer operations then.
 */
const sameRate = 0.98

/** Messages between servers for each operation, and how far those of the real run are from that. */
const beside = (simulated: ReadonlyMap<Run.Summary, Run.Summary>): Report.Column => ({
  name: "simulated",
  align: "right",
  cell: (run) => {
    const of = ({ results }: Run.Summary): number => results.messagesPerOperation.servers
    const other = simulated.get(run)
    if (other === undefined) return "-"
    const more = Math.round((of(run) / of(other) - 1) * 100)
    return of(other) === 0
      ? Report.perOperation(0)
      : `${Report.perOperation(of(other))} (${more < 0 ? "" : "+"}${more} %)`
  }
})

const flags = {
  only: Flag.String("only").pipe(
    Flags.describe("Which challenges, separated by commas, as 1,2", "challenges", undefined, "all")
  ),
  real: Flag.Boolean("real").pipe(
    Flag.withDescription(
      "Run them by real processes as well, beside the simulated world with hops of 1 ms more; takes ten minutes"
    ),
    Flag.withDefault(false)
  ),
  rules: Flags.rules,
  seed: Flags.seed,
  json: Flags.json
}

/** The challenges that are asked for; fails when one of them is not known. */
const chosen = (only: string | undefined) => {
  if (only === undefined) return Effect.succeed(Challenges.challenges)
  const ids = only.split(",").map((id) => id.trim())
  const stranger = ids.find((id) => !Challenges.challenges.some((challenge) => Challenges.isNamed(challenge, id)))
  return stranger === undefined
    ? Effect.succeed(Challenges.challenges.filter((challenge) => ids.some((id) => Challenges.isNamed(challenge, id))))
    : Usage.unknown("only", stranger, Challenges.names)
}

const titleOf = ({ id, program, workload }: Challenges.Challenge): string =>
  [id, workload, program].filter((part) => part !== undefined).join(" ")

/** The summary of a challenge's run, judged under its limits. */
const summary = (
  challenge: Challenges.Challenge,
  program: string,
  { options, results }: Pick<Run.Run, "options" | "results">,
  ...flags: ReadonlyArray<string>
): Run.Summary => {
  const { id, limits, workload } = challenge
  return {
    title: titleOf(challenge),
    workload,
    program,
    options,
    results: Limits.judge(results, limits),
    ...limits && { limits },
    replay: [
      Usage.self,
      "challenges",
      ...flags,
      "--only",
      id,
      ...options.rules === "strict" ? [] : ["--rules", options.rules],
      "--seed",
      options.seed
    ].join(" ")
  }
}

const simulated = (challenge: Challenges.Challenge, options: Simulation.Options) =>
  Effect.map(
    World.simulate(`challenge ${titleOf(challenge)}`, options),
    ({ options, results }) => {
      const { workload } = challenge
      const { programName: program } = Challenges.subject(challenge)
      return {
        ...summary(challenge, program, { options, results: results() }),
        ...Playground.links(Recording.setupOf({ workload, program }, options))
      }
    }
  )

/** A run of real processes, and the simulated one to compare it with. */
const real = Effect.fnUntraced(function*(challenge: Challenges.Challenge, options: Simulation.Options) {
  const fork = Effect.runForkWith(yield* Effect.context())
  const slower = { ...options, latency: { ...options.latency, mean: options.latency.mean + hop } }
  const counterpart = yield* simulated(challenge, slower)
  const command = commandOf(challenge)
  const label = `challenge ${titleOf(challenge)}, real`
  const { results } = yield* RealCluster.run({
    ...options,
    command,
    onProgress: (done) => void fork(Output.progress(`${label}: ${Math.floor(done * 100)} %`))
  }).pipe(Effect.ensuring(Output.endProgress))
  const run = summary(challenge, relative("", command.file), { options, results }, "--real")
  const reached = results.operations.count / counterpart.results.operations.count
  return {
    run,
    counterpart: reached < sameRate
      ? yield* simulated(challenge, { ...slower, rate: options.rate * reached })
      : counterpart
  }
})

const handler = Effect.fnUntraced(function*(given: Command.Command.Config.Infer<typeof flags>) {
  const counterparts = new Map<Run.Summary, Run.Summary>()
  const ended: Array<Run.Summary> = []
  const print = Effect.suspend(() =>
    Output.out(
      given.json
        ? Report.json(ended.flatMap((run) => [run, counterparts.get(run) ?? []].flat()))
        : Report.table(ended, Output, given.real ? [beside(counterparts)] : [])
    )
  )
  yield* Effect.forEach(yield* chosen(given.only), (challenge) =>
    Effect.gen(function*() {
      const options = { ...Challenges.options(challenge, given.seed), rules: given.rules }
      if (!given.real) return void ended.push(yield* simulated(challenge, options))
      const { counterpart, run } = yield* real(challenge, options)
      counterparts.set(run, counterpart)
      ended.push(run)
    })).pipe(Effect.onInterrupt(() => ended.length > 0 ? print : Effect.void)) // the rows that are done are worth as much as ever
  yield* print
  yield* Conclusion.conclude(ended)
})

export const challengesCommand = Command.make("challenges", flags, handler).pipe(
  Command.withDescription("Run fly.io's challenges, with fly.io's options and limits"),
  Command.withExamples([
    { command: `${Usage.self} challenges`, description: "All of them in the simulated world, in one table" },
    {
      command: `${Usage.self} challenges --only 3b --seed 7`,
      description: "One of them, with another course of events"
    }
  ])
)
