/**
 * From a run that is invalid to a small one that is so for the same reason: first in its options, then in what happens in it.
 *
 * - **Options and settings.** Each is tried at simpler values, the simplest first, as it says itself which those are (see
 *   Options): fewer nodes and clients, less time, a lower rate, no faults, a network that loses and delays nothing. With
 *   other options the same seed draws another course of events, so each is tried with some small seeds besides.
 * - **Operations, faults, and what is done by hand.** Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating
 *   failure-inducing input", 2002) of the numbers of those that come to pass, and of the deeds of the script. Everything is
 *   drawn as before, so what remains is what it was. The result is 1-minimal: with any one of them left out, the run no
 *   longer fails for this reason.
 *
 * Both are repeated until neither changes anything. All of it is determined by the options, and takes no more runs than
 * it is given.
 */
import * as Finding from "../workloads/finding/Finding.ts"
import * as Rules from "../workloads/finding/Rules.ts"
import * as Setting from "../workloads/Setting.ts"
import type { Workload } from "../workloads/Workload.ts"
import type { Script } from "./faults/Script.ts"
import * as Options from "./Options.ts"
import * as Simulation from "./Simulation.ts"

/** How far the search has come. */
export interface Progress {
  /** How many runs the search has made. */
  readonly runs: number
  /** The smallest run so far that fails. */
  readonly options: Simulation.Options
}

export interface Shrunk extends Progress {
  /** What is found in the original run and in the smallest one; see {@link kindOf}. */
  readonly kind: string
  /** Whether nothing can be left out of the run; false if the search ran out of runs. */
  readonly minimal: boolean
}

/** How many runs the search makes at the most, if nothing else is said. */
export const defaultBudget = 2000

/** How many seeds a simpler option is tried with, besides the one that failed. */
const otherSeeds = 5

/**
 * The name by which findings of different runs are the same: the finding's own name, and for an operation that was
 * never ok the operation's name too.
 */
export const kindOf = (finding: Finding.Finding): string => {
  const f = finding.source === "run" ? finding.examples[0]?.about["f"] : undefined
  return [Finding.nameOf(finding), ...typeof f === "string" ? [f] : []].join(" ")
}

/** The runs that are simpler in one option, the simplest first; see Options for the order of those. */
const simplerIn = (field: Setting.Field) => (options: Simulation.Options): ReadonlyArray<Simulation.Options> =>
  field.simpler(Setting.get(options, field)).map((value) => Options.change(Options.Simulated, options, field, value))

/** The runs that are simpler in one setting of the workload. */
const simplerInSetting = (field: Setting.Field) => (options: Simulation.Options): ReadonlyArray<Simulation.Options> =>
  field.simpler(Setting.get(options.settings, field) ?? field.usual).map((value) => ({
    ...options,
    settings: Setting.set(options.settings ?? {}, field, value)
  }))

const dimensionsOf = ({ settings }: Workload) => [
  ...Setting.fieldsOf(Options.Simulated).map(simplerIn),
  ...settings === undefined ? [] : Setting.fieldsOf(settings).map(simplerInSetting)
]

/** Zeller and Hildebrandt's ddmin, by complements: the items that remain, no single one of which can be left out. */
function* minimise(
  items: ReadonlyArray<number>,
  fails: (items: ReadonlyArray<number>) => Generator<Progress, boolean>
): Generator<Progress, void> {
  if (yield* fails([])) return
  let left = items
  for (let parts = 2; left.length > 1;) {
    const size = Math.ceil(left.length / parts)
    const complements = Array.from(
      { length: Math.ceil(left.length / size) },
      (_, i) => [...left.slice(0, i * size), ...left.slice((i + 1) * size)]
    )
    const smaller = yield* firstOf(complements, fails)
    if (smaller !== undefined) {
      left = smaller
      parts = Math.max(parts - 1, 2)
    } else if (size > 1) {
      parts = Math.min(parts * 2, left.length)
    } else {
      return
    }
  }
}

