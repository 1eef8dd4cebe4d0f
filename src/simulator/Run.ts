/**
 * A run that is over, simulated or by real processes, as plain data: what was run, and what came of it. Reports are made
 * of it, the store keeps it, and nothing in it needs the bench that made it.
 */
import * as Schema from "effect/Schema"
import { Json } from "../schema/Json.ts"
import * as Topology from "../workloads/broadcast/Topology.ts"
import type { History } from "../workloads/history/History.ts"
import * as Workload from "../workloads/Workload.ts"
import * as Nemesis from "./faults/Nemesis.ts"
import { Limits } from "./Limits.ts"
import type { Messages } from "./network/Journal.ts"
import * as Latency from "./network/Latency.ts"
import type * as Results from "./Results.ts"
import * as Sequential from "./services/Sequential.ts"

/** With which options, in ms where they are times. */
export const Options = Schema.Struct({
  seed: Schema.Int,
  nodeCount: Schema.Int,
  /** How many clients work at a time. */
  concurrency: Schema.Int,
  /** Operations a second, of all clients together. */
  rate: Schema.Finite,
  /** How long clients work. */
  timeLimit: Schema.Finite,
  /** How long the cluster gets to recover before the final operations. */
  recovery: Schema.Finite,
  latency: Schema.Struct({ mean: Schema.Finite, dist: Schema.Literals(Latency.distributions) }),
  nemesis: Schema.Array(Schema.Literals(Nemesis.faults)),
  /** The mean time between the deeds of the nemesis. */
  nemesisInterval: Schema.Finite,
  /** The fraction of operations that must be ok; 0 demands nothing. */
  availability: Schema.Finite,
  /** The probability that a message between servers is lost, and that it is delivered twice. */
  loss: Schema.Finite,
  duplicates: Schema.Finite,
  /** Which neighbours a workload that speaks of them suggests to the nodes. */
  topology: Schema.Literals(Topology.names),
  /** Which of its states seq-kv shows. */
  seqKv: Schema.Literals(Sequential.names),
  /** What was set of the workload, in its stead. */
  settings: Schema.optionalKey(Workload.Settings),
  /** Which of the operations and of the faults that are drawn come to pass, by number from 0; all if it does not say. */
  onlyOperations: Schema.optionalKey(Schema.Array(Schema.Int)),
  onlyFaults: Schema.optionalKey(Schema.Array(Schema.Int)),
  /** Of the simulated world alone: the order of tasks of the same instant, and the nodes' environment variables. */
  scheduling: Schema.optionalKey(Schema.Literals(["fifo", "random"])),
  config: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
})
export interface Options extends Schema.Schema.Type<typeof Options> {}

const Counts = Schema.Struct({ count: Schema.Int, ok: Schema.Int, fail: Schema.Int, info: Schema.Int })

const Traffic = Schema.Struct({ sent: Schema.Int, received: Schema.Int, bytes: Schema.Int })

const RunResults: Schema.Codec<Results.Results> = Schema.Struct({
  valid: Schema.Boolean,
  findings: Schema.Array(Schema.String),
  workload: Schema.Struct({
    valid: Schema.Boolean,
    findings: Schema.Array(Schema.String),
    figures: Schema.Record(Schema.String, Json),
    evidence: Schema.optionalKey(
      Schema.Array(Schema.Struct({ finding: Schema.Int, about: Schema.String, events: Schema.Array(Schema.Int) }))
    )
  }),
  operations: Counts,
  operationsByKind: Schema.Record(Schema.String, Counts),
  okFraction: Schema.Finite,
  latencies: Schema.Struct({ median: Schema.Finite, p95: Schema.Finite, p99: Schema.Finite, max: Schema.Finite }),
  network: Schema.Struct({ all: Traffic, clients: Traffic, servers: Traffic }),
  messagesPerOperation: Schema.Struct({ servers: Schema.Finite, all: Schema.Finite })
})

/** All but the course of events: what the store keeps as results.json. */
export const Summary = Schema.Struct({
  /** What was run, in a word or two. */
  title: Schema.String,
  workload: Schema.String,
  /** What the nodes ran: the name of a program, or the command line of an executable. */
  program: Schema.String,
  options: Options,
  results: RunResults,
  limits: Schema.optionalKey(Limits),
  /** The command that runs it once more. */
  replay: Schema.String
})
export interface Summary extends Schema.Schema.Type<typeof Summary> {}

export interface Run extends Summary {
  readonly history: History
  /** If it kept a journal. */
  readonly messages?: Messages
}

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Summary))
/** As JSON, and of nothing but what is declared. */
export const encode = Schema.encodeSync(Summary)

/** The text of results.json. */
export const toJson = (summary: Summary): string => `${JSON.stringify(encode(summary), null, 2)}\n`

/** Reads it back. */
export const fromJson = decode
