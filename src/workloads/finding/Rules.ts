/**
 * By whose rules a run is judged, and what they make of what was found.
 *
 * - `maelstrom`: what Maelstrom would have found counts, and nothing else, so that the verdict is Maelstrom's.
 * - `strict`: everything counts.
 *
 * A run is **unknown** if all that counts says that something could not be judged, such as that no read was ever ok:
 * nothing was seen to go wrong. Who asks for availability asks that it can be judged, so then it is invalid by strict
 * rules; Maelstrom makes no such difference.
 */
import * as Setting from "../Setting.ts"
import * as Finding from "./Finding.ts"

export type Rules = Finding.Rules

/** The three verdicts, as in Jepsen. */
export const validities = ["valid", "invalid", "unknown"] as const
export type Validity = (typeof validities)[number]

/** The option `rules`, which usually has this value. */
export const setting = (usual: Rules) =>
  Setting.oneOf(Finding.Rules.literals, {
    help: "What counts: maelstrom is what Maelstrom finds, strict is all that is found",
    label: "rules",
    usual
  })

/** The findings that count by these rules, and those that do not. */
export const split = (rules: Rules, findings: ReadonlyArray<Finding.Finding>) => ({
  counted: findings.filter((finding) => rules === "strict" || finding.rules === "maelstrom"),
  beyond: findings.filter((finding) => rules !== "strict" && finding.rules !== "maelstrom")
})

const isUnknown = (rules: Rules, { unknownBy }: Finding.Finding): boolean => unknownBy?.includes(rules) === true

/** The findings that show, by these rules, that something went wrong. */
export const wrong = (rules: Rules, findings: ReadonlyArray<Finding.Finding>): ReadonlyArray<Finding.Finding> =>
  split(rules, findings).counted.filter((finding) => !isUnknown(rules, finding))

/** @param availability the fraction of operations that must be ok */
export const judge = (
  { availability, rules }: { readonly rules: Rules; readonly availability: number },
  findings: ReadonlyArray<Finding.Finding>
): Validity => {
  if (wrong(rules, findings).length > 0) return "invalid"
  if (split(rules, findings).counted.length === 0) return "valid"
  return rules === "strict" && availability > 0 ? "invalid" : "unknown"
}
