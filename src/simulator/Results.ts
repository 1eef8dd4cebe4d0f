/**
 * What came of a run: the checker's verdict, and what is judged of every run alike.
 *
 * It is valid if the workload's checker finds nothing, enough operations were ok, every kind of operation was ok at
 * least once, and no node crashed or broke the protocol; as far as that counts by the rules of the run (see Rules).
 */
import * as Finding from "../workloads/finding/Finding.ts"
import * as Rules from "../workloads/finding/Rules.ts"
import * as Verdict from "../workloads/finding/Verdict.ts"
import type * as History from "../workloads/history/History.ts"
import * as Operations from "../workloads/history/Operations.ts"
import { quantile } from "../workloads/history/Sorted.ts"
import type { Workload } from "../workloads/Workload.ts"
import * as Findings from "./Findings.ts"
import type * as Network from "./network/Network.ts"

export interface Counts {
  readonly count: number
  readonly ok: number
  readonly fail: number
  readonly info: number
}

/** Latencies of the operations that were ok, in ms. */
export interface Latencies {
  readonly median: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

export interface Results {
  /** The rules by which the run is judged. */
  readonly rules: Rules.Rules
  readonly validity: Rules.Validity
  /** Whether the validity is `valid`. */
  readonly valid: boolean
  /** Everything that speaks against the run, by whatever rules. */
  readonly findings: ReadonlyArray<Finding.Finding>
  readonly workload: Verdict.Verdict
  readonly operations: Counts
  readonly operationsByKind: { readonly [f: string]: Counts }
  /** The fraction of operations that were ok when the client asked for the first time. */
  readonly okFraction: number
  readonly latencies: Latencies
  readonly network: Network.Statistics
  /** Messages between servers, and of all kinds, for each operation that was invoked. */
  readonly messagesPerOperation: { readonly servers: number; readonly all: number }
}

const count = (operations: ReadonlyArray<Operations.Completed>): Counts => {
  const counts = { count: operations.length, ok: 0, fail: 0, info: 0 }
  for (const { completion } of operations) if (completion.type !== "invoke") counts[completion.type]++
  return counts
}

const latencies = (operations: ReadonlyArray<Operations.Completed>): Latencies => {
  const sorted = operations
    .filter(({ completion }) => completion.type === "ok")
    .map(({ completion, invoke }) => completion.time - invoke.time)
    .toSorted((a, b) => a - b)
  const at = (fraction: number): number => Math.round(quantile(sorted, fraction) * 1000) / 1000
  return { median: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
}

export const validityOf = (validity: Rules.Validity): Pick<Results, "valid" | "validity"> => ({
  validity,
  valid: validity === "valid"
})

export const make = (run: {
  readonly history: History.History
  readonly verdict: Verdict.Verdict
  /** The fraction of operations that must be ok. */
  readonly availability: number
  readonly rules: Rules.Rules
  readonly network: Network.Statistics
  readonly findings: ReadonlyArray<Finding.Finding>
  /** What clients asked before the end: what they only ask then is for the workload's checker to judge. */
  readonly kinds: ReadonlySet<string>
}): Results => {
  const operations = Operations.completed(run.history)
  const counts = count(operations)
  const kinds = [...new Set(operations.map(({ invoke }) => invoke.f))]
  const byKind = kinds.map((f) => [f, count(operations.filter(({ invoke }) => invoke.f === f))] as const)
  // Maelstrom asks once, so that what was ok only later is not available there.
  const atOnce = operations.filter(({ completion: { tries, type } }) => type === "ok" && tries === undefined).length
  const okFraction = counts.count === 0 ? 1 : atOnce / counts.count

  const isAvailable = okFraction >= run.availability
  const never = byKind.filter(([f, { ok }]) => ok === 0 && run.kinds.has(f)).map(([f]) => f)
  const findings = [
    ...run.verdict.findings,
    ...run.findings,
    ...isAvailable ? [] : [Findings.run.once(
      "not available",
      Finding.example([], {
        failed: counts.count - atOnce,
        count: counts.count,
        failures: Verdict.failures(operations)
      })
    )],
    ...never.map((f) =>
      Findings.run.once(
        "never ok",
        Finding.example([], { f, failures: Verdict.failures(operations.filter(({ invoke }) => invoke.f === f)) })
      )
    )
  ]

  const perOperation = (messages: number): number => counts.count === 0 ? 0 : messages / counts.count
  return {
    rules: run.rules,
    ...validityOf(Rules.judge(run, findings)),
    findings,
    workload: run.verdict,
    operations: counts,
    operationsByKind: Object.fromEntries(byKind),
    okFraction,
    latencies: latencies(operations),
    network: run.network,
    messagesPerOperation: {
      servers: perOperation(run.network.servers.sent),
      all: perOperation(run.network.all.sent)
    }
  }
}

/**
 * The results of a run that the workload's checker judges. Half a history shows much that the whole would not: so where
 * a run broke off, the results say only why it did.
 */
export const of = (
  run: Omit<Parameters<typeof make>[0], "verdict">,
  workload: Pick<Workload, "check">,
  brokeOff: boolean
): Results =>
  brokeOff
    ? { ...make({ ...run, verdict: Verdict.make([]) }), findings: run.findings, ...validityOf("invalid") }
    : make({ ...run, verdict: workload.check(run.history) })
