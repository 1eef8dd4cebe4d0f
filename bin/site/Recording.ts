/**
 * A run of the playground. The worker makes the whole run, and the page looks at it afterwards. So going back is as
 * easy as going on, and what the page shows at a moment is a function of the run and the moment.
 */
import * as Effect from "effect/Effect"
import * as Registry from "../../src/registry/Registry.ts"
import { extract } from "../../src/report/Extract.ts"
import type { ReportData } from "../../src/report/ReportData.ts"
import type { Json } from "../../src/schema/Json.ts"
import * as Script from "../../src/simulator/faults/Script.ts"
import * as Options from "../../src/simulator/Options.ts"
import type * as Run from "../../src/simulator/Run.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import type * as Rules from "../../src/workloads/finding/Rules.ts"
import * as Setting from "../../src/workloads/Setting.ts"
import * as Compile from "./Compile.ts"
import { modules } from "./Modules.ts"
import * as Setup from "./Setup.ts"
import * as Starts from "./Starts.ts"

/** A request that a person can have a client send. */
export interface HandmadeRequest {
  readonly type: string
  readonly fields: Readonly<Record<string, Json>>
}

export interface Recording {
  readonly setup: Setup.Setup
  /** The setup as it stands in an address, behind the #. */
  readonly fragment: string
  readonly data: ReportData
  readonly validity: Rules.Validity
  readonly operations: Run.Summary["results"]["operations"]
  /** Messages between servers, for each operation. */
  readonly messagesPerOperation: number
  /** Examples of requests that a person can send next. */
  readonly requests: ReadonlyArray<HandmadeRequest>
}

/**
 * The usual options here: a run that a person can look at is shorter, and has fewer nodes, than the usual one on the
 * command line.
 */
const usual: Readonly<Record<string, string>> = {
  "node-count": "5",
  "time-limit": "20",
  rate: "10",
  latency: "100",
  recovery: "5"
}

/** All flags of a setup; those that it does not give are as usual here. */
export const flagsOf = ({ flags }: Setup.Setup): Readonly<Record<string, string>> => ({ ...usual, ...flags })

/** The setup of a run with these options. */
export const setupOf = (
  { program, source, workload }: Pick<Setup.Setup, "workload" | "program" | "source">,
  options: Options.Options
): Setup.Setup => {
  const own = Registry.registry[Starts.find(workload, program)!.workload].workload.settings
  const texts = [
    ...Options.toTexts(Options.Simulated, options, options.nodeCount),
    ...own === undefined ? [] : Options.toTexts(own, options.settings ?? {}, options.nodeCount)
  ].map(([{ flag }, text]) => [flag, text] as const)
  const plain = Setting.fieldsOf(Options.Simulated).flatMap(({ flag, usualText }) =>
    flag in usual ? [[flag, usualText] as const] : []
  )
  const flags = Object.entries(Object.fromEntries([...plain, ...texts])).filter(([flag, text]) => usual[flag] !== text)
  return {
    workload,
    program,
    flags: Object.fromEntries(flags),
    ...options.script && { script: options.script },
    ...source !== undefined && { source }
  }
}

/** What clients ask, and what nodes run. Fails with a sentence for people. */
export const subjectOf = Effect.fnUntraced(
  function*({ program, source, workload }: Pick<Setup.Setup, "workload" | "program" | "source">) {
    const start = Starts.find(workload, program)
    if (start === undefined) {
      return yield* new Compile.NoProgram({ why: `there is no program ${program} for ${workload}` })
    }
    const found = Registry.find(start.workload, start.isWrong ? undefined : start.name)!
    return {
      name: start.workload,
      workload: found.workload,
      program: source === undefined
        ? start.program
        : start.provide(yield* Compile.compile(source, modules, start.exported))
    }
  }
)

/** Fails with words for people. */
export const optionsOf = Effect.fnUntraced(function*(setup: Setup.Setup) {
  const { program, workload } = yield* subjectOf(setup)
  return yield* Effect.try({
    try: (): Simulation.Options => {
      const texts = flagsOf(setup)
      const options = Options.fromTexts(Options.Simulated, texts)
      const settings = workload.settings === undefined
        ? {}
        : Options.settingsFromTexts(workload.settings, texts, options.nodeCount)
      Script.operations(setup.script ?? [], workload)
      return {
        ...options,
        config: {},
        ...Object.keys(settings).length > 0 && { settings },
        ...setup.script && { script: setup.script },
        workload,
        program
      }
    },
    catch: (error) => new Compile.NoProgram({ why: error instanceof Error ? error.message : String(error) })
  })
})

/** Makes the run of a setup, to its end. */
export const make = Effect.fnUntraced(function*(setup: Setup.Setup) {
  const options = yield* optionsOf(setup)
  const simulation = Simulation.run({ ...options, journal: true })
  const results = simulation.results()
  const messages = simulation.messages()
  const data = extract({
    title: setup.workload,
    workload: setup.workload,
    program: setup.program,
    options,
    results,
    replay: "",
    history: simulation.history,
    ...messages && { messages }
  })
  return {
    setup,
    fragment: yield* Setup.toFragment(setup),
    data,
    validity: results.validity,
    operations: results.operations,
    messagesPerOperation: results.messagesPerOperation.servers,
    requests: (options.workload.byHand ?? []).map(({ example, type }) => ({
      type,
      fields: example(setup.script?.length ?? 0)
    }))
  } satisfies Recording
})
