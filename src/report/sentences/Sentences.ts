/**
 * Findings in words: one line for each example, and one that counts the others. Here alone sentences are made.
 *
 * A workload that this project does not know brings its own kinds: they are told by their names, and by what the examples
 * say that they are about.
 */
import type { Example, Finding } from "../../workloads/finding/Finding.ts"
import type { Failure } from "../../workloads/history/History.ts"
import * as Failures from "./Failures.ts"
import { kafka } from "./KafkaSentences.ts"
import { linKv } from "./LinKvSentences.ts"
import { echo, node, run, uniqueIds } from "./RunSentences.ts"
import { counter, set } from "./SetSentences.ts"
import { at, text } from "./Text.ts"
import * as Transactions from "./TransactionSentences.ts"

/** What an example says, in a sentence without its end. More lines may follow the first. */
export type Tell = (example: Example) => string

const sources: Readonly<Record<string, Readonly<Record<string, Tell>>>> = {
  set,
  counter,
  kafka,
  "lin-kv": linKv,
  run,
  node,
  echo,
  "unique-ids": uniqueIds
}

/** A node that did not answer to the end. */
const silent: Tell = ({ about: { f, failure }, nodes }) =>
  // the failure of an example is that of an event of the history
  Failures.lastWord(
    nodes[0] ?? "a node",
    f === undefined ? undefined : String(f),
    failure as unknown as Failure | undefined
  )

/** What is said of kinds of findings that this project does not know. */
const plainly: Tell = ({ about, nodes }) =>
  [
    ...nodes.length === 0 ? [] : [`at ${nodes.join(", ")}`],
    ...Object.entries(about).map(([name, value]) => name === "time" ? at(value) : `${name} ${text(value)}`)
  ].join(", ")

const tellOf = ({ kind, source }: Finding): Tell =>
  source === "transactions"
    ? Transactions.transactions
    : sources[source]?.[kind] ?? (kind.startsWith("no final ") ? silent : plainly)

/** Against a run or a node the sentence says all. */
const needsKind = ({ kind, source }: Finding): boolean =>
  !["run", "node", "echo"].includes(source) && kind !== "nothing to judge by" || ["deadlock", "livelock"].includes(kind)

/** A line for each example, more where it has more to say, and one for all others. */
export const lines = (finding: Finding): ReadonlyArray<string> => {
  const { count, examples, kind } = finding
  const prefix = needsKind(finding) ? `${kind}: ` : ""
  const more = count - examples.length
  return [
    ...examples.map((example) => `${prefix}${tellOf(finding)(example)}`),
    ...more > 0 ? [`${kind}: ${more} more`] : []
  ]
}

/** A name of an example, such as the value that was lost, for what leads to it. */
export const label = (example: Example): string => {
  const { about: { key, value }, nodes } = example
  const names = Transactions.names(example)
  if (names.length > 0) return names.join(", ")
  const shown = value !== undefined ? text(value) : undefined
  if (key !== undefined) return shown === undefined ? `key ${text(key)}` : `message ${shown} of key ${String(key)}`
  return shown ?? nodes.join(", ")
}
