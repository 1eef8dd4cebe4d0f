/**
 * Makes runs for the page, apart from it: so the page never stands still, and it can end a program that never ends.
 */
import * as Effect from "effect/Effect"
import * as Shrink from "../../../src/simulator/Shrink.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import * as Recording from "../Recording.ts"
import * as Setup from "../Setup.ts"

/** What the page asks for: to run a setup once, to look for a seed that breaks it, or to make an invalid run small. */
export interface Request {
  readonly id: number
  readonly what: "run" | "search" | "shrink"
  /** The setup, or the address that says it. */
  readonly setup: Setup.Setup | string
}

export type Answer =
  | { readonly id: number; readonly recording: Recording.Recording }
  | { readonly id: number; readonly failure: string }
  | { readonly id: number; readonly runs: number }

/** How many seeds the worker tries. */
export const mostSeeds = 300

/** How many runs it may take to make a run small. */
const mostRuns = 400

const post = (answer: Answer): void =>
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
  globalThis.postMessage(answer)

const search = Effect.fnUntraced(function*(id: number, setup: Setup.Setup) {
  const options = yield* Recording.optionsOf(setup)
  for (let i = 0; i < mostSeeds; i++) {
    const seed = options.seed + i
    if (Simulation.run({ ...options, seed }).results().validity === "invalid") {
      return yield* Recording.make({ ...setup, flags: { ...setup.flags, seed: String(seed) } })
    }
    post({ id, runs: i + 1 })
  }
  const last = options.seed + mostSeeds - 1
  return yield* Recording.make({ ...setup, flags: { ...setup.flags, seed: String(last) } })
})

const shrink = Effect.fnUntraced(function*(id: number, setup: Setup.Setup) {
  const search = Shrink.shrink(yield* Recording.optionsOf(setup), mostRuns)
  let at = search.next()
  for (; at.done !== true; at = search.next()) post({ id, runs: at.value.runs })
  if (at.value === undefined) return yield* Recording.make(setup)
  return yield* Recording.make(Recording.setupOf(setup, at.value.options))
})

const answerTo = Effect.fnUntraced(function*({ id, setup: said, what }: Request) {
  const setup = typeof said === "string" ? yield* Setup.fromAddress(said) : said
  switch (what) {
    case "search":
      return yield* search(id, setup)
    case "shrink":
      return yield* shrink(id, setup)
    case "run":
      return yield* Recording.make(setup)
  }
})

globalThis.addEventListener("message", ({ data }: MessageEvent<Request>) => {
  const { id } = data
  Effect.runPromise(answerTo(data)).then(
    (recording) => post({ id, recording }),
    (error: unknown) =>
      post({ id, failure: error instanceof Error && "why" in error ? String(error.why) : String(error) })
  )
})
