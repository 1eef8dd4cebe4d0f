/**
 * Threads that make runs, each of which runs this same executable. A run is a function of its world, so it does not
 * matter which thread makes it, nor on which machine.
 *
 * Not by way of Effect's own workers: those are asked to close and waited for, and a worker in the midst of a run does
 * not listen.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { parentPort, Worker } from "node:worker_threads"
import * as Run from "../../src/simulator/Run.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as Usage from "./Usage.ts"
import * as World from "./World.ts"

/** What comes of one run, without functions, since it goes from thread to thread and from machine to machine. */
export const Done = Schema.Struct({
  seed: Schema.Int,
  results: Run.Results,
  /** How long the run took, in ms of virtual time. */
  simulated: Schema.Finite
})
export interface Done extends Schema.Schema.Type<typeof Done> {}

const encode = Schema.encodeSync(Done)

/** A run could not be made: a bug of the bench, or it took the thread with it. */
export class RunDied extends Data.TaggedError("RunDied")<{ readonly seed: number; readonly stack: string }> {}

const runOne = (world: World.World): Done => {
  const { history, results } = Simulation.run(World.simulation(world))
  return encode({ seed: world.options.seed, results: results(), simulated: history.at(-1)?.time ?? 0 })
}

/** A thread makes the runs that it is told, one after the other. */
export const work = (): void => {
  parentPort?.on("message", (world: World.World) => {
    const done = Result.try(() => runOne(world))
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
    parentPort?.postMessage(Result.isSuccess(done) ? done.success : done.failure)
  })
}

interface Assigned {
  readonly world: World.World
  readonly say: (said: Done | Error) => void
}

/** One thread after another: where a run has taken one with it, the next makes the runs that were left. */
const startThread = () => {
  const assigned: Array<Assigned> = []
  const spawn = (): Worker => {
    const worker = new Worker(Usage.script)
    let failure: Error | undefined
    worker.on("message", (said: Done | Error) => assigned.shift()?.say(said))
    worker.on("error", (error: Error) => {
      failure = error
    })
    worker.on("exit", (code) => {
      if (isOver) return
      thread = spawn()
      assigned.shift()?.say(failure ?? new Error(`the worker exited with ${code}`))
      for (const { world } of assigned) post(world)
    })
    return worker
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
  const post = (world: World.World): void => thread.postMessage(world)
  let isOver = false
  let thread = spawn()
  return {
    assigned,
    assign: (next: Assigned): void => {
      assigned.push(next)
      post(next.world)
    },
    end: () => {
      isOver = true
      return thread.terminate()
    }
  }
}

export interface Threads {
  /** How many runs may be asked for at a time, so that no thread ever waits: it knows the next one too. */
  readonly ahead: number
  readonly run: (world: World.World) => Effect.Effect<Done, RunDied>
}

/** So many, which end with the scope. */
export const start = Effect.fnUntraced(function*(count: number) {
  const threads = yield* Effect.replicateEffect(
    Effect.acquireRelease(Effect.sync(startThread), ({ end }) => Effect.promise(end)),
    count
  )
  const run = (world: World.World) =>
    Effect.callback<Done, RunDied>((resume) => {
      const idlest = threads.reduce((a, b) => b.assigned.length < a.assigned.length ? b : a)
      idlest.assign({
        world,
        say: (said) =>
          resume(
            said instanceof Error
              ? Effect.fail(new RunDied({ seed: world.options.seed, stack: String(said.stack) }))
              : Effect.succeed(said)
          )
      })
    })
  return { ahead: 2 * count, run } satisfies Threads as Threads
})
