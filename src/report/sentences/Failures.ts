/**
 * Why operations did not succeed, in words.
 */
import type { Json } from "../../schema/Json.ts"
import * as ExactNumbers from "../../workloads/history/ExactNumbers.ts"
import type { Failure } from "../../workloads/history/History.ts"

/** How much is repeated of what a node said. */
const longest = 200

const short = (text: string): string => text.length > longest ? `${text.slice(0, longest)}…` : text

const strayInWords = ({ stray }: Extract<Failure, { _tag: "NoReply" }>): string => {
  if (stray === undefined) return ""
  const how = stray.inReplyTo === undefined
    ? "without in_reply_to"
    : `with in_reply_to ${ExactNumbers.text(stray.inReplyTo)} instead of ${stray.expected}`
  return `, though ${stray.src} sent ${stray.dest} ${stray.type} ${how}`
}

const malformed = ({ field, form, reply }: Extract<Failure, { _tag: "Malformed" }>): string => {
  if (field !== undefined) return `malformed reply: unexpected field ${field}`
  return `malformed reply: ${short(reply ?? "")}${form === undefined ? "" : `, not of the form ${form}`}`
}

/** A failure in a sentence; the text that a node gave is its own, and in quotes. */
export const failure = (one: Failure): string => {
  switch (one._tag) {
    case "Refused":
      return `${one.name} (${one.code}) ${JSON.stringify(short(one.text))}`
    case "NoReply":
      return `no reply in time${strayInWords(one)}`
    case "Malformed":
      return malformed(one)
  }
}

/** The same failure where it stands alone, as in the list of what happened. */
export const plain = (one: Failure): string =>
  one._tag === "Refused" ? `${one.name} (${one.code})${one.text === "" ? "" : `: ${one.text}`}` : failure(one)

/** How a node that was silent ended what it was asked last. */
export const lastWord = (node: string, f: string | undefined, one: Failure | undefined): string => {
  if (one === undefined) return `${node} answered none`
  return one._tag === "NoReply"
    ? `${node} answered none${strayInWords(one)}`
    : `${node} answered its last ${f} with ${failure(one)}`
}

/** As Verdict.failures tells of many. */
interface Sort {
  readonly failure: Failure
  readonly times: number
  readonly alike: boolean
  readonly nodes: ReadonlyArray<string>
}

/** How many nodes a sentence names. */
const most = 5

/** How often operations failed and how, and at which nodes. */
export const failures = (sorts: Json | undefined): string =>
  // Verdict.failures made them
  (sorts as unknown as ReadonlyArray<Sort> ?? []).map(({ alike, failure: one, nodes, times }) =>
    [
      times === 1 ? "once" : `${times} times`,
      failure(one),
      ...alike ? [] : ["or the like"],
      ...nodes.length === 0
        ? []
        : [`from ${nodes.slice(0, most).join(", ")}${nodes.length > most ? ` and ${nodes.length - most} more` : ""}`]
    ].join(" ")
  ).join("; ")
