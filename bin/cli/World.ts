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
import * as Flags from "./Flags.ts"
import * as Output from "./Output.ts"
import * as Usage from "./Usage.ts"

export interface World {
  readonly workload: Registry.WorkloadName
  readonly program: string
  readonly options: Omit<Simulation.Options, "workload" | "program">
}

/** Fails when the workload has no such program, or no such setting. */
export const fromFlags = Effect.fnUntraced(function*(flags: Flags.World, seed: number) {
  const found = Registry.find(flags.workload, flags.program)
  if (found === undefined) {
    return yield* Usage.unknown("program", flags.program ?? "", Registry.programNames(flags.workload))
  }
  const options = { ...Simulation.defaults, ...yield* Flags.worldOptions(found.workload, flags, seed) }
  return { workload: flags.workload, program: found.programName, options } satisfies World
})

/** The same world but for its seed. */
export const withSeed = (world: World, seed: number): World => ({ ...world, options: { ...world.options, seed } })

/** The same world in another run, of the same program. */
export const withOptions = (world: World, options: Simulation.Options): World => ({
  ...world,
  options: Struct.omit(options, ["program", "workload"])
})

/** All that a simulation needs. */
export const simulation = ({ options, program, workload }: World): Simulation.Options => {
  const subject = Registry.find(workload, program)
  if (subject === undefined) throw new Error(`${workload} has no program ${program}`)
  return { ...options, workload: subject.workload, program: subject.program }
}

/** The command that simulates it once more. */
export const replay = ({ options, program, workload }: World): string => {
  const which = program === Registry.programNames(workload)[0] ? "" : ` --program ${program}`
  const flags = Flags.text(Registry.registry[workload].workload, Options.Simulated, options)
  return `${Usage.self} simulate --workload ${workload}${which}${flags} --seed ${options.seed}`
}

export const summary = (title: string, world: World, results: Results.Results): Run.Summary => ({
  title,
  workload: world.workload,
  program: world.program,
  options: world.options,
  results,
  replay: replay(world)
})

/** How much a simulation works before it looks up, to show its progress and to be interrupted. */
const slice = 10_000

/** Runs to the end, and shows how far it is. */
export const simulate = Effect.fnUntraced(function*(label: string, options: Simulation.Options) {
  const simulation = Simulation.make(options)
  while (!simulation.work(slice)) {
    yield* Output.progress(`${label}: ${Math.floor(simulation.progress() * 100)} %`)
    yield* Effect.yieldNow
  }
  return simulation
}, Effect.ensuring(Output.endProgress))
