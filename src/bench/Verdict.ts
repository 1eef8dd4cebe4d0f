import type { Json } from "../schema/Json.ts"

/** Where in the history to look for one of the things that a finding tells of. */
export interface Evidence {
  /** The index of the finding. */
  readonly finding: number
  /** What it is about, in a word or two, such as the value that was lost. */
  readonly about: string
  /** Indices of events. */
  readonly events: ReadonlyArray<number>
}

/** Something that was measured again and again, such as how long each value took to spread: [time, value] in ms. */
export interface Series {
  readonly name: string
  readonly points: ReadonlyArray<readonly [time: number, value: number]>
}

/** What a checker has to say of a history. */
export interface Verdict {
  readonly valid: boolean
  /** Why it is invalid, in words; empty when it is not. */
  readonly findings: ReadonlyArray<string>
  /** What else was counted or measured. */
  readonly figures: { readonly [name: string]: Json }
  readonly evidence?: ReadonlyArray<Evidence>
  readonly series?: ReadonlyArray<Series>
}

/** How many findings of a kind are spelled out. */
const examples = 10

/** Valid if and only if nothing was found. */
export const make = (
  findings: ReadonlyArray<string>,
  figures: Verdict["figures"] = {},
  more: Pick<Verdict, "evidence" | "series"> = {}
): Verdict => ({
  ...more,
  ...more.evidence && { evidence: more.evidence.filter(({ finding }) => finding < examples) },
  valid: findings.length === 0,
  findings: findings.length > examples
    ? [...findings.slice(0, examples), `and ${findings.length - examples} more`]
    : findings,
  figures
})
