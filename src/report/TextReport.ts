/**
 * Runs as a person reads them, and as a program does. Both are functions of the runs alone, so the same runs give the
 * same text.
 */
import type { Json } from "../schema/Json.ts"
import { latency, type Limits } from "../simulator/Limits.ts"
import type { Options } from "../simulator/Options.ts"
import type { Results } from "../simulator/Results.ts"
import * as Run from "../simulator/Run.ts"
import { quantile } from "../workloads/history/Sorted.ts"
import * as Sentences from "./sentences/Sentences.ts"
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

const probability = (fraction: number): string => `${Number((fraction * 100).toFixed(2))} %`

/** Never rounded up: 100 % means all of them. */
const percentage = (fraction: number): string => `${Math.floor(fraction * 10_000) / 100} %`

const faults = ({ duplicates, loss, nemesis }: Options): string =>
  [
    ...nemesis,
    ...loss > 0 ? [`loss ${probability(loss)}`] : [],
    ...duplicates > 0 ? [`duplicates ${probability(duplicates)}`] : []
  ].join(", ") || "-"

/** Of messages an operation: many operations share one, and then each costs a hundredth of it. */
const messageDigits = 3

export const perOperation = (messages: number): string => messages.toFixed(messageDigits)

const limited = (value: string, limit: number | undefined): string =>
  limit === undefined ? value : `${value} (< ${limit})`

/** One thing to say of every run. */
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
  { name: "verdict", align: "left", cell: ({ results }) => results.valid ? "valid" : "INVALID" }
]

/** What speaks against a run, and the command that shows it once more; empty for a valid one. */
export const findings = ({ replay, results, title }: Run.Summary, style: Style): string =>
  results.valid ? "" : [
    red(style)(`${title} is invalid:`),
    ...results.findings.flatMap(Sentences.lines).map((line) => `  ${line.replaceAll("\n", "\n    ")}`),
    ...Transactions.models(results.workload.figures).map((line) => `  ${line}`),
    `  Replay: ${replay}`
  ].map((line) => `${line}\n`).join("")

/** Not in every table. */
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
    text.replace(/\S+$/, results.valid ? green(style) : red(style))
  return [
    `${bold(style)(row(columns.map(({ name }) => name)))}\n`,
    ...runs.map((run) => `${verdict(run)(row(columns.map(({ cell }) => cell(run))))}\n`),
    ...runs.filter(({ results }) => !results.valid).map((run) => `\n${findings(run, style)}`)
  ].join("")
}

/** What runs may differ in, by seed, in so many digits. */
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

/** The least of all runs, the one in the middle, and the greatest. */
const range = (runs: ReadonlyArray<Run.Summary>, of: (run: Run.Summary) => number) => {
  const sorted = runs.map(of).toSorted((a, b) => a - b)
  return { min: quantile(sorted, 0), median: quantile(sorted, 0.5), max: quantile(sorted, 1) }
}

/** Between what the figures of runs lie that differ in nothing but their seeds. */
export const ranges = (runs: ReadonlyArray<Run.Summary>) =>
  Object.fromEntries(figures.map(({ name, of }) => [name, range(runs, of)]))

/** How many invalid runs are spelled out; of the others there is only the command that shows them. */
const examples = 10

/**
 * Many runs that differ in nothing but their seeds: how many are valid, between what their figures lie, and what speaks
 * against those that are invalid.
 */
export const summary = (runs: ReadonlyArray<Run.Summary>, style: Style): string => {
  const invalid = runs.filter(({ results }) => !results.valid)
  const sum = (of: (results: Results) => number): number => runs.reduce((total, { results }) => total + of(results), 0)
  const operations = sum((results) => results.operations.count)
  const more = invalid.slice(examples)
  return [
    `${runs.length} runs: ${green(style)(`${runs.length - invalid.length} valid`)}`,
    invalid.length === 0 ? "" : `, ${red(style)(`${invalid.length} invalid`)}`,
    `; ${operations} operations`,
    ...operations === 0 ? ["\n"] : [
      `, ${percentage(sum((results) => results.operations.ok) / operations)} ok\n\n`,
      `${bold(style)(`${"".padEnd(9)}${["min", "median", "max"].map((name) => name.padStart(10)).join("")}`)}\n`,
      ...figures.map(({ digits, label, of }) =>
        `${label.padEnd(9)}${
          Object.values(range(runs, of)).map((figure) => figure.toFixed(digits).padStart(10)).join("")
        }\n`
      )
    ],
    ...invalid.slice(0, examples).map((run) => `\n${findings(run, style)}`),
    more.length === 0 ? "" : `\n${more.length} more are invalid:\n`,
    ...more.map(({ replay }) => `  Replay: ${replay}\n`)
  ].join("")
}

const toJson = (run: Run.Summary) => {
  const { options, program, results, workload, ...more } = Run.encode(run)
  const { findings, valid, workload: { figures }, ...measured } = results
  const told = findings.map((finding) => ({ text: Sentences.lines(finding).join("\n"), ...finding }))
  return { ...more, valid, findings: told, ...measured, figures, options: { ...options, workload, program } }
}

/** One JSON document, with whatever else there is to say. Times are in ms. */
export const json = (runs: ReadonlyArray<Run.Summary>, more: { readonly [name: string]: Json } = {}): string => {
  const valid = runs.every(({ results }) => results.valid)
  return `${JSON.stringify({ valid, ...more, runs: runs.map(toJson) }, null, 2)}\n`
}
