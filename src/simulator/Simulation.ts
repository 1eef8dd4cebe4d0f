/**
 * A whole Maelstrom run (see Trial) in virtual time, of nodes that run a program.
 *
 * A run is a function of its options, program and seed among them: the same options give the same history byte for byte.
 */
import * as Finding from "../workloads/finding/Finding.ts"
import type * as History from "../workloads/history/History.ts"
import * as SeededRandom from "../workloads/SeededRandom.ts"
import * as Setting from "../workloads/Setting.ts"
import * as Findings from "./Findings.ts"
import type * as Journal from "./network/Journal.ts"
import * as SimulatedNode from "./nodes/SimulatedNode.ts"
import * as RunOptions from "./Options.ts"
import type * as Results from "./Results.ts"
import * as VirtualTime from "./time/VirtualTime.ts"
import * as Trial from "./Trial.ts"

export interface Options extends Trial.Options {
  readonly program: SimulatedNode.Program
  /**
   * In which order tasks of the same instant run: `fifo` in the order in which they were queued, as in a real process;
   * `random` in an order drawn from the seed.
   */
  readonly scheduling: "fifo" | "random"
  /** What nodes find in their environment variables. */
  readonly config: Readonly<Record<string, string>>
}

/** The usual options: Maelstrom's defaults, and ours for what Maelstrom lacks. */
export const defaults = { ...Setting.usualOf(RunOptions.Simulated), config: {} } satisfies Partial<Options>

export interface Simulation {
  /** Simulates so many events at the most, and says whether the run is over. */
  readonly work: (budget: number) => boolean
  /** How much of the run is done, from 0 to 1. */
  readonly progress: () => number
  /** The results of the run, once it is over. */
  readonly results: () => Results.Results
  readonly history: History.History
  /** All messages, if the run keeps a journal. */
  readonly messages: () => Journal.Messages | undefined
  readonly drawn: () => Trial.Drawn
  readonly nodes: ReadonlyArray<SimulatedNode.SimulatedNode>
  readonly options: Options
}

export const make = (options: Options): Simulation => {
  const { config, cost, program } = options
  const random = SeededRandom.make(options.seed)
  const time = VirtualTime.make(options.scheduling === "random" ? random.fork("scheduling") : undefined)
  const trial = Trial.make(options, {
    timeline: time,
    random,
    member: (id, network) => SimulatedNode.make({ id, time, network, random: random.fork(id), program, config, cost }),
    startsAtOnce: Infinity,
    initTimeout: Trial.initTimeout,
    endsAtFinding: false
  })
  trial.start()

  return {
    work: (budget) => {
      const state = time.run(trial.isOver, budget)
      if (state === "deadlock" || state === "livelock") {
        trial.end(Findings.run.once(state, Finding.example([], { time: time.now() })))
      }
      return state !== "more"
    },
    progress: trial.progress,
    results: trial.results,
    history: trial.history,
    messages: trial.messages,
    drawn: trial.drawn,
    nodes: trial.members,
    options
  }
}

/** Simulates the whole run at once. */
export const run = (options: Options): Simulation => {
  const simulation = make(options)
  simulation.work(Infinity)
  return simulation
}
