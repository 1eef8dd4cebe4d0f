/**
 * The flags of the commands, made of the options and settings that are declared elsewhere: see Setting.
 */
import * as Arr from "effect/Array"
import type * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as Registry from "../../src/registry/Registry.ts"
import * as Options from "../../src/simulator/Options.ts"
import { Rules } from "../../src/workloads/finding/Finding.ts"
import * as Setting from "../../src/workloads/Setting.ts"
import type { Workload } from "../../src/workloads/Workload.ts"
import * as Usage from "./Usage.ts"

/** Says what a flag is for, what its value is, and which it has when it is not given. */
export const describe =
  <const B>(description: string, value: string, defaultValue: B, defaultText: string | number = String(defaultValue)) =>
  <A>(flag: Flag.Flag<A>): Flag.Flag<A | B> =>
    flag.pipe(
      Flag.withDescription(`${description} (default: ${defaultText})`),
      Flag.withMetavar(value),
      Flag.atMost(1), // else the first of many would win, silently
      Flag.map(([value = defaultValue]) => value)
    )

/** Fails unless these are names of a list. */
const checkList = ({ flag, form }: Setting.Field) => (text: string) => {
  const { list, metavar, names = [], refusals = {} } = form
  const listed = text.split(",").map((name) => name.trim())
  const known = list === "some or none" ? ["none", ...names] : names
  const stranger = listed.find((name) => !known.includes(name))
  if (stranger !== undefined && refusals[stranger] !== undefined) {
    return Usage.wrong(`--${flag} cannot be ${stranger}: ${refusals[stranger]}.`)
  }
  if (stranger !== undefined) return Usage.unknown(flag, stranger, known)
  if (listed.includes("none") && new Set(listed).size > 1) {
    return Usage.wrong(`--${flag} none goes with no ${metavar.replace(/s$/, "")}.`)
  }
  return Effect.succeed(text)
}

/** A text that the option can read. What an `n` in it stands for does not matter to that. */
const textOf = (field: Setting.Field): Flag.Flag<string> => {
  const { flag, form } = field
  if (form.list !== undefined) return Flag.String(flag).pipe(Flag.mapEffect(checkList(field)))
  if (form.names !== undefined) return Flag.Literals(flag, form.names)
  return Flag.String(flag).pipe(Flag.filter((text) => field.read(text, 1) !== undefined, () => form.expected))
}

/** The text of an option, if its flag is given. */
const flagOf = (field: Setting.Field): Flag.Flag<string | undefined> => {
  const { flag, form, help, usualText } = field
  return form.isSwitch === true
    ? Flag.Boolean(flag).pipe(
      Flag.withDescription(help),
      Flag.withDefault(false),
      Flag.map((isGiven) => isGiven ? "true" : undefined)
    )
    : textOf(field).pipe(describe(help, form.metavar, undefined, usualText))
}

const flagsOf = (fields: ReadonlyArray<Setting.Field>): Readonly<Record<string, Flag.Flag<string | undefined>>> =>
  Object.fromEntries(fields.map((field) => [field.flag, flagOf(field)]))

const numberOf = <const B>(field: Setting.Field, fallback: B): Flag.Flag<number | B> =>
  textOf(field).pipe(
    Flag.map((text) => Number(field.read(text, 1))),
    describe(field.help, field.form.metavar, fallback, field.usualText)
  )

/** A number that is no option of a run. */
export const number = (name: string, schema: ReturnType<typeof Setting.whole>): Flag.Flag<number> => {
  const field = Setting.named(name, schema)
  return numberOf(field, Number(field.usual))
}

export const seed = number("seed", Options.Trial.fields.seed)

/** Undefined where it is not given. */
export const givenSeed = numberOf(Setting.named("seed", Options.Trial.fields.seed), undefined)

/** The flag `--rules`, for runs whose other options are given. */
export const rules = Flag.Literals("rules", Rules.literals).pipe(
  describe(Setting.named("rules", Options.Simulated.fields.rules).help, "name", "strict" as const)
)

export const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print the results as one JSON document, with times in ms"),
  Flag.withDefault(false)
)

const settingsOf = ({ settings }: Workload): ReadonlyArray<Setting.Field> =>
  settings === undefined ? [] : Setting.fieldsOf(settings)

/** The settings of all workloads. What several have is one flag, which says what is usual for which if that differs. */
const settings = ((): ReadonlyArray<Setting.Field> => {
  const all = Object.values(Registry.registry).flatMap(({ workload }) =>
    settingsOf(workload).map((field) => ({ field, owner: workload.name }))
  )
  return Object.values(Arr.groupBy(all, ({ field }) => field.flag)).map((same) => {
    const usual = Object.entries(Arr.groupBy(same, ({ field }) => field.usualText))
    const [{ field }] = same
    if (usual.length === 1) return field
    const texts = usual.map(([text, of]) => `${text} for ${of.map(({ owner }) => owner).join(" and ")}`)
    return { ...field, usualText: texts.join(", ") }
  })
})()

