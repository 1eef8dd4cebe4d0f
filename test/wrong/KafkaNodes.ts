/**
 * A node that is right, if naive, at kafka: one node keeps all logs, the others ask it. Variations of it, each wrong on
 * purpose in one way, to prove that the bench notices; and mutants of the program that is in use.
 */
import * as Effect from "effect/Effect"
import type * as Kafkas from "../../src/programs/Kafka.ts"
import type { Json } from "../../src/schema/Json.ts"
import {
  CommitOffsets,
  KafkaProtocol,
  ListCommittedOffsets,
  Offset,
  Poll,
  Send
} from "../../src/schema/KafkaProtocol.ts"
import * as ProtocolError from "../../src/schema/ProtocolError.ts"
import type * as Gossips from "../../src/services/gossip/Gossip.ts"
import { Node } from "../../src/services/node/Node.ts"
import type { Program } from "../../src/simulator/nodes/SimulatedNode.ts"
import type * as Simulation from "../../src/simulator/Simulation.ts"
import { KafkaWorkload } from "../../src/workloads/kafka/KafkaWorkload.ts"
import { type GossipModule, gossipModules } from "./GossipModules.ts"
import * as Patched from "./Patched.ts"

type Pair = readonly [offset: Offset, msg: Json]
type Log = Array<Pair>
type Committed = Map<string, Offset>

/** What the node does with one key. */
interface Ways {
  readonly send?: (log: Log, msg: Json) => Offset
  /** Whether it refuses sends whose message it has appended. */
  readonly refuses?: (msg: Json) => boolean
  /** The others ask for an append once more, as if they had got no answer. */
  readonly retries?: boolean
  readonly poll?: (log: Log, from: Offset) => Log
  /** Whether it answers every poll with all keys. */
  readonly answersAll?: boolean
  readonly commit?: (committed: Committed, key: string, offset: Offset) => void
  readonly list?: (offset: Offset) => Offset
  /** What it lists for a key of which nothing is committed. */
  readonly uncommitted?: Offset
  /** The others answer every poll like this. */
  readonly elsewhere?: { readonly poll: Effect.Effect<{ readonly msgs: {} }> }
}

const last = (log: Log): number => log.at(-1)?.[0] ?? -1

const append = (log: Log, msg: Json): Offset => {
  const offset = Offset.make(last(log) + 1)
  log.push([offset, msg])
  return offset
}

const from = (log: Log, offset: Offset): Log => log.filter(([at]) => at >= offset)

const node = (ways: Ways): Program =>
  Effect.gen(function*() {
    const {
      answersAll = false,
      commit = (committed, key, offset) => committed.set(key, Offset.make(Math.max(offset, committed.get(key) ?? 0))),
      elsewhere,
      list = (offset) => offset,
      poll = from,
      refuses = () => false,
      retries = false,
      send = append,
      uncommitted
    } = ways
    const { ask, id, ids, serve } = yield* Node
    const keeper = ids[0]!
    if (id !== keeper) {
      return yield* serve(KafkaProtocol, {
        send: (request) => {
          const attempt = ask(keeper, Send, request)
          return retries ? Effect.andThen(attempt, attempt) : attempt
        },
        poll: (request) => elsewhere?.poll ?? ask(keeper, Poll, request),
        commit_offsets: (request) => ask(keeper, CommitOffsets, request),
        list_committed_offsets: (request) => ask(keeper, ListCommittedOffsets, request)
      })
    }
    const logs = new Map<string, Log>()
    const committed: Committed = new Map()
    const logOf = (key: string): Log => {
      const log = logs.get(key) ?? []
      logs.set(key, log)
      return log
    }
    return yield* serve(KafkaProtocol, {
      send: ({ key, msg }) =>
        Effect.suspend(() => {
          const offset = send(logOf(key), msg)
          return refuses(msg)
            ? Effect.fail(new ProtocolError.TemporarilyUnavailable({ text: "not now" }))
            : Effect.succeed({ offset })
        }),
      poll: ({ offsets }) =>
        Effect.sync(() => {
          const keys = answersAll ? [...logs.keys()] : Object.keys(offsets)
          return {
            msgs: Object.fromEntries(keys.map((key) => [key, poll(logOf(key), offsets[key] ?? Offset.make(0))]))
          }
        }),
      commit_offsets: ({ offsets }) =>
        Effect.sync(() => {
          for (const [key, offset] of Object.entries(offsets)) commit(committed, key, offset)
          return {}
        }),
      list_committed_offsets: ({ keys }) =>
        Effect.sync(() => ({
          offsets: Object.fromEntries(keys.flatMap((key) => {
            const offset = committed.get(key)
            const listed = offset === undefined ? uncommitted : list(offset)
            return listed === undefined ? [] : [[key, listed]]
          }))
        }))
    })
  })

