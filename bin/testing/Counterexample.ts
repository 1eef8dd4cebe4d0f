/**
 * Looks for a run of a program that its workload finds invalid: seed after seed, and then a smaller run in which the same
 * goes wrong. All of it is a function of the options: the same program gives the same counterexample, or none, each time.
 *
 * Cost: a simulated run takes some milliseconds for each thousand messages. To make a run smaller takes up to
 * {@link Shrink.defaultBudget} runs, most of them short.
 */
import * as Effect from "effect/Effect"
import * as Struct from "effect/Struct"
import { parseArgs } from "node:util"
import * as Chronicle from "../../src/report/Chronicle.ts"
import * as TextReport from "../../src/report/TextReport.ts"
import type { Program } from "../../src/simulator/nodes/SimulatedNode.ts"
import * as RunOptions from "../../src/simulator/Options.ts"
import type * as Run from "../../src/simulator/Run.ts"
import * as Shrink from "../../src/simulator/Shrink.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as Rules from "../../src/workloads/finding/Rules.ts"
import * as Setting from "../../src/workloads/Setting.ts"
import type { Workload } from "../../src/workloads/Workload.ts"

/** What is tried. Options of the run that are not given are as `gossip-girl simulate` has them; times are in ms. */
export interface Options extends Partial<Omit<Simulation.Options, "program" | "workload" | "journal">> {
  readonly program: Program
  readonly workload: Workload
  /** How many runs, each with the next seed; 1 if it is not given. */
  readonly seeds?: number
  /** Whether to look for a smaller run than the first that is invalid; true if it is not given. */
  readonly shrink?: boolean
}

export interface Counterexample {
  /** The first seed with which a run is invalid. */
  readonly seed: number
  /** That run, or the smallest that was found in its place. */
  readonly run: Run.Summary
  /** The kinds of what was found, each with who found it: `set: lost value`. */
  readonly kinds: ReadonlyArray<string>
  /** All of that in words: the findings, the command that runs it once more, and, if it is short, what happened. */
  readonly text: string
}

/** A history of no more events than this is told in words. */
const mostTold = 60

/** The flags of `gossip-girl simulate` that say what these options do, its seed among them. */
export const toFlags = (options: Simulation.Options): string => {
  const { settings } = options.workload
  const changed = [
    ...RunOptions.toTexts(RunOptions.Simulated, options, options.nodeCount).filter(([{ flag }]) => flag !== "seed"),
    ...settings === undefined ? [] : RunOptions.toTexts(settings, options.settings ?? {}, options.nodeCount)
  ].map(([{ flag, form }, text]) => form.isSwitch === true ? `--${flag}` : `--${flag} ${text}`)
  return [...changed, `--seed ${options.seed}`].join(" ")
}

/** The options that such flags describe. Throws when there is no such flag. */
export const fromFlags = (flags: string, { config, program, workload }: Options): Simulation.Options => {
  const own = workload.settings === undefined ? [] : Setting.fieldsOf(workload.settings)
  const { values } = parseArgs({
    args: flags.split(/\s+/).filter((word) => word !== ""),
    options: Object.fromEntries(
      [...Setting.fieldsOf(RunOptions.Simulated), ...own].map(({ flag, form }) =>
        [flag, { type: form.isSwitch === true ? "boolean" : "string" }] as const
      )
    )
  })
  const texts = Object.fromEntries(Object.entries(values).map(([flag, value]) => [flag, String(value)]))
  const options = RunOptions.fromTexts(RunOptions.Simulated, texts)
  const settings = workload.settings === undefined
    ? {}
    : RunOptions.settingsFromTexts(workload.settings, texts, options.nodeCount)
  return {
    ...options,
    ...Object.keys(settings).length === 0 ? {} : { settings },
    config: config ?? Simulation.defaults.config,
    program,
    workload
  }
}

const simulationOf = (given: Options): Simulation.Options => {
  const nodeCount = given.nodeCount ?? Simulation.defaults.nodeCount
  return { ...Simulation.defaults, concurrency: nodeCount, ...Struct.omit(given, ["seeds", "shrink"]) }
}

/** Others get their turn after each run. */
const smallest = Effect.fnUntraced(function*(first: Simulation.Options) {
  let smallest = first
  for (const { options } of Shrink.shrink(first)) {
    smallest = options
    yield* Effect.yieldNow
  }
  return smallest
})

/** How it is told. */
export interface Words {
  /** What was tried. */
  readonly title: string
  /** The command that makes the run with these flags once more. */
  readonly replay: (flags: string) => string
}

/** A smaller run may have another seed, which its replay names: so both seeds are told. */
const howFound = (first: Simulation.Options, told: Simulation.Options): string =>
  toFlags(first) === toFlags(told)
    ? `found with seed ${first.seed}`
    : `found with seed ${first.seed}, and made smaller: this run has seed ${told.seed}`

const tell = (first: Simulation.Options, options: Simulation.Options, words: Words): Counterexample => {
  const simulation = Simulation.run(options)
  const { history } = simulation
  const results = simulation.results()
  const run: Run.Summary = {
    title: words.title,
    workload: options.workload.name,
    program: words.title,
    options: Struct.omit(options, ["program", "workload"]),
    results,
    replay: words.replay(toFlags(options))
  }
  return {
    seed: first.seed,
    run,
    kinds: [...new Set(Rules.wrong(results.rules, results.findings).map(Shrink.kindOf))],
    text: [
      howFound(first, options),
      TextReport.findings(run, { colour: false }),
      ...history.length <= mostTold ? [Chronicle.tell(history)] : []
    ].join("\n")
  }
}

/** A run in which nothing could be judged is no counterexample. */
const isInvalid = (options: Simulation.Options): boolean => Simulation.run(options).results().validity === "invalid"

/** The first counterexample, if there is one; with flags of {@link toFlags} only that one run is made. */
export const find = Effect.fnUntraced(function*(given: Options, words: Words, flags?: string) {
  if (flags !== undefined) {
    const options = fromFlags(flags, given)
    return isInvalid(options) ? tell(options, options, words) : undefined
  }
  const { seeds = 1, shrink = true } = given
  const options = simulationOf(given)
  for (let seed = options.seed; seed < options.seed + seeds; seed++) {
    const tried = { ...options, seed }
    if (isInvalid(tried)) return tell(tried, shrink ? yield* smallest(tried) : tried, words)
    yield* Effect.yieldNow
  }
  return undefined
})
