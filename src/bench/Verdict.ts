import type { NodeId } from "../schema/Address.ts"
import type { Json } from "../schema/Json.ts"
import * as ExactNumbers from "./ExactNumbers.ts"
import * as History from "./History.ts"

/** Where in the history to look for one of the things that a finding tells of. */
export interface Evidence {
  /** The index of the finding. */
  readonly finding: number
  /** What it is about, in a word or two, such as the value that was lost. */
  readonly about: string
  /** Indices of events. */
  readonly events: ReadonlyArray<number>
}

export interface Finding {
  readonly text: string
  readonly evidence: ReadonlyArray<Omit<Evidence, "finding">>
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

/** How many findings are listed. */
const most = 10

/** Valid if and only if nothing was found. */
export const make = (
  found: ReadonlyArray<Finding | string>,
  figures: Verdict["figures"] = {},
  more: Pick<Verdict, "series"> = {}
): Verdict => {
  const findings = found.map((one) => typeof one === "string" ? { text: one, evidence: [] } : one)
  const evidence = findings.slice(0, most)
    .flatMap(({ evidence }, finding) => evidence.map((one): Evidence => ({ finding, ...one })))
  return {
    valid: findings.length === 0,
    findings: findings.slice(0, most).map(({ text }) => text)
      .concat(findings.length > most ? `and ${findings.length - most} more` : []),
    figures,
    ...evidence.length > 0 && { evidence },
    ...more
  }
}

/** How many of a kind are spelled out. */
const examples = 5

/** One finding for all that is wrong in the same way; none if nothing is. */
export const finding = <A>(
  what: string,
  found: ReadonlyArray<A>,
  spell: (one: A) => string,
  evidence: (one: A) => Finding["evidence"] = () => []
): ReadonlyArray<Finding> => {
  if (found.length === 0) return []
  const more = found.length > examples ? `; and ${found.length - examples} more` : ""
  const spelled = found.slice(0, examples)
  return [{ text: `${what}: ${spelled.map(spell).join("; ")}${more}`, evidence: spelled.flatMap(evidence) }]
}

/** Nodes that were asked to the end, and gave no such answer there. */
export const silent = (
  answer: string,
  nodes: ReadonlyArray<NodeId>,
  history: History.History
): ReadonlyArray<Finding> =>
  finding(
    `no ${answer}`,
    nodes,
    (node) => `${node} answered none`,
    (node) => [{ about: node, events: [History.lastAsked(history, node)?.index ?? []].flat() }]
  )

/** A value in a few words. */
export const text = (value: Json): string => {
  const json = ExactNumbers.text(value)
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
