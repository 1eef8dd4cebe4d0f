/**
 * A campaign: many runs that differ in nothing but their seeds, on many cores. Each worker thread runs this same
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
import * as Run from "../../src/simulator/Run.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as Output from "./Output.ts"
import * as Usage from "./Usage.ts"
import * as World from "./World.ts"

/** What a worker says of one run, without functions, since it goes from thread to thread. */
interface Done {
  readonly run: Run.Summary
  /** How long the run took, in ms of virtual time. */
  readonly simulated: number
}

const runOne = (world: World.World): Done => {
  const simulation = Simulation.run(World.simulation(world))
  return {
    run: Run.encode(World.summary(`seed ${world.options.seed}`, world, simulation)),
    simulated: simulation.history.at(-1)?.time ?? 0
  }
}

/** A worker runs each seed that it is told, one after the other. */
export const work = (): void => {
  const world: World.World = workerData // from `startWorkers`
  parentPort?.on("message", (seed: number) => {
    const done = Result.try(() => runOne(World.withSeed(world, seed)))
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
    parentPort?.postMessage(Result.isSuccess(done) ? done.success : done.failure)
  })
}

/** How many seeds a worker knows: the one that it runs and the next, so that it never waits. */
const ahead = 2

/** What a worker has to say of a seed. */
type Event = readonly [seed: number | undefined, said: Done | Error]

/** Workers that run the seeds from that of the world on; they end with the scope. */
const startWorkers = Effect.fnUntraced(function*(world: World.World, seeds: number, count: number) {
  const events = yield* Queue.unbounded<Event>()
  const end = world.options.seed + seeds
  let next = world.options.seed

  const spawn = Effect.sync(() => {
    const worker = new Worker(Usage.script, { workerData: world })
    const assigned: Array<number> = []
    const assign = (): void => {
      if (next === end) return
      assigned.push(next)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
      worker.postMessage(next++)
    }
    const say = (said: Done | Error): void => void Queue.offerUnsafe(events, [assigned.shift(), said])
    worker.on("message", (said: Done | Error) => {
      say(said)
      assign()
    })
    worker.on("error", say)
    worker.on("exit", (code) => say(new Error(`the worker exited with ${code}`)))
    return { worker, assign }
  })
  const workers = yield* Effect.replicateEffect(
    Effect.acquireRelease(spawn, ({ worker }) => Effect.promise(() => worker.terminate())),
    count
  )
  for (let i = 0; i < ahead; i++) for (const { assign } of workers) assign()
  return events
})

/** A run could not be made: a bug of the bench, or it took the worker with it. */
class RunDied extends Data.TaggedError("RunDied")<{ readonly message: string }> {}

/** How often progress is shown, in ms. */
const showEvery = 100

interface Options {
  /** With the first seed. */
  readonly world: World.World
  readonly seeds: number
  readonly jobs: number
  /** Where runs go as they end: some of them have, when it is interrupted. */
  readonly runs: Array<Run.Summary>
}

export const run = Effect.fnUntraced(
  function*({ jobs, runs, seeds, world }: Options) {
    const started = yield* Clock.currentTimeMillis
    const count = Math.min(jobs, seeds)
    const events = yield* startWorkers(world, seeds, count)
    let simulated = 0
    let invalid = 0
    let unknown = 0
    for (let shown = 0; runs.length < seeds;) {
      const [seed = world.options.seed, said] = yield* Queue.take(events)
      if (said instanceof Error) {
        const command = World.replay(World.withSeed(world, seed))
        return yield* new RunDied({ message: `seed ${seed}: ${said.stack}\n  Replay: ${command}` })
      }
      runs.push(said.run)
      simulated += said.simulated
      const { validity } = said.run.results
      if (validity === "invalid") invalid++
      if (validity === "unknown") unknown++
      const now = yield* Clock.currentTimeMillis
      if (now - shown < showEvery) continue
      shown = now
      const left = (now - started) / runs.length * (seeds - runs.length)
      const speed = Math.round(simulated / (now - started))
      yield* Output.progress([
        `${world.workload}: ${runs.length} of ${seeds} runs`,
        `${invalid} invalid`,
        ...unknown > 0 ? [`${unknown} unknown`] : [],
        `${speed} simulated seconds a second`,
        `${Math.ceil(left / 1000)} s left`
      ].join(", "))
    }
    const took = (yield* Clock.currentTimeMillis) - started
    yield* Output.endProgress
    const speed = Math.round(simulated / took)
    yield* Output.err(
      `${seeds} runs in ${(took / 1000).toFixed(1)} s with --jobs ${count}: ${speed} simulated seconds a second\n`
    )
  },
  Effect.ensuring(Output.endProgress),
  Effect.scoped
)
