/**
 * What is simulated, as data: it goes from thread to thread, and the command that replays it can be told from it.
 */
import * as Effect from "effect/Effect"
import * as Struct from "effect/Struct"
import * as Registry from "../../src/registry/Registry.ts"
import * as Options from "../../src/simulator/Options.ts"
import type * as Results from "../../src/simulator/Results.ts"
import type * as Run from "../../src/simulator/Run.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as Setting from "../../src/workloads/Setting.ts"
import * as Recording from "../site/Recording.ts"
import * as Flags from "./Flags.ts"
import * as Output from "./Output.ts"
import * as Playground from "./Playground.ts"
import * as Usage from "./Usage.ts"

export interface World {
  readonly workload: Registry.WorkloadName
  readonly program: string
  /** The text of the program, where it is not as in its file. */
  readonly source?: string
  readonly options: Omit<Simulation.Options, "workload" | "program">
}

/** What of a world flags say, and the address of the playground that says the rest. */
export type Given = Flags.World & {
  readonly workload: Registry.WorkloadName | undefined
  readonly from: string | undefined
  readonly seed: number | undefined
}

/** Options that are not given are left out. */
const said = (texts: Options.Texts): Options.Texts =>
  Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined))

/** Flags go before the address. */
const fromAddress = Effect.fnUntraced(function*(address: string, given: Given) {
  const setup = yield* Playground.setupOf(address)
  const { name, workload } = yield* Effect.andThen(Recording.optionsOf(setup), Recording.subjectOf(setup)).pipe(
    Effect.catchTag("NoProgram", ({ why }) => Usage.wrong(`the run of that address cannot be made: ${why}.`))
  )
  for (const part of ["workload", "program"] as const) {
    if ((given[part] ?? setup[part]) === setup[part]) continue
    return yield* Usage.wrong(`the address says --${part} ${setup[part]}, which cannot be changed.`)
  }
  const { program, script, source } = setup
  const own = workload.settings === undefined ? [] : Setting.fieldsOf(workload.settings)
  const flags = {
    options: { ...Recording.flagsOf(setup), ...said(given.options) },
    settings: { ...Object.fromEntries(own.map(({ flag }) => [flag, setup.flags[flag]])), ...said(given.settings) }
  }
  const options = yield* Flags.worldOptions(workload, flags, given.seed ?? Number(setup.flags["seed"] ?? 0))
  return {
    workload: name,
    program,
    ...source !== undefined && { source },
    options: { ...Simulation.defaults, ...options, ...script && { script } }
  } satisfies World
})

/** Fails when the workload has no such program, or no such setting. */
export const fromFlags = Effect.fnUntraced(function*(given: Given) {
  const { from, seed = 0, workload } = given
  if (from !== undefined) return yield* fromAddress(from, given)
  if (workload === undefined) return yield* Usage.wrong("--workload is missing. See gossip-girl simulate --help.")
  const found = Registry.find(workload, given.program)
  if (found === undefined) {
    return yield* Usage.unknown("program", given.program ?? "", Registry.programNames(workload))
  }
  const options = { ...Simulation.defaults, ...yield* Flags.worldOptions(found.workload, given, seed) }
  return { workload, program: found.programName, options } satisfies World
})

/** The same world but for its seed. */
export const withSeed = (world: World, seed: number): World => ({ ...world, options: { ...world.options, seed } })

/** The same world in another run, of the same program. */
export const withOptions = (world: World, options: Simulation.Options): World => ({
  ...world,
  options: Struct.omit(options, ["program", "workload"])
})

/** The options of the simulation of a world. */
export const simulation = (world: World): Simulation.Options => {
  const { options } = world
  const { program, workload } = Effect.runSync(Recording.subjectOf(world))
  const config = { ...Registry.environment(options.settings), ...options.config }
  return { ...options, config, workload, program }
}

/** What flags cannot say stands in an address: a program that is not ours, and what is done by hand. */
const isFromAddress = ({ options, program, source, workload }: World): boolean =>
  source !== undefined || options.script !== undefined || Registry.find(workload, program) === undefined

/** The command that simulates it once more. */
export const replay = (world: World): string => {
  const { options, program, workload } = world
  if (isFromAddress(world)) {
    return `${Usage.self} simulate --from ${Playground.fragment(Recording.setupOf(world, options))}`
  }
  const which = program === Registry.programNames(workload)[0] ? "" : ` --program ${program}`
  const flags = Flags.text(Registry.registry[workload].workload, Options.Simulated, options)
  return `${Usage.self} simulate --workload ${workload}${which}${flags} --seed ${options.seed}`
}

export const summary = (title: string, world: World, results: Results.Results): Run.Summary => ({
  title,
  workload: world.workload,
  program: world.source === undefined ? world.program : `${world.program}, changed`,
  options: world.options,
  results,
  replay: replay(world),
  ...Playground.links(Recording.setupOf(world, world.options))
})

/** How much a simulation works before it looks up, to show its progress and to be interrupted. */
const slice = 10_000

/** Simulates to the end, and shows how far the run is. */
export const simulate = Effect.fnUntraced(function*(label: string, options: Simulation.Options) {
  const simulation = Simulation.make(options)
  while (!simulation.work(slice)) {
    yield* Output.progress(`${label}: ${Math.floor(simulation.progress() * 100)} %`)
    yield* Effect.yieldNow
  }
  return simulation
}, Effect.ensuring(Output.endProgress))