const asItWas = (field: Setting.Field): Setting.Field => ({ ...field, usualText: "as the run had it" })

const notSeed = ({ flag }: Setting.Field): boolean => flag !== "seed"

const workload = Flag.Literals("workload", Registry.workloadNames).pipe(
  Flag.withAlias("w"),
  Flag.withMetavar("name")
)

/** Undefined where it is not given. */
export const givenWorkload = workload.pipe(
  describe("What clients ask of the nodes", "name", undefined, "as in --from, without which it is required")
)

/** What clients, network and nemesis do, in whichever world. */
export const trial = {
  workload: workload.pipe(
    Flag.withDescription("What clients ask of the nodes; required"),
    Flag.between(1, 1),
    Flag.map(([workload]) => workload!)
  ),
  options: flagsOf(Setting.fieldsOf(Options.Trial).filter(notSeed)),
  settings: flagsOf(settings)
}

/** Flags by which a run that is over can be judged once more. */
export const judged = {
  options: flagsOf(
    Setting.fieldsOf(Options.Trial).filter(({ flag }) => flag === "rules" || flag === "availability").map(asItWas)
  ),
  settings: flagsOf(settings.map(asItWas))
}

/** Flags that say what is simulated, but for the workload. */
export const world = {
  program: Flag.String("program").pipe(
    describe(
      `What nodes run: ${Registry.workloadNames.map((w) => `${w}: ${Registry.programNames(w).join(", ")}`).join("; ")}`,
      "name",
      undefined,
      "the first of the workload"
    )
  ),
  options: flagsOf(Setting.fieldsOf(Options.Simulated).filter(notSeed)),
  settings: trial.settings
}

export type Trial = Command.Command.Config.Infer<typeof trial>
/** What is given of options and settings. */
type Given = Pick<Trial, "options" | "settings">
export type World = Command.Command.Config.Infer<typeof world>

/** What is set of the workload. Fails when something is that it does not have. */
const settingsFrom = (workload: Workload, flags: Pick<Trial, "settings">, nodeCount: number) => {
  const own = settingsOf(workload).map(({ flag }) => flag)
  const stranger = Object.keys(flags.settings).find((flag) => flags.settings[flag] !== undefined && !own.includes(flag))
  if (stranger !== undefined) {
    const has = own.map((flag) => `--${flag}`).join(", ") || "none"
    return Usage.wrong(`--${stranger} is no setting of ${workload.name}, which has ${has}.`)
  }
  const settings = workload.settings === undefined
    ? {}
    : Options.settingsFromTexts(workload.settings, flags.settings, nodeCount)
  return Effect.succeed(Object.keys(settings).length === 0 ? {} : { settings })
}

/** All options of the struct, with this seed. */
const optionsFrom = <S extends Parameters<typeof Options.fromTexts>[0]>(
  struct: S,
  workload: Workload,
  flags: Given,
  seed: number
) =>
  Effect.gen(function*() {
    const options = Options.fromTexts(struct, { ...flags.options, seed: String(seed) })
    return { ...options, ...yield* settingsFrom(workload, flags, options.nodeCount) }
  })

/** The options of a run that is over, with those that flags give in their place. */
export const judgedOptions = (
  workload: Workload,
  flags: Given,
  options: Options.Options
) =>
  Effect.gen(function*() {
    const { settings = {} } = yield* settingsFrom(workload, flags, options.nodeCount)
    const changed = Setting.fieldsOf(Options.Trial).reduce((all, field) => {
      const text = flags.options[field.flag]
      return text === undefined ? all : Setting.set(all, field, field.read(text, options.nodeCount))
    }, options)
    const all = { ...options.settings, ...settings }
    return Object.keys(all).length === 0 ? changed : { ...changed, settings: all }
  })

/** The options of a trial. By Maelstrom's rules, a setting that is not given has Maelstrom's value. */
export const trialOptions = Effect.fnUntraced(function*(workload: Workload, flags: Given, seed: number) {
  const { settings, ...options } = { settings: undefined, ...yield* optionsFrom(Options.Trial, workload, flags, seed) }
  const all = options.rules === "maelstrom" ? { ...workload.asInMaelstrom, ...settings } : settings
  return { ...options, ...all !== undefined && Object.keys(all).length > 0 && { settings: all } }
})

export const worldOptions = (workload: Workload, flags: Given, seed: number) =>
  optionsFrom(Options.Simulated, workload, flags, seed)

/** The flags that say what these options do, without the seed: those that are not as usual. */
export const text = ({ settings }: Workload, struct: Schema.Constraint, options: Options.Options): string =>
  [
    ...Options.toTexts(struct, options, options.nodeCount).filter(([field]) => notSeed(field)),
    ...settings === undefined ? [] : Options.toTexts(settings, options.settings ?? {}, options.nodeCount)
  ].map(([{ flag, form }, text]) => form.isSwitch === true ? ` --${flag}` : ` --${flag} ${text}`).join("")
