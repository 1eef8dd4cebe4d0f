/**
 * The line by which scripts that read what Jepsen prints know the verdict.
 */
import type * as Run from "../simulator/Run.ts"
import type * as Rules from "../workloads/finding/Rules.ts"

/** As Jepsen prints them, character by character. */
const lines: Readonly<Record<Rules.Validity, string>> = {
  valid: "Everything looks good! ヽ(‘ー`)ノ",
  invalid: "Analysis invalid! (ﾉಥ益ಥ）ﾉ ┻━┻",
  unknown: "Errors occurred during analysis, but no anomalies found. ಠ~ಠ"
}

export const line = ({ results }: Run.Summary): string => lines[results.validity]
