/**
 * Many runs that differ in nothing but their seeds, on many cores: one worker thread each, which runs this same
 * executable. A run is a function of its options, so it does not matter which of them makes it.
 *
 * Not by way of Effect's own workers: those are asked to close and waited for, and a worker in the midst of a run does
 * not listen.
 */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import { parentPort, Worker, workerData } from "node:worker_threads"
import * as Registry from "../../src/registry/Registry.ts"
import * as Run from "../../src/simulator/Run.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as Flags from "./Flags.ts"
import * as Output from "./Output.ts"
import * as Usage from "./Usage.ts"

export const summary = (
  title: string,
  world: Flags.World,
  entry: Registry.Subject,
  { options, results }: Simulation.Simulation
): Run.Summary => ({
  title,
  workload: world.workload,
  program: entry.programName,
  options,
  results: results(),
  replay: replay(world, options.seed)
})

const replay = (world: Flags.World, seed: number): string =>
  `${Usage.self} simulate ${Flags.text(world)} --seed ${seed}`

/** What a worker says of one run, without functions, since it goes from thread to thread. */
interface Done {
  readonly run: Run.Summary
  /** How long the run took, in ms of virtual time. */
  readonly simulated: number
}

const runOne = (world: Flags.World, seed: number): Done => {
  const entry = Registry.find(world.workload, world.program)
  if (entry === undefined) throw new Error(`there is no program ${world.program}`)
  const simulation = Simulation.run(Flags.options(world, entry, seed))
  return {
    run: Run.encode(summary(`seed ${seed}`, world, entry, simulation)),
    simulated: simulation.history.at(-1)?.time ?? 0
  }
}

/** A worker runs each seed that it is told, one after the other. */
export const work = (): void => {
  const world: Flags.World = workerData // from `run`
  parentPort?.on("message", (seed: number) => {
    const done = Result.try(() => runOne(world, seed))
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
    parentPort?.postMessage(Result.isSuccess(done) ? done.success : done.failure)
  })
}

/** A run could not be made: a bug of the bench, or it took the worker with it. */
class RunDied extends Data.TaggedError("RunDied")<{ readonly message: string }> {}

/** How many seeds a worker knows: the one that it runs and the next, so that it never waits. */
const ahead = 2

interface Options {
  readonly world: Flags.World
  /** The first one. */
  readonly seed: number
  readonly seeds: number
  readonly jobs: number
  /** Where runs go as they end: some of them have, when it is interrupted. */
  readonly runs: Array<Run.Summary>
}

export const run = Effect.fnUntraced(
  function*({ jobs, runs, seed: first, seeds, world }: Options) {
    const events = yield* Queue.unbounded<readonly [worker: Worker, event: Done | Error]>()
    const assigned = new Map<Worker, Array<number>>()
    let next = first
    const assign = (worker: Worker): void => {
      if (next === first + seeds) return
      assigned.get(worker)?.push(next)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
      worker.postMessage(next++)
    }
    const spawn = Effect.sync(() => {
      const worker = new Worker(Usage.script, { workerData: world })
      worker.on("message", (done: Done | Error) => Queue.offerUnsafe(events, [worker, done]))
      worker.on("error", (error) => Queue.offerUnsafe(events, [worker, error]))
      worker.on("exit", (code) => Queue.offerUnsafe(events, [worker, new Error(`the worker exited with ${code}`)]))
      assigned.set(worker, [])
      return worker
    })

    const started = yield* Clock.currentTimeMillis
    let simulated = 0
    let invalid = 0
    const count = Math.min(jobs, seeds)
    const workers = yield* Effect.replicateEffect(
      Effect.acquireRelease(spawn, (worker) => Effect.promise(() => worker.terminate())),
      count
    )
    for (let i = 0; i < ahead; i++) workers.forEach(assign)

    for (let shown = 0; runs.length < seeds;) {
      const [worker, event] = yield* Queue.take(events)
      const seed = assigned.get(worker)?.shift()
      if (event instanceof Error) {
        return yield* new RunDied({
          message: `seed ${seed}: ${event.stack}\n  Replay: ${replay(world, seed ?? first)}`
        })
      }
      assign(worker)
      runs.push(event.run)
      simulated += event.simulated
      if (!event.run.results.valid) invalid++
      const now = yield* Clock.currentTimeMillis
      if (now - shown < 100) continue
      shown = now
      const left = (now - started) / runs.length * (seeds - runs.length)
      yield* Output.progress(
        `${world.workload}: ${runs.length} of ${seeds} runs, ${invalid} invalid, ${
          Math.round(simulated / (now - started))
        } simulated seconds a second, ${Math.ceil(left / 1000)} s left`
      )
    }
    const took = (yield* Clock.currentTimeMillis) - started
    yield* Output.endProgress
    yield* Output.err(
      `${seeds} runs in ${(took / 1000).toFixed(1)} s with --jobs ${count}: ${
        Math.round(simulated / took)
      } simulated seconds a second\n`
    )
  },
  Effect.ensuring(Output.endProgress),
  Effect.scoped
)
