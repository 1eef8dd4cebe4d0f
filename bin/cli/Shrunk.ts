/**
 * From a run that is invalid to a small one, told in words.
 */
import * as Effect from "effect/Effect"
import * as Chronicle from "../../src/report/Chronicle.ts"
import * as Report from "../../src/report/TextReport.ts"
import * as Shrink from "../../src/simulator/Shrink.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as Output from "./Output.ts"
import * as World from "./World.ts"

/** A history of no more events than this is told in words. */
const tellable = 60

const showProgress = ({ options: { nodeCount, onlyOperations, seed, timeLimit }, runs }: Shrink.Progress) =>
  Output.progress([
    `shrinking: ${runs} runs`,
    `seed ${seed}`,
    `${nodeCount} nodes`,
    `${timeLimit / 1000} s`,
    ...onlyOperations === undefined ? [] : [`${onlyOperations.length} operations`]
  ].join(", "))

/** As small as it comes before it is interrupted. */
export const find = Effect.fnUntraced(function*(world: World.World, say: (text: string) => Effect.Effect<void>) {
  let progress: Shrink.Progress = { runs: 0, options: World.simulation(world) }

  const tell = Effect.fnUntraced(function*(how: string) {
    const simulation = Simulation.run(progress.options)
    const { history, options } = simulation
    const from = options.seed === world.options.seed ? "" : ` from seed ${world.options.seed}`
    const title = `seed ${options.seed}, shrunk${from}`
    const small = World.withOptions(world, options)
    const run = World.summary(title, small, simulation.results())
    yield* say(`\nShrunk in ${progress.runs} runs${how}:\n\n${Report.table([run], Output)}`)
    if (history.length <= tellable) yield* say(`\n${Chronicle.tell(history)}`)
    return { run, world: small }
  })

  const steps = Shrink.shrink(progress.options)
  const minimal = yield* Effect.gen(function*() {
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value?.minimal === true
      progress = step.value
      yield* showProgress(progress)
      yield* Effect.yieldNow
    }
  }).pipe(
    Effect.ensuring(Output.endProgress),
    Effect.onInterrupt(() => tell(", until it was interrupted"))
  )
  return yield* tell(minimal ? "" : ", which are all that it is given")
})
