import type { NodeId } from "../../schema/Address.ts"
import type { Json } from "../../schema/Json.ts"
import * as ExactNumbers from "./ExactNumbers.ts"
import * as History from "./History.ts"
import * as Sorted from "./Sorted.ts"

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

/** An error as a workload words it: that of a node has a name and a code before its text. */
const errorPattern = /^(\w+ \(-?\d+\)): (.*)$/s

/** The longest that is repeated of an error. */
const longestError = 200

const short = (text: string): string => text.length > longestError ? `${text.slice(0, longestError)}…` : text

/** An error in a finding; the text that a node gave is its own, and in quotes. */
const spellError = (error: string): string => {
  const [, name, text = ""] = errorPattern.exec(error) ?? []
  return name === undefined ? short(error) : `${name} ${short(JSON.stringify(text))}`
}

/** What all errors have in common that differ in nothing but numbers, such as that of a key or of a client. */
const sortOf = (error: string): string => {
  const [, name = "", text = error] = errorPattern.exec(error) ?? []
  return `${name} ${text.replaceAll(/\d+/g, "#")}`
}

/** How often which error came, and from whom, the most frequent first; empty if none did. */
export const errors = (operations: ReadonlyArray<History.Operation>): string => {
  const sorts = new Map<string, { readonly first: string; times: number; isOne: boolean; nodes: Set<NodeId> }>()
  for (const { completion: { error }, invoke: { node } } of operations) {
    if (error === undefined) continue
    const sort = sortOf(error)
    const known = sorts.get(sort) ?? { first: error, times: 0, isOne: true, nodes: new Set() }
    sorts.set(sort, known)
    known.times++
    if (error !== known.first) known.isOne = false
    if (node !== undefined) known.nodes.add(node)
  }
  const some = (all: ReadonlyArray<string>, separator: string): string =>
    all.slice(0, examples).join(separator) + (all.length > examples ? ` and ${all.length - examples} more` : "")
  const spelled = [...sorts.values()].toSorted((a, b) => b.times - a.times).map(({ first, isOne, nodes, times }) =>
    [
      times === 1 ? "once" : `${times} times`,
      spellError(first),
      ...isOne ? [] : ["or the like"],
      ...nodes.size === 0 ? [] : [`from ${some([...nodes].toSorted(byNumber), ", ")}`]
    ].join(" ")
  )
  return some(spelled, "; ")
}

const byNumber = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true })

/** How a node ended what it was asked last, if that was no answer. */
const lastWord = (history: History.History, node: NodeId): string => {
  const asked = History.lastAsked(history, node)
  const error = asked && History.operations(history).find(({ invoke }) => invoke === asked)?.completion.error
  if (asked === undefined || error === undefined) return `${node} answered none`
  return error.startsWith(History.noReply)
    ? `${node} answered none${short(error.slice(History.noReply.length))}`
    : `${node} answered its last ${asked.f} with ${spellError(error)}`
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
    (node) => lastWord(history, node),
    (node) => [{ about: node, events: [History.lastAsked(history, node)?.index ?? []].flat() }]
  )

/** A value in a few words. */
export const text = (value: Json): string => {
  const json = ExactNumbers.text(value)
  return json.length > 60 ? `${json.slice(0, 60)}…` : json
}

/** Latencies at Maelstrom's quantiles, or nothing when there are none. */
export const quantiles = (name: string, latencies: ReadonlyArray<number>): Verdict["figures"] => {
  const found = Sorted.quantiles(latencies)
  return found === undefined ? {} : { [name]: found }
}
