/**
 * What `-w` names for `gossip-girl test` and `analyze`: a workload of this project, or a file of somebody's own, whose default export is a
 * Workload. Such a module brings its own copy of Effect, so only what is plain goes from one to the other: functions over
 * JSON, and no program. In the simulated world it runs by `gossip-girl/vitest`.
 *
 * Maelstrom has no rules for a workload that it does not have, so all that is found counts, unless something else is
 * asked.
 */
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { statSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import * as Registry from "../../src/registry/Registry.ts"
import type { Workload } from "../../src/workloads/Workload.ts"
import * as Flags from "./Flags.ts"
import * as Usage from "./Usage.ts"

export interface Asked {
  /** As it stands on the command line. */
  readonly text: string
  readonly workload: Workload
  /** If it is one of this project. */
  readonly name: Registry.WorkloadName | undefined
}

export const known = (name: Registry.WorkloadName): Asked => ({
  text: name,
  workload: Registry.registry[name].workload,
  name
})

const isFunction = (value: unknown): boolean => typeof value === "function"
const isName = (value: unknown): boolean => typeof value === "string" && /^[a-z][a-z0-9-]*$/.test(value)
const isPositive = (value: unknown): boolean => typeof value === "number" && value > 0
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

const function_ = [isFunction, "a function"] as const

/** What each field of a workload must be. */
const required = {
  name: [isName, "a name of small letters, digits and dashes, such as lock"],
  generator: function_,
  check: function_
} as const
const optional = {
  setup: function_,
  final: function_,
  clientTimeout: function_,
  crashInterval: [isPositive, "a number of ms above 0"],
  asInMaelstrom: [isObject, "an object"],
  byHand: [Array.isArray, "an array"]
} as const satisfies Partial<Record<keyof Workload, unknown>>

/** What is wrong with what should be a workload, if anything. */
const fault = (value: unknown): string | undefined => {
  if (value === undefined) return "it has no default export, which would be the workload"
  if (!isObject(value)) return "its default export is no workload"
  for (const [name, [is, expected]] of Object.entries(required)) {
    if (!is(value[name])) return `the ${name} of its default export must be ${expected}`
  }
  for (const [name, [is, expected]] of Object.entries(optional)) {
    if (value[name] !== undefined && !is(value[name])) return `the ${name} of its default export must be ${expected}`
  }
  return undefined
}

const isWorkload = (value: unknown): value is Workload => fault(value) === undefined

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** A cached script such as this executable cannot import(); what starts it (bin/build.mjs) lends it this. */
declare const importModule: (url: string) => Promise<{ readonly default?: unknown }>

/** It runs as it was exported: settings are schemas of its own copy of Effect. */
const asExported = ({ set: _set, settings: _settings, ...workload }: Workload): Workload => workload

const load = Effect.fnUntraced(function*(text: string) {
  const file = resolve(text)
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    return yield* Usage.wrong(`--workload ${text}: there is no such file.`)
  }
  const { default: workload } = yield* Effect.tryPromise(() => importModule(pathToFileURL(file).href)).pipe(
    Effect.catch(({ cause }) => Usage.wrong(`--workload ${text} cannot be loaded: ${messageOf(cause)}`))
  )
  return isWorkload(workload)
    ? { text, workload: asExported(workload), name: undefined }
    : yield* Usage.wrong(`--workload ${text}: ${fault(workload)}.`)
})

/** The workload of a run of this name, for which a module may be given. */
export const ofRun = Effect.fnUntraced(function*(name: string, given: Asked | undefined) {
  if (given !== undefined && given.workload.name !== name) {
    return yield* Usage.wrong(`--workload ${given.text} is ${given.workload.name}, and the run is one of ${name}.`)
  }
  if (given !== undefined) return given.workload
  const ours = Registry.workloadNames.find((known) => known === name)
  if (ours !== undefined) return Registry.registry[ours].workload
  return yield* Usage.wrong(`the run is one of ${name}, which is none of this project's: name its module, -w FILE.`)
})

/** What is asked of options, with what follows from whose workload it is. */
export const optionsOf = (
  { name }: Asked,
  options: Readonly<Record<string, string | undefined>>
): Readonly<Record<string, string | undefined>> =>
  name === undefined ? { ...options, rules: options["rules"] ?? "strict" } : options

const isFile = (text: string): boolean => /[/\\]|\.[cm]?[jt]s$/.test(text)

const find = (text: string) => {
  const name = Registry.workloadNames.find((name) => name === text)
  if (name !== undefined) return Effect.succeed(known(name))
  return isFile(text) ? load(text) : Usage.unknown("workload", text, Registry.workloadNames)
}

const usual = "lin-kv" // as Maelstrom has it

const workload = Flag.String("workload").pipe(Flag.withAlias("w"), Flag.mapEffect(find))

export const flag = workload.pipe(
  Flags.describe(
    `What clients ask of the nodes: ${
      Registry.workloadNames.join(", ")
    }; or a module whose default export is a workload`,
    "name or file",
    known(usual),
    usual
  )
)

/** Of a run that is over: undefined where it is not given. */
export const given = workload.pipe(
  Flags.describe(
    "The workload of the run, if it is none of this project: the module whose default export it is",
    "file",
    undefined,
    "the one that the run names"
  )
)