/** The first of these runs that fails. */
function* firstOf<A>(
  candidates: ReadonlyArray<A>,
  fails: (candidate: A) => Generator<Progress, boolean>
): Generator<Progress, A | undefined> {
  for (const candidate of candidates) if (yield* fails(candidate)) return candidate
  return undefined
}

/** The run in which this is done by hand. */
const withScript = (
  { script: _script, ...options }: Simulation.Options,
  script: Script
): Simulation.Options => script.length === 0 ? options : { ...options, script }

/** Yields after each run; returns `undefined` if the run does not fail to begin with. */
export function* shrink(
  original: Simulation.Options,
  budget = defaultBudget
): Generator<Progress, Shrunk | undefined> {
  let runs = 0
  let best = original

  const run = (options: Simulation.Options): Simulation.Simulation => {
    runs++
    return Simulation.run(options)
  }
  /** Of what went wrong by the rules of the run: that nothing could be judged would shrink to next to nothing. */
  const kindsOf = ({ results }: Simulation.Simulation): ReadonlyArray<string> => {
    const { findings, rules, validity } = results()
    return validity === "invalid" ? Rules.wrong(rules, findings).map(kindOf) : []
  }

  const first = run(original)
  let drawn = first.drawn()
  yield { runs, options: best }
  // What is found where nothing happens, such as that there is nothing to judge by, would shrink to just that.
  const always = kindsOf(run(withScript({ ...original, onlyOperations: [], onlyFaults: [] }, [])))
  yield { runs, options: best }
  const kinds = kindsOf(first)
  const kind = kinds.find((kind) => !always.includes(kind)) ?? kinds[0]
  if (kind === undefined) return undefined

  /** When no runs are left, nothing fails any more, so everything comes to an end. */
  function* fails(options: Simulation.Options): Generator<Progress, boolean> {
    if (runs >= budget) return false
    const simulation = run(options)
    const failed = kindsOf(simulation).includes(kind!) // a run that fails has been found
    if (failed) {
      best = options
      drawn = simulation.drawn()
    }
    yield { runs, options: best }
    return failed
  }

  /** With other seeds too, as long as numbers of single operations and faults mean nothing. */
  const seeds = (options: Simulation.Options): ReadonlyArray<Simulation.Options> => {
    if (options.onlyOperations !== undefined || options.onlyFaults !== undefined) return [options]
    const others = Array.from({ length: otherSeeds }, (_, seed) => seed).filter((seed) => seed !== options.seed)
    return [options, ...others.map((seed) => ({ ...options, seed }))]
  }

  function* simplify(): Generator<Progress, void> {
    for (const simpler of dimensionsOf(original.workload)) {
      while ((yield* firstOf(simpler(best).flatMap(seeds), fails)) !== undefined) {
        // as long as runs get smaller
      }
    }
  }

  /** Of what comes to pass now, as little as possible. */
  function* thinOut(key: "onlyOperations" | "onlyFaults", count: number): Generator<Progress, void> {
    const all = best[key] ?? Array.from({ length: count }, (_, i) => i)
    if (all.length > 0) yield* minimise(all, (items) => fails({ ...best, [key]: items }))
  }

  /** Of what is done by hand, as little as possible. */
  function* thinOutScript(): Generator<Progress, void> {
    const { script = [] } = best
    const numbers = script.map((_, i) => i)
    if (script.length === 0) return
    yield* minimise(numbers, (items) => fails(withScript(best, script.filter((_, i) => items.includes(i)))))
  }

  for (let before; before !== best;) {
    before = best
    yield* simplify()
    yield* thinOutScript()
    yield* thinOut("onlyFaults", drawn.faults)
    yield* thinOut("onlyOperations", drawn.operations)
  }
  return { runs, options: best, kind, minimal: runs < budget }
}
