/**
 * A campaign: many runs that differ in nothing but their seeds, by threads of this machine or by workers anywhere.
 */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Output from "./Output.ts"
import * as Threads from "./Threads.ts"
import * as World from "./World.ts"

/** Whoever makes the runs of a campaign. Each seed is told once. */
export interface Workers<E> {
  /** Who they are, such as `with --jobs 2`. */
  readonly name: () => string
  /** The runs that have ended since it was last asked; it waits for some. */
  readonly take: Effect.Effect<ReadonlyArray<Threads.Done>, E>
}

/** What a campaign runs. */
export interface Seeds {
  /** The world of the campaign, with its first seed. */
  readonly world: World.World
  readonly seeds: number
}

/** The threads of this machine, so many at a time. */
export const onThreads = Effect.fnUntraced(function*({ seeds, world }: Seeds, jobs: number) {
  const count = Math.min(jobs, seeds)
  const threads = yield* Threads.start(count)
  const ended = yield* Queue.unbounded<Threads.Done, Threads.RunDied>()
  const numbers = Array.from({ length: seeds }, (_, i) => world.options.seed + i)
  yield* Effect.forEach(
    numbers,
    (seed) => Effect.flatMap(threads.run(World.withSeed(world, seed)), (done) => Queue.offer(ended, done)),
    {
      concurrency: threads.ahead,
      discard: true
    }
  ).pipe(Effect.catch((died) => Queue.fail(ended, died)), Effect.forkScoped)
  return { name: () => `with --jobs ${count}`, take: Queue.takeAll(ended) } satisfies Workers<Threads.RunDied>
})

/** A run could not be made; with the command that shows it. */
class Died extends Data.TaggedError("Died")<{ readonly message: string }> {}

/** How often progress is shown, in ms. */
const showEvery = 100

interface Options<E, E2> extends Seeds {
  readonly workers: Effect.Effect<Workers<Threads.RunDied | E>, E2, Scope.Scope>
  /** Where runs go as they end: some of them have, when it is interrupted. */
  readonly runs: Array<Threads.Done>
}

/** Takes what workers tell until it has all, and shows how far it is. */
const collect = Effect.fnUntraced(function*<E>(
  { runs, seeds, world }: Omit<Options<E, never>, "workers">,
  { name, take }: Workers<E>
) {
  const started = yield* Clock.currentTimeMillis
  let simulated = 0
  const counts = { valid: 0, invalid: 0, unknown: 0 }
  for (let shown = 0; runs.length < seeds;) {
    for (const done of yield* take) {
      runs.push(done)
      simulated += done.simulated
      counts[done.results.validity]++
    }
    const now = yield* Clock.currentTimeMillis
    if (now - shown < showEvery) continue
    shown = now
    const left = (now - started) / runs.length * (seeds - runs.length)
    yield* Output.progress([
      `${world.workload}: ${runs.length} of ${seeds} runs ${name()}`,
      `${counts.invalid} invalid`,
      ...counts.unknown > 0 ? [`${counts.unknown} unknown`] : [],
      `${Math.round(simulated / (now - started))} simulated seconds a second`,
      ...runs.length > 0 ? [`${Math.ceil(left / 1000)} s left`] : []
    ].join(", "))
  }
  const took = (yield* Clock.currentTimeMillis) - started
  yield* Output.endProgress
  const speed = Math.round(simulated / took)
  yield* Output.err(
    `${seeds} runs in ${(took / 1000).toFixed(1)} s ${name()}: ${speed} simulated seconds a second\n`
  )
}, Effect.ensuring(Output.endProgress))

const isDeath = (error: unknown): error is Threads.RunDied => error instanceof Threads.RunDied

export const run = <E, E2>({ runs, seeds, workers, world }: Options<E, E2>) =>
  workers.pipe(
    Effect.flatMap((started) => collect({ runs, seeds, world }, started)),
    Effect.catchIf(isDeath, ({ seed, stack }) => {
      const command = World.replay(World.withSeed(world, seed))
      return Effect.fail(new Died({ message: `seed ${seed}: ${stack}\n  Replay: ${command}` }))
    }),
    Effect.scoped
  )
