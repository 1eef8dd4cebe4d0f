/**
 * Runs as a person reads them, and as a program does. Both are functions of the runs alone, so the same runs give the
 * same text.
 */
import type { Json } from "../schema/Json.ts"
import { latency, type Limits } from "../simulator/Limits.ts"
import type { Options } from "../simulator/Options.ts"
import type { Results } from "../simulator/Results.ts"
import * as Run from "../simulator/Run.ts"
import type { Finding } from "../workloads/finding/Finding.ts"
import * as Rules from "../workloads/finding/Rules.ts"
import { quantile } from "../workloads/history/Sorted.ts"
import * as Figures from "./Figures.ts"
import * as Sentences from "./sentences/Sentences.ts"
import { printable } from "./sentences/Text.ts"
import * as Transactions from "./sentences/TransactionSentences.ts"

export interface Style {
  /** Whether to colour the text with ANSI escape sequences. */
  readonly colour: boolean
}

const paint = (code: number, { colour }: Style) => (text: string): string =>
  colour ? `\u001b[${code}m${text}\u001b[0m` : text
const bold = (style: Style) => paint(1, style)
const red = (style: Style) => paint(31, style)
const green = (style: Style) => paint(32, style)
const yellow = (style: Style) => paint(33, style)

const verdicts = { valid: "valid", invalid: "INVALID", unknown: "unknown" } as const satisfies Record<
  Rules.Validity,
  string
>
const colours = { valid: green, invalid: red, unknown: yellow } as const satisfies Record<Rules.Validity, unknown>

/** Over what only the stricter rules of this project find, and how to make that count. */
export const beyondHeading = "beyond Maelstrom"
export const beyondHint = "this does not count; with --rules strict it does"

const probability = (fraction: number): string => `${Number((fraction * 100).toFixed(2))} %`

/** A share as a percentage, never rounded up: 100 % means all of them. */
const percentage = (fraction: number): string => `${Math.floor(fraction * 10_000) / 100} %`

const faults = ({ duplicates, loss, nemesis }: Options): string =>
  [
    ...nemesis,
    ...loss > 0 ? [`loss ${probability(loss)}`] : [],
    ...duplicates > 0 ? [`duplicates ${probability(duplicates)}`] : []
  ].join(", ") || "-"

/**
 * How many decimals messages an operation have: where many operations share a message, each costs a hundredth of one.
 */
const messageDigits = 3

export const perOperation = (messages: number): string => messages.toFixed(messageDigits)

const limited = (value: string, limit: number | undefined): string =>
  limit === undefined ? value : `${value} (< ${limit})`

/** A column of the table of runs. */
export interface Column {
  readonly name: string
  readonly align: "left" | "right"
  readonly cell: (run: Run.Summary) => string
}

const usualColumns: ReadonlyArray<Column> = [
  { name: "run", align: "left", cell: ({ title }) => title },
  { name: "nodes", align: "right", cell: ({ options }) => `${options.nodeCount}` },
  { name: "faults", align: "left", cell: ({ options }) => faults(options) },
  { name: "operations", align: "right", cell: ({ results }) => `${results.operations.count}` },
  { name: "ok", align: "right", cell: ({ results }) => percentage(results.okFraction) },
  {
    name: "msgs/op",
    align: "right",
    cell: ({ limits, results }) =>
      limited(perOperation(results.messagesPerOperation.servers), limits?.messagesPerOperation)
  },
  {
    name: "median ms",
    align: "right",
    cell: ({ limits, results }) => limited(latency(results).median.toFixed(0), limits?.medianLatency)
  },
  {
    name: "max ms",
    align: "right",
    cell: ({ limits, results }) => limited(latency(results).max.toFixed(0), limits?.maxLatency)
  },
  { name: "verdict", align: "left", cell: ({ results: { validity } }) => verdicts[validity] }
]

const told = (findings: ReadonlyArray<Finding>): ReadonlyArray<string> =>
  findings.flatMap(Sentences.lines).map((line) => `  ${printable(line).replaceAll("\n", "\n    ")}`)

/** How to see a run once more. */
const again = ({ playground, replay }: Run.Summary): ReadonlyArray<string> => [
  `  Replay: ${replay}`,
  ...playground === undefined ? [] : [`  Playground: ${playground.address ?? playground.command}`]
]

