/**
 * What was found, in the words of the reports: for tests that look for words.
 */
import * as Failures from "../src/report/sentences/Failures.ts"
import * as Sentences from "../src/report/sentences/Sentences.ts"
import type * as Run from "../src/simulator/Results.ts"
import type { Finding } from "../src/workloads/finding/Finding.ts"
import type { Verdict } from "../src/workloads/finding/Verdict.ts"
import type { Failure } from "../src/workloads/history/History.ts"

/** A text for each finding: its examples, one after the other, and how many more there are. */
export const findings = (found: ReadonlyArray<Finding>): ReadonlyArray<string> =>
  found.map((finding) => {
    const [first, ...others] = Sentences.lines(finding)
    return [
      first,
      ...others.map((line) => line.slice(line.startsWith(`${finding.kind}: `) ? finding.kind.length + 2 : 0))
    ]
      .join("; ")
  })

/** The operations that each example of a finding leads to. */
const evidence = (found: ReadonlyArray<Finding>) =>
  found.flatMap(({ examples }, finding) =>
    examples.flatMap((example) =>
      example.events.length === 0 ? [] : [{ finding, about: Sentences.label(example), events: example.events }]
    )
  )

export const verdict = (verdict: Verdict) => ({
  ...verdict,
  kinds: verdict.findings.map(({ kind }) => kind),
  findings: findings(verdict.findings),
  evidence: evidence(verdict.findings)
})

export const results = (results: Run.Results) => ({
  ...results,
  kinds: results.findings.map(({ kind }) => kind),
  findings: findings(results.findings),
  workload: verdict(results.workload)
})

export type Results = ReturnType<typeof results>

export const failure = (error: Failure | undefined): string => error === undefined ? "" : Failures.plain(error)

/** A failure that a node replied, for histories made by hand. */
export const refused = (text: string): Failure => ({ _tag: "Refused", name: "Abort", code: 14, text })
