/**
 * A run cut into windows of equal length, to see how it changes over time.
 */
import { quantile } from "../workloads/history/Sorted.ts"
import { outcomes, type ReportData } from "./ReportData.ts"

/** Latencies of the operations that began in it and ended ok, in ms; undefined if there are none. */
export interface Quantiles {
  readonly median: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** A window of a run. Times are in ms. */
export interface Window {
  readonly start: number
  readonly end: number
  readonly quantiles: Quantiles | undefined
  /** How many operations ended in the window, for each kind and each outcome. */
  readonly ended: ReadonlyArray<ReadonlyArray<number>>
}

/** A length that people like, such as 0.5 s, so that there are at most so many windows. */
const niceLength = (duration: number, most: number): number => {
  const raw = duration / most
  const power = 10 ** Math.floor(Math.log10(raw))
  return power * ([1, 2, 5].find((factor) => factor * power >= raw * (1 - 1e-9)) ?? 10)
}

export const windows = ({ duration, kinds, operations }: ReportData, most: number): ReadonlyArray<Window> => {
  const length = niceLength(duration, most)
  const count = Math.max(1, Math.ceil(duration / length - 1e-9))
  const at = (time: number): number => Math.min(count - 1, Math.max(0, Math.floor(time / length)))
  const latencies = Array.from({ length: count }, (): Array<number> => [])
  const ended = Array.from({ length: count }, () => kinds.map(() => outcomes.map(() => 0)))
  for (const [start, took, , kind, outcome] of operations) {
    if (outcomes[outcome] === "ok") latencies[at(start)]!.push(took)
    if (outcomes[outcome] !== "open") ended[at(start + took)]![kind]![outcome]!++
  }
  return latencies.map((unsorted, i) => {
    const sorted = unsorted.toSorted((a, b) => a - b)
    return {
      start: i * length,
      end: (i + 1) * length,
      quantiles: sorted.length === 0 ? undefined : {
        median: quantile(sorted, 0.5),
        p95: quantile(sorted, 0.95),
        p99: quantile(sorted, 0.99),
        max: quantile(sorted, 1)
      },
      ended: ended[i]!
    }
  })
}
