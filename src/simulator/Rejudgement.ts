/**
 * A run that is over, judged once more: by other rules, or with other settings of its workload. Its history is judged
 * again; what its nodes did apart from that is taken over as it was found.
 */
import * as Rules from "../workloads/finding/Rules.ts"
import type { History } from "../workloads/history/History.ts"
import * as Workload from "../workloads/Workload.ts"
import * as Limits from "./Limits.ts"
import type { Options } from "./Options.ts"
import * as Results from "./Results.ts"
import type * as Run from "./Run.ts"

/** Findings that no history shows. */
const isOfWorld = ({ kind, source }: Results.Results["findings"][number]): boolean =>
  source === "node" || source === "run" && (kind === "deadlock" || kind === "livelock")

/** Those of these findings that do not end a run of real processes. */
const lastRemarks = new Set(["misunderstood by a service", "ended no line"])

/** Whether it ended at once, when something was found against a node. */
const brokeOff = ({ options, results }: Run.Summary): boolean => {
  const isReal = options.scheduling === undefined
  const decisive = results.findings.filter((finding) => isOfWorld(finding) && !lastRemarks.has(finding.kind))
  return isReal && Rules.split(results.rules, decisive).counted.length > 0
}

/** The same run with these options, judged by them. */
export const make = <R extends Run.Summary>(
  run: R & { readonly history: History },
  workload: Workload.Workload,
  options: Options
): R => {
  const { availability, rules, settings, timeLimit } = options
  const { findings, network } = run.results
  // Clients begin their final operations when all others have ended.
  const asked = run.history.filter(({ time, type }) => type === "invoke" && time < timeLimit)
  const judged = Results.of(
    {
      history: run.history,
      kinds: new Set(asked.map(({ f }) => f)),
      availability,
      rules,
      network,
      findings: findings.filter(isOfWorld)
    },
    Workload.withSettings(workload, settings),
    brokeOff(run)
  )
  return { ...run, options, results: Limits.judge(judged, run.limits) }
}
