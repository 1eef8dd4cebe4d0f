/**
 * The rows of the benchmark: what was measured of this project beside what was measured of a reference.
 */
import { quantile } from "../../src/workloads/history/Sorted.ts"

/** One line of the table. `ratio` is ours to the reference's; without a goal, `reached` is null. */
export interface Row {
  readonly name: string
  readonly ours: string
  readonly reference: string
  readonly ratio: number
  readonly goal: string
  readonly reached: boolean | null
}

export const median = (values: ReadonlyArray<number>): number => quantile(values.toSorted((a, b) => a - b), 0.5)

/** What was measured of us and of a reference; the ratio is the median of those of each repetition. */
export interface Comparison {
  readonly ours: number
  readonly reference: number
  readonly ratio: number
}

export type Measure = () => Promise<number>

/**
 * Measures ours and the references in turn, so that whatever else the machine does hits all alike. Answers one
 * comparison for each reference.
 */
export const sideBySide = async (
  repetitions: number,
  ours: Measure,
  references: ReadonlyArray<Measure>
): Promise<ReadonlyArray<Comparison>> => {
  const mine: Array<number> = []
  const theirs = references.map((): Array<number> => [])
  for (let i = 0; i < repetitions; i++) {
    mine.push(await ours())
    for (const [i, reference] of references.entries()) theirs[i]!.push(await reference())
  }
  return theirs.map((values) => ({
    ours: median(mine),
    reference: median(values),
    ratio: median(values.map((value, i) => mine[i]! / value))
  }))
}

export const row = (name: string, { ours, ratio, reference }: Comparison, unit: string): Row => {
  const format = (value: number): string => `${Math.round(value).toLocaleString("en")} ${unit}`
  return { name, ours: format(ours), reference: format(reference), ratio, goal: "-", reached: null }
}

export const atLeast = (goal: number, name: string, unit: string, comparison: Comparison): Row => ({
  ...row(name, comparison, unit),
  goal: `≥ ${goal} ×`,
  reached: comparison.ratio >= goal
})

export const atMost = (goal: number, name: string, comparison: Comparison): Row => ({
  ...row(name, comparison, "ms"),
  goal: `≤ ${goal} ×`,
  reached: comparison.ratio <= goal
})

/** Prints rows as a table; the first one is its head. */
export const printTable = (rows: ReadonlyArray<ReadonlyArray<string>>): void => {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  for (const row of rows) console.log(row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd())
}

export const print = (rows: ReadonlyArray<Row>): void =>
  printTable([
    ["", "ours", "reference", "ratio", "goal", ""],
    ...rows.map(({ goal, name, ours, ratio, reached, reference }) => [
      name,
      ours,
      reference,
      `${ratio.toFixed(2)} ×`,
      goal,
      reached === null ? "" : reached ? "reached" : "not reached"
    ])
  ])
