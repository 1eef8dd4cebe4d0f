/**
 * A run that is over, simulated or by real processes, as plain data: what was run, and what came of it. Reports are made
 * of it, the store keeps it, and nothing in it needs the bench that made it.
 */
import * as Schema from "effect/Schema"
import { Json } from "../schema/Json.ts"
import { Finding, Rules } from "../workloads/finding/Finding.ts"
import { validities } from "../workloads/finding/Rules.ts"
import type { History } from "../workloads/history/History.ts"
import { Limits } from "./Limits.ts"
import type { Messages } from "./network/Journal.ts"
import { Options } from "./Options.ts"
import type * as RunResults from "./Results.ts"

const Counts = Schema.Struct({ count: Schema.Int, ok: Schema.Int, fail: Schema.Int, info: Schema.Int })

const Traffic = Schema.Struct({ sent: Schema.Int, received: Schema.Int, bytes: Schema.Int })

/** What came of it. */
export const Results: Schema.Codec<RunResults.Results> = Schema.Struct({
  rules: Rules,
  validity: Schema.Literals(validities),
  valid: Schema.Boolean,
  findings: Schema.Array(Finding),
  workload: Schema.Struct({
    valid: Schema.Boolean,
    findings: Schema.Array(Finding),
    figures: Schema.Record(Schema.String, Json)
  }),
  operations: Counts,
  operationsByKind: Schema.Record(Schema.String, Counts),
  okFraction: Schema.Finite,
  latencies: Schema.Struct({ median: Schema.Finite, p95: Schema.Finite, p99: Schema.Finite, max: Schema.Finite }),
  network: Schema.Struct({ all: Traffic, clients: Traffic, servers: Traffic }),
  messagesPerOperation: Schema.Struct({ servers: Schema.Finite, all: Schema.Finite })
})

/** What a link may lead to. */
const PageAddress = Schema.String.check(Schema.isPattern(/^(https?|file):/))

/** All of a run but its history and its messages: what the store keeps as results.json. */
export const Summary = Schema.Struct({
  /** The name of the run, in a word or two. */
  title: Schema.String,
  workload: Schema.String,
  /** What the nodes ran: the name of a program, or the command line of an executable. */
  program: Schema.String,
  options: Options,
  results: Results,
  limits: Schema.optionalKey(Limits),
  /** The command that runs it once more. */
  replay: Schema.String,
  /** The command that shows it in the playground, and its address there if the playground has one. */
  playground: Schema.optionalKey(Schema.Struct({ command: Schema.String, address: Schema.optionalKey(PageAddress) }))
})
export interface Summary extends Schema.Schema.Type<typeof Summary> {}

export interface Run extends Summary {
  readonly history: History
  /** All messages, if the run kept a journal. */
  readonly messages?: Messages
}

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Summary))
/** A summary as JSON, without fields that are not declared. */
export const encode = Schema.encodeSync(Summary)

/** The text of results.json. */
export const toJson = (summary: Summary): string => `${JSON.stringify(encode(summary), null, 2)}\n`

/** Reads the text of results.json. */
export const fromJson = decode
