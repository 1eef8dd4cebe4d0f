/**
 * What the exit code tells of runs.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Run from "../../src/simulator/Run.ts"

/** Something was found against a run. */
export class Invalid extends Data.TaggedError("Invalid") {}

/** Fails when a run is invalid. */
export const conclude = (runs: ReadonlyArray<Run.Summary>) =>
  runs.every(({ results }) => results.valid) ? Effect.void : Effect.fail(new Invalid())