/** Challenge 5b, but shorter and slower, unless told otherwise. */
export const usual = {
  nodeCount: 2,
  concurrency: 4,
  rate: 100,
  timeLimit: 4000,
  latency: { mean: 5, dist: "exponential" },
  workload: KafkaWorkload
} as const satisfies Partial<Simulation.Options>

export const right: Program = node({})

/** Right as well: answers at most two messages of a key. */
export const brief: Program = node({ poll: (log, offset) => from(log, offset).slice(0, 2) })

/** Right as well: of four offsets it uses one. */
export const sparse: Program = node({
  send: (log, msg) => {
    const offset = Offset.make(last(log) + 4)
    log.push([offset, msg])
    return offset
  }
})

/** Right as well: says 0 where nothing is committed, and who begins there misses nothing. */
export const zeroes: Program = node({ uncommitted: Offset.make(0) })

/** Acknowledges some messages without storing them. */
export const inattentive: Program = node({
  send: (log, msg) => msg === 2 ? Offset.make(last(log) + 1) : append(log, msg)
})

/** Loses some messages, but not their offsets. */
export const lossy: Program = node({ poll: (log, offset) => from(log, offset).filter(([, msg]) => msg !== 2) })

/** Appends twice what it is asked for twice. */
export const insistent: Program = node({ retries: true })

/** Leaves out what comes second in an answer. */
export const skipping: Program = node({ poll: (log, offset) => from(log, offset).filter((_, i) => i !== 1) })

/** Answers only the newest, even if more was asked for. */
export const impatient: Program = node({ poll: (log, offset) => from(log, offset).slice(-1) })

/** Answers the newest first. */
export const unordered: Program = node({ poll: (log, offset) => from(log, offset).toReversed() })

/** Begins one place before what it is asked for. */
export const repetitive: Program = node({ poll: (log, offset) => from(log, Offset.make(Math.max(0, offset - 1))) })

/** Answers all keys, whatever it is asked for. */
export const talkative: Program = node({ answersAll: true })

/** Gives each message a lower offset than the one before it. */
export const descending: Program = node({
  send: (log, msg) => {
    const offset = Offset.make((log[0]?.[0] ?? 100) - 1)
    log.unshift([offset, msg])
    return offset
  }
})

/** Tells the sender another offset than those who poll. */
export const misleading: Program = node({ send: (log, msg) => Offset.make(append(log, msg) + 1) })

/** Invents a message. */
export const inventive: Program = node({
  poll: (log, offset) =>
    log.length === 3 && offset <= 3 ? [...from(log, offset), [Offset.make(3), -1]] : from(log, offset)
})

/** It stores messages that it refuses. */
export const insincere: Program = node({ refuses: (msg) => msg === 3 })

/** Takes the last commit for the highest. */
export const forgetful: Program = node({
  poll: (log, offset) => from(log, offset).slice(0, 2),
  commit: (committed, key, offset) => committed.set(key, offset)
})

/** Takes what is committed for what comes next, and so for one more than was polled. */
export const hasty: Program = node({ list: (offset) => Offset.make(offset + 1) })

/** Answers nothing but at one node. */
export const secretive: Program = node({ elsewhere: { poll: Effect.succeed({ msgs: {} }) } })

/** Does not answer polls but at one node, after some time. */
export const reticent: Program = node({ elsewhere: { poll: Effect.never } })

const programModules = [
  "programs/KafkaIndex",
  "programs/KafkaOffsets",
  "programs/KafkaUnstable",
  "programs/KafkaCopy",
  "programs/Kafka"
] as const

export type Patch = Patched.Patch<GossipModule | (typeof programModules)[number]>

/** The program that is in use, with these passages of it or of what it runs over replaced. */
export const mutant = async (...patches: ReadonlyArray<Patch>): Promise<Program> => {
  const modules = await Patched.load([...gossipModules, ...programModules], patches)
  const [gossip, kafka] = [modules[gossipModules.length - 1], modules.at(-1)]
  const { Gossip } = gossip as unknown as typeof Gossips // these are the modules
  const { Kafka } = kafka as unknown as typeof Kafkas
  return Effect.provide(Kafka, Gossip.layerStar)
}
