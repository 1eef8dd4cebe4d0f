import type { Json } from "../schema/Json.ts"

/** What a checker has to say of a history. */
export interface Verdict {
  readonly valid: boolean
  /** Why it is invalid, in words; empty when it is not. */
  readonly findings: ReadonlyArray<string>
  /** What else was counted or measured. */
  readonly figures: { readonly [name: string]: Json }
}

/** How many findings of a kind are spelled out. */
const examples = 10

/** Valid if and only if nothing was found. */
export const make = (findings: ReadonlyArray<string>, figures: Verdict["figures"] = {}): Verdict => ({
  valid: findings.length === 0,
  findings: findings.length > examples
    ? [...findings.slice(0, examples), `and ${findings.length - examples} more`]
    : findings,
  figures
})
