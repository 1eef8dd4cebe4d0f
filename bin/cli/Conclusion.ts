/**
 * What the exit code tells of runs.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Run from "../../src/simulator/Run.ts"

/** Something was found against a run. */
export class Invalid extends Data.TaggedError("Invalid") {}

/** By Maelstrom's rules a run could not be judged. There that is a failure, with an exit code of its own. */
export class Unknown extends Data.TaggedError("Unknown") {}

/** Fails when a run is invalid, or is unknown by rules by which that is a failure. */
export const conclude = (runs: ReadonlyArray<Run.Summary>) => {
  if (runs.some(({ results }) => results.validity === "invalid")) return Effect.fail(new Invalid())
  return runs.some(({ results }) => results.validity === "unknown" && results.rules === "maelstrom")
    ? Effect.fail(new Unknown())
    : Effect.void
}
