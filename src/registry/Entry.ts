/**
 * What an entry of the registry says of a workload.
 *
 * Each file in entries/ is one entry. It exports functions alone: `entry`, and one for each executable, named after it
 * (`kafkaLinKv` is dist/kafka-lin-kv.js), which gives the programs that this executable can run. The build bundles each
 * executable from its function, so that it has these programs and their services in it, and no checker.
 */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Rpc from "../schema/Rpc.ts"
import type { Disk } from "../services/disk/Disk.ts"
import type { Node } from "../services/node/Node.ts"
import type { Peers } from "../services/node/Peers.ts"
import type { Timers } from "../services/node/Timers.ts"
import type { Limits } from "../simulator/Limits.ts"
import type * as SimulatedNode from "../simulator/nodes/SimulatedNode.ts"
import type * as Simulation from "../simulator/Simulation.ts"
import type { Workload } from "../workloads/Workload.ts"

/** What every node has. */
export type Base = Node | Peers | Timers | Disk

/** A program that answers a workload, over a layer. */
export interface Program {
  /** The program, with its layer provided. */
  readonly program: SimulatedNode.Program
  /** Provides the same layer to another program, which may need something else. */
  readonly provide?: (program: Effect.Effect<void, unknown, unknown>) => SimulatedNode.Program
  /** What a node has acknowledged outlives it, so a kill excuses no loss. */
  readonly durable?: true
  /** The environment variable by which an executable chooses among all programs that have the same variable. */
  readonly variable?: string
}

/** Programs by name; the first is the default. */
export type Programs = Readonly<Record<string, Program>>

/** One run of a challenge. */
export interface ChallengeRun {
  /** As fly.io numbers it, or whose number it bears; several runs may belong to one challenge. */
  readonly id: string
  /** The workload's default, if it does not say. */
  readonly program?: string
  readonly options:
    & Pick<Simulation.Options, "nodeCount" | "concurrency" | "timeLimit">
    & Partial<Omit<Simulation.Options, "workload" | "program" | "seed">>
  readonly limits?: Limits
}

export interface Entry {
  readonly protocol: ReadonlyArray<Rpc.Any>
  readonly workload: Workload
  readonly programs: Programs
  readonly challenges: ReadonlyArray<ChallengeRun>
  /** What is judged here and not by Maelstrom, in words. */
  readonly stricter?: string
}

/** A program over one layer. */
export const over = <E, R, E2, RIn extends Base>(
  program: Effect.Effect<void, E, R | Base>,
  layer: Layer.Layer<R, E2, RIn>,
  more: Omit<Program, "program" | "provide"> = {}
): Program => ({
  program: Effect.provide(program, layer),
  provide: (other) => Effect.provide(other, layer) as SimulatedNode.Program, // what it asks for in vain, it reports itself
  ...more
})

/** A program over any of some layers, of which an environment variable of its executable names one. */
export const overAnyOf = <Name extends string, E, R, E2, RIn extends Base>(
  variable: string,
  program: Effect.Effect<void, E, R | Base>,
  layers: Readonly<Record<Name, Layer.Layer<R, E2, RIn>>>
): Readonly<Record<Name, Program>> => {
  const programs = Object.entries<Layer.Layer<R, E2, RIn>>(layers).map(([name, layer]) =>
    [name, over(program, layer, { variable })] as const
  )
  return Object.fromEntries(programs) as Record<Name, Program> // it has the same names as `layers`
}