/** What speaks against a run by its rules, and the command that shows it once more; nothing for a valid one. */
const against = (run: Run.Summary, style: Style): ReadonlyArray<string> => {
  const { results, title } = run
  const { findings, rules, validity, workload } = results
  if (validity === "valid") return []
  const models = Transactions.models(workload.figures).map((line) => `  ${line}`)
  const lines = [...told(Rules.split(rules, findings).counted), ...models]
  return validity === "invalid"
    ? [red(style)(`${title} is invalid:`), ...lines, ...again(run)]
    : [yellow(style)(`${title} could not be judged:`), ...lines, ...again(run)]
}

/** What is found of a run and does not count by its rules. */
const beyond = ({ results: { findings, rules }, title }: Run.Summary, style: Style): ReadonlyArray<string> => {
  const lines = told(Rules.split(rules, findings).beyond)
  return lines.length === 0 ? [] : [`${bold(style)(`${title}, ${beyondHeading}`)} (${beyondHint}):`, ...lines]
}

/** What was found, in paragraphs; nothing where nothing was. */
export const findings = (run: Run.Summary, style: Style): string =>
  [against(run, style), beyond(run, style)].flatMap((lines) =>
    lines.length === 0 ? [] : ["", ...lines].map((line) => `${line}\n`)
  ).join("")

/** A column that not every table has. */
export const bytesPerOperation: Column = {
  name: "bytes/op",
  align: "right",
  cell: ({ results: { network, operations } }) =>
    operations.count === 0 ? "-" : (network.servers.bytes / operations.count).toFixed(0)
}

/** One row for each run, and below it what speaks against those that are invalid. */
export const table = (runs: ReadonlyArray<Run.Summary>, style: Style, more: ReadonlyArray<Column> = []): string => {
  const columns = [...usualColumns.slice(0, -1), ...more, ...usualColumns.slice(-1)]
  const widths = columns.map(({ cell, name }) => Math.max(name.length, ...runs.map((run) => cell(run).length)))
  const row = (cells: ReadonlyArray<string>): string =>
    cells.map((cell, i) => columns[i]!.align === "left" ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))
      .join("  ").trimEnd()
  // Colour comes after the padding, since it has no width; the verdict is the last cell of its row.
  const verdict = ({ results }: Run.Summary) => (text: string): string =>
    text.replace(/\S+$/, colours[results.validity](style))
  return [
    `${bold(style)(row(columns.map(({ name }) => name)))}\n`,
    ...runs.map((run) => `${verdict(run)(row(columns.map(({ cell }) => cell(run))))}\n`),
    ...runs.map((run) => findings(run, style))
  ].join("")
}

/** A run by itself: its row, what speaks against it, and what was measured and counted. */
export const single = (run: Run.Summary, style: Style): string =>
  `${table([run], style)}\n${Figures.lines(run).map((line) => `${line}\n`).join("")}`

/** The figures of every run that differ with the seed, each with how many digits are shown. */
const figures: ReadonlyArray<{
  readonly name: keyof Limits
  readonly label: string
  readonly digits: number
  readonly of: (run: Run.Summary) => number
}> = [
  {
    name: "messagesPerOperation",
    label: "msgs/op",
    digits: messageDigits,
    of: ({ results }) => results.messagesPerOperation.servers
  },
  { name: "medianLatency", label: "median ms", digits: 0, of: ({ results }) => latency(results).median },
  { name: "maxLatency", label: "max ms", digits: 0, of: ({ results }) => latency(results).max }
]

/** What the checkers have counted, by its name: for each run how many, 0 where a run does not name it. */
const counts = (runs: ReadonlyArray<Run.Summary>): ReadonlyMap<string, ReadonlyArray<number>> => {
  const found = new Map<string, Array<number>>()
  runs.forEach(({ results }, i) => {
    for (const [name, count] of Figures.counts(results.workload.figures)) {
      const values = found.get(name) ?? runs.map(() => 0)
      values[i] = count
      found.set(name, values)
    }
  })
  return found
}

/** Of a value for each run: the least, the one in the middle, and the greatest with the first seed that has it. */
const range = (runs: ReadonlyArray<Run.Summary>, values: ReadonlyArray<number>) => {
  const sorted = values.toSorted((a, b) => a - b)
  const max = quantile(sorted, 1)
  return {
    min: quantile(sorted, 0),
    median: quantile(sorted, 0.5),
    max,
    seedOfMax: runs[values.indexOf(max)]?.options.seed ?? 0
  }
}

/** Between what the figures of runs lie that differ in nothing but their seeds. */
export const ranges = (runs: ReadonlyArray<Run.Summary>) => ({
  ...Object.fromEntries(figures.map(({ name, of }) => [name, range(runs, runs.map(of))])),
  counts: Object.fromEntries([...counts(runs)].map(([name, counted]) => [name, range(runs, counted)]))
})

