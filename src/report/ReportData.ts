/**
 * What a report draws, as compact plain data: it stands in the page as JSON. Names are told once and meant by their
 * index, and what has many rows is a list of tuples. Times are in ms since the run began.
 */
import type * as Journal from "../simulator/network/Journal.ts"

/** How an operation ended; `open`: the run ended first. */
export const outcomes = ["ok", "fail", "info", "open"] as const
export type Outcome = (typeof outcomes)[number]

/** What became of a message; see Journal. */
export const fates = ["delivered", "cut", "lost", "nobody", "under way"] as const satisfies ReadonlyArray<Journal.Fate>

/** The last two are the request's value and, where it says more, the reply's or the error, as texts. */
export type OperationRow = readonly [
  start: number,
  duration: number,
  node: number,
  f: number,
  outcome: number,
  process: number,
  value: string,
  result: string
]

/** `took` is null while it was under way; a missing `msg_id` or `in_reply_to` is null; not every report has bodies. */
export type MessageRow = readonly [
  src: number,
  dest: number,
  type: number,
  sent: number,
  took: number | null,
  fate: number,
  size: number,
  id: number,
  msgId: number | null,
  inReplyTo: number | null,
  body?: string
]

/** Something that the nemesis did, from its beginning to its end. */
export interface Fault {
  readonly name: string
  readonly start: number
  readonly end: number
  /** What the nemesis did, in words. */
  readonly what: string
  /** The nodes it struck. */
  readonly nodes: ReadonlyArray<string>
  /** Receiver → the senders whose messages it dropped. */
  readonly drops?: { readonly [receiver: string]: ReadonlyArray<string> }
}

export interface Evidence {
  readonly finding: number
  readonly about: string
  /** Operations that the finding leads to, by index. */
  readonly operations: ReadonlyArray<number>
}

export interface ReportData {
  /** When the last thing that happened ended. */
  readonly duration: number
  /** When clients stop, but for their final operations. */
  readonly timeLimit: number
  readonly nodes: ReadonlyArray<string>
  /** First those that count by the rules of the run, then what is beyond them. */
  readonly findings: ReadonlyArray<string>
  /** How many of the findings count. */
  readonly counted: number
  readonly evidence: ReadonlyArray<Evidence>
  readonly kinds: ReadonlyArray<string>
  readonly operations: ReadonlyArray<OperationRow>
  readonly faults: ReadonlyArray<Fault>
  readonly series: ReadonlyArray<{
    readonly name: string
    readonly points: ReadonlyArray<readonly [time: number, value: number]>
  }>
  /** All addresses: nodes first, in their order. */
  readonly addresses: ReadonlyArray<string>
  readonly types: ReadonlyArray<string>
  /** Messages, in the order in which they were sent. */
  readonly messages: ReadonlyArray<MessageRow>
  readonly unrecorded: number
  readonly hasJournal: boolean
}

/** Who has this address: a node, a client or a bench service. */
export const role = (address: string): "client" | "node" | "service" =>
  address.startsWith("c") ? "client" : /^n\d+$/.test(address) ? "node" : "service"
