/**
 * What is wrong with the arguments, in one line: where effect/cli prints the whole help, this says the one thing to mend.
 */
import * as CliError from "effect/cli/CliError"
import * as Effect from "effect/Effect"
import { basename, join, relative } from "node:path"

/** The file that runs. */
export const script = process.argv[1] ?? ""

// bin/try.mjs defines it: who calls that names no script
declare const CALLED_AS: string | undefined

/** How this was called, for commands that can be copied. */
export const self = typeof CALLED_AS === "string"
  ? CALLED_AS
  : script.endsWith(".js")
  ? `node ${relative("", script)}`
  : script.includes(join("node_modules", ".bin"))
  ? `npx ${basename(script)}`
  : basename(script)

const distance = (a: string, b: string): number => {
  // Levenshtein, one row at a time
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}

/** What was probably meant, if anything comes near it. */
const nearest = (text: string, known: ReadonlyArray<string>): string | undefined =>
  text === "" ? undefined : known.find((name) => name.toLowerCase() === text.toLowerCase()) ?? known
    .map((name) => ({ name, off: name.startsWith(text) ? 0 : distance(text, name) }))
    .filter(({ name, off }) => off <= name.length / 2)
    .toSorted((a, b) => a.off - b.off)[0]?.name

const meant = (name: string | undefined): string => name === undefined ? "" : ` Did you mean ${name}?`

const notOneOf = (flag: string, value: string, known: ReadonlyArray<string>): string =>
  `--${flag} must be ${known.length > 1 ? "one of " : ""}${known.join(", ")}, not ${JSON.stringify(value)}.`
  + meant(nearest(value, known))

/** Fails with what is wrong with arguments that are well-formed. */
export const wrong = (message: string): Effect.Effect<never, CliError.ValidationError> =>
  Effect.fail(new CliError.ValidationError({ message }))

/** Fails because the value of a flag is none of those known, and suggests the nearest. */
export const unknown = (flag: string, value: string, known: ReadonlyArray<string>) =>
  wrong(notOneOf(flag, value, known))

/**
 * Fails if letters stand together behind one dash: none of the flags goes with another. effect/cli would take them for
 * many flags, and what has an `h` among them, as `-wecho`, for a call for help.
 */
export const checkClusters = (args: ReadonlyArray<string>): Effect.Effect<void, CliError.ValidationError> => {
  const end = args.indexOf("--")
  const cluster = args.slice(0, end === -1 ? args.length : end).find((arg) => /^-[a-z][^=]/i.test(arg))
  if (cluster === undefined) return Effect.void
  return wrong(`unknown flag ${cluster}.${meant(cluster.startsWith("-w") ? `-w ${cluster.slice(2)}` : `-${cluster}`)}`)
}

const explain = (error: CliError.CliError): string => {
  switch (error._tag) {
    case "UnrecognizedOption":
      return `unknown flag ${error.option}.${meant(error.suggestions.find((name) => name.startsWith("--")))}`
    case "UnknownSubcommand":
      return `unknown command ${JSON.stringify(error.subcommand)}.${meant(error.suggestions[0])}`
    case "MissingOption":
      return `--${error.option} is missing.`
    case "InvalidValue": {
      const { expected, option, value } = error
      if (value === "") return `--${option} needs a value.`
      if (/^\d+ occurrences$/.test(value)) return `--${option} is given more than once.`
      const choices = [...expected.matchAll(/"(.*?)"/g)].map(([, choice]) => choice!)
      return choices.length > 0
        ? notOneOf(option, value, choices)
        : `--${option} must be ${expected}, not ${JSON.stringify(value)}.`
    }
    case "UnexpectedArgument":
      return `unexpected argument ${JSON.stringify(error.arguments[0])}.`
    default:
      return error.message
  }
}

/** The first thing that is wrong, without a line break, and where to read on if effect/cli knows. */
export const oneLine = (error: CliError.CliError): string => {
  const [first = error] = error._tag === "ShowHelp" ? error.errors : []
  const more = error._tag === "ShowHelp" ? ` See ${error.commandPath.join(" ")} --help.` : ""
  return `${explain(first)}${more}`.replaceAll(/\s+/g, " ")
}