/** The same as a table, with the seed to look at, where runs differ. */
const rangeTable = (runs: ReadonlyArray<Run.Summary>, style: Style): string => {
  const rows = [
    ...figures.map(({ digits, label, of }) => ({ label, digits, ...range(runs, runs.map(of)) })),
    ...[...counts(runs)].map(([label, counted]) => ({ label, digits: 0, ...range(runs, counted) }))
  ]
  const width = Math.max(...rows.map(({ label }) => label.length))
  const line = (label: string, cells: ReadonlyArray<string>): string =>
    `${label.padEnd(width)}${cells.map((cell) => cell.padStart(10)).join("")}`
  return [
    bold(style)(line("", ["min", "median", "max", "at seed"])),
    ...rows.map(({ digits, label, max, median, min, seedOfMax }) =>
      line(label, [...[min, median, max].map((value) => value.toFixed(digits)), min === max ? "-" : `${seedOfMax}`])
    )
  ].map((text) => `${text}\n`).join("")
}

/** How many invalid runs are spelled out; of the others there is only the command that shows them. */
const examples = 10

/**
 * Many runs that differ in nothing but their seeds: how many are valid, between what their figures lie, and what speaks
 * against those that are invalid.
 */
export const summary = (runs: ReadonlyArray<Run.Summary>, style: Style): string => {
  const having = (validity: Rules.Validity) => runs.filter(({ results }) => results.validity === validity)
  const invalid = having("invalid")
  const unknown = having("unknown")
  const isBeyond = ({ results: { findings, rules } }: Run.Summary): boolean =>
    Rules.split(rules, findings).beyond.length > 0
  const others = runs.filter((run) => run.results.validity !== "invalid" && isBeyond(run))
  const sum = (of: (results: Results) => number): number => runs.reduce((total, { results }) => total + of(results), 0)
  const operations = sum((results) => results.operations.count)
  const more = invalid.slice(examples)
  return [
    `${runs.length} runs: ${green(style)(`${having("valid").length} valid`)}`,
    invalid.length === 0 ? "" : `, ${red(style)(`${invalid.length} invalid`)}`,
    unknown.length === 0 ? "" : `, ${yellow(style)(`${unknown.length} in which nothing could be judged`)}`,
    `; ${operations} operations`,
    ...operations === 0 ? ["\n"] : [
      `, ${percentage(sum((results) => results.operations.ok) / operations)} ok\n\n`,
      rangeTable(runs, style)
    ],
    ...invalid.slice(0, examples).map((run) => findings(run, style)),
    more.length === 0 ? "" : `\n${more.length} more are invalid:\n`,
    ...more.flatMap(again).map((line) => `${line}\n`),
    ...unknown.slice(0, 1).map((run) => findings(run, style)),
    others.length === 0 ? "" : `\n${others.length} more show what is ${beyondHeading}; ${beyondHint}:\n`,
    ...others.slice(0, examples).flatMap(again).map((line) => `${line}\n`)
  ].join("")
}

const toJson = (run: Run.Summary) => {
  const { options, program, results, workload, ...more } = Run.encode(run)
  const { findings, rules, valid, validity, workload: { figures }, ...measured } = results
  const tell = (finding: Finding) => ({ text: Sentences.lines(finding).join("\n"), ...finding })
  const { beyond, counted } = Rules.split(rules, findings)
  return {
    ...more,
    rules,
    validity,
    valid,
    findings: counted.map(tell),
    beyondMaelstrom: beyond.map(tell),
    ...measured,
    figures,
    options: { ...options, workload, program }
  }
}

/**
 * One JSON document, with whatever else there is to say. Times are in ms. It comes in parts, a run in each, since all of
 * a long campaign would be too long for one text.
 */
export const jsonParts = function*(
  runs: ReadonlyArray<Run.Summary>,
  more: { readonly [name: string]: Json } = {}
): Generator<string> {
  const valid = runs.every(({ results }) => results.valid)
  const indented = (value: Json | object, depth: number): string =>
    JSON.stringify(value, null, 2).replaceAll("\n", `\n${" ".repeat(depth)}`)
  yield `${indented({ valid, ...more }, 0).slice(0, -"\n}".length)},\n  "runs": [`
  for (const [i, run] of runs.entries()) yield `${i === 0 ? "" : ","}\n    ${indented(toJson(run), 4)}`
  yield "\n  ]\n}\n"
}

export const json = (...given: Parameters<typeof jsonParts>): string => [...jsonParts(...given)].join("")
