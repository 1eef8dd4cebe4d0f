/**
 * What a run may cost. Maelstrom judges no costs: how many messages and how much time a cluster may take is in the text of
 * fly.io's challenges alone. Here it is part of the verdict.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Finding from "../workloads/finding/Finding.ts"
import * as Rules from "../workloads/finding/Rules.ts"
import type { Verdict } from "../workloads/finding/Verdict.ts"
import * as Findings from "./Findings.ts"
import { type Latencies, type Results, validityOf } from "./Results.ts"

/** What the figures of a run must stay below. */
export const Limits = Schema.Struct({
  /** Messages between servers for each operation. */
  messagesPerOperation: Schema.optionalKey(Schema.Finite),
  /** The median of {@link latency}, in ms. */
  medianLatency: Schema.optionalKey(Schema.Finite),
  maxLatency: Schema.optionalKey(Schema.Finite)
})
export interface Limits extends Schema.Schema.Type<typeof Limits> {}

const decodeStableLatencies = Schema.decodeUnknownOption(Schema.Struct({ "0.5": Schema.Finite, "1": Schema.Finite }))

/**
 * The latency that counts, in ms. A workload whose values must spread measures how long that takes, and says so in its
 * figures under `stableLatencies`; elsewhere it is the time to the reply.
 */
export const latency = (
  results: { readonly latencies: Pick<Latencies, "median" | "max">; readonly workload: Pick<Verdict, "figures"> }
): Pick<Latencies, "median" | "max"> =>
  decodeStableLatencies(results.workload.figures["stableLatencies"]).pipe(
    Option.map((latencies) => ({ median: latencies["0.5"], max: latencies["1"] })),
    Option.getOrElse(() => results.latencies)
  )

const excess = (figure: keyof Limits, value: number, limit: number | undefined): ReadonlyArray<Finding.Finding> =>
  limit === undefined || value < limit
    ? []
    : [Findings.run.once("over its limit", Finding.example([], { figure, value, limit }))]

/** The results under these limits: whatever exceeds one is a finding too. */
export const judge = (results: Results, limits: Limits = {}): Results => {
  const { max, median } = latency(results)
  const excesses = [
    ...excess("messagesPerOperation", results.messagesPerOperation.servers, limits.messagesPerOperation),
    ...excess("medianLatency", median, limits.medianLatency),
    ...excess("maxLatency", max, limits.maxLatency)
  ]
  const counts = Rules.wrong(results.rules, excesses).length > 0
  return { ...results, ...counts && validityOf("invalid"), findings: [...results.findings, ...excesses] }
}
