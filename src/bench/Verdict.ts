import type { Json } from "../schema/Json.ts"

/** What a checker has to say of a history. */
export interface Verdict {
  readonly valid: boolean
  /** Why it is invalid, in words; empty when it is not. */
  readonly findings: ReadonlyArray<string>
  /** What else was counted or measured. */
  readonly figures: { readonly [name: string]: Json }
}

/** How many findings are listed. */
const most = 10

/** Valid if and only if nothing was found. */
export const make = (findings: ReadonlyArray<string>, figures: Verdict["figures"] = {}): Verdict => ({
  valid: findings.length === 0,
  findings: findings.length > most
    ? [...findings.slice(0, most), `and ${findings.length - most} more`]
    : findings,
  figures
})

/** How many of a kind are spelled out. */
const examples = 5

/** One finding for all that is wrong in the same way; none if nothing is. */
export const finding = <A>(what: string, found: ReadonlyArray<A>, spell: (one: A) => string): ReadonlyArray<string> => {
  if (found.length === 0) return []
  const more = found.length > examples ? `; and ${found.length - examples} more` : ""
  return [`${what}: ${found.slice(0, examples).map(spell).join("; ")}${more}`]
}

/** A value in a few words. */
export const text = (value: Json): string => {
  const json = JSON.stringify(value)
  return json.length > 60 ? `${json.slice(0, 60)}…` : json
}

const points = [0, 0.5, 0.95, 0.99, 1]

/** Latencies at Maelstrom's quantiles, or nothing when there are none. */
export const quantiles = (name: string, latencies: ReadonlyArray<number>): Verdict["figures"] => {
  if (latencies.length === 0) return {}
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (point: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * point))]!
  return { [name]: Object.fromEntries(points.map((point) => [String(point), at(point)])) }
}
