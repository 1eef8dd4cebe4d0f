/**
 * What a run ends with on a console: latencies at Maelstrom's quantiles, what the checker counted, and the line by which
 * scripts that read what Jepsen prints know the verdict.
 */
import type { Json } from "../schema/Json.ts"
import type * as Run from "../simulator/Run.ts"
import type * as Rules from "../workloads/finding/Rules.ts"
import type { Verdict } from "../workloads/finding/Verdict.ts"
import { isObject, printable } from "./sentences/Text.ts"

/** As Jepsen prints them, character by character. */
const lines: Readonly<Record<Rules.Validity, string>> = {
  valid: "Everything looks good! ヽ(‘ー`)ノ",
  invalid: "Analysis invalid! (ﾉಥ益ಥ）ﾉ ┻━┻",
  unknown: "Errors occurred during analysis, but no anomalies found. ಠ~ಠ"
}

export const line = ({ results }: Run.Summary): string => lines[results.validity]

const isOfQuantiles = (figure: Json): figure is { readonly [quantile: string]: number } =>
  isObject(figure) && typeof figure["0.5"] === "number" && typeof figure["1"] === "number"

const words = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

const row = (name: string, at: { readonly [quantile: string]: number }): string => {
  const cells = Object.entries(at).toSorted(([a], [b]) => Number(a) - Number(b))
  return `${name} in ms, by quantile: ${cells.map(([quantile, ms]) => `${quantile}: ${ms}`).join(", ")}`
}

/** All other figures of the checker in one line; lists and objects are for the page. */
const counted = (figures: Verdict["figures"]): ReadonlyArray<string> => {
  const plain = Object.entries(figures).filter(([, figure]) => figure !== null && typeof figure !== "object")
  return plain.length === 0
    ? []
    : [
      `the checker counted: ${plain.map(([name, figure]) => `${words(name)} ${printable(String(figure))}`).join(", ")}`
    ]
}

/** A line for the latencies of operations, one for each thing else that the checker has measured so, one for its counts. */
export const figures = ({ results: { latencies, workload } }: Run.Summary): ReadonlyArray<string> => {
  const { max, median, p95, p99 } = latencies
  return [
    row("latencies", { "0.5": median, "0.95": p95, "0.99": p99, "1": max }),
    ...Object.entries(workload.figures).flatMap(([name, figure]) =>
      isOfQuantiles(figure) ? [row(words(name), figure)] : []
    ),
    ...counted(workload.figures)
  ]
}
