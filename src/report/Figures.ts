/**
 * What was measured and counted of a run besides its verdict, as a console shows it: latencies at Maelstrom's quantiles,
 * and what the checker of the workload counted.
 */
import type { Json } from "../schema/Json.ts"
import type * as Run from "../simulator/Run.ts"
import type { Verdict } from "../workloads/finding/Verdict.ts"
import { isObject, printable } from "./sentences/Text.ts"

type OfChecker = Verdict["figures"]

const isOfQuantiles = (figure: Json): figure is { readonly [quantile: string]: number } =>
  isObject(figure) && typeof figure["0.5"] === "number" && typeof figure["1"] === "number"

/** Names of anomalies, such as G1c, stay as they are. */
const words = (name: string): string => name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

const row = (name: string, at: { readonly [quantile: string]: number }): string => {
  const cells = Object.entries(at).toSorted(([a], [b]) => Number(a) - Number(b))
  return `${name} in ms, by quantile: ${cells.map(([quantile, ms]) => `${quantile}: ${ms}`).join(", ")}`
}

type Plain = Exclude<Json, object | null>

/**
 * Every figure that is no list, no latency and no single moment of the run, by its name in words: of an object of figures,
 * each by both names.
 */
const plain = (figures: OfChecker, of = ""): ReadonlyArray<readonly [name: string, figure: Plain]> =>
  Object.entries(figures).flatMap(([name, figure]) => {
    const named = `${of}${words(name)}`
    if (isObject(figure)) return isOfQuantiles(figure) || "time" in figure ? [] : plain(figure, `${named} `)
    return figure === null || typeof figure === "object" ? [] : [[named, figure] as const]
  })

/** What the checker has counted, by its name in words. */
export const counts = (figures: OfChecker): ReadonlyArray<readonly [name: string, count: number]> =>
  plain(figures).flatMap(([name, figure]) => typeof figure === "number" ? [[name, figure] as const] : [])

/** All plain figures of the checker in one line; the others are for the page. */
const counted = (figures: OfChecker): ReadonlyArray<string> => {
  const all = plain(figures)
  return all.length === 0
    ? []
    : [`the checker counted: ${all.map(([name, figure]) => `${name} ${printable(String(figure))}`).join(", ")}`]
}

/** A line for the latencies of operations, one for each thing else that the checker has measured so, one for its counts. */
export const lines = ({ results: { latencies, workload } }: Run.Summary): ReadonlyArray<string> => {
  const { max, median, p95, p99 } = latencies
  return [
    row("latencies", { "0.5": median, "0.95": p95, "0.99": p99, "1": max }),
    ...Object.entries(workload.figures).flatMap(([name, figure]) =>
      isOfQuantiles(figure) ? [row(words(name), figure)] : []
    ),
    ...counted(workload.figures)
  ]
}
