/**
 * A node that is right, if naive, at kafka: one node keeps all logs, the others ask it. And variations of it, each wrong
 * on purpose in one way, to prove that the bench notices.
 */
import * as Effect from "effect/Effect"
import type { Program } from "../../src/bench/SimulatedNode.ts"
import type { Json } from "../../src/schema/Json.ts"
import {
  CommitOffsets,
  KafkaProtocol,
  ListCommittedOffsets,
  Offset,
  Poll,
  Send
} from "../../src/schema/KafkaProtocol.ts"
import { Node } from "../../src/services/Node.ts"

type Pair = readonly [offset: Offset, msg: Json]

/** What the node has that keeps the logs. */
interface Logs {
  readonly logs: Map<string, Array<Pair>>
  readonly committed: Map<string, Offset>
}

interface Ways {
  readonly send?: (log: Array<Pair>, msg: Json, key: string) => Offset
  readonly poll?: (log: ReadonlyArray<Pair>, from: Offset) => ReadonlyArray<Pair>
  readonly commit?: (committed: Map<string, Offset>, key: string, offset: Offset) => void
  readonly list?: (committed: Offset) => Offset
}

const next = (log: ReadonlyArray<Pair>): Offset => Offset.make((log.at(-1)?.[0] ?? -1) + 1)

const append = (log: Array<Pair>, msg: Json): Offset => {
  const offset = next(log)
  log.push([offset, msg])
  return offset
}

const from = (log: ReadonlyArray<Pair>, offset: Offset): ReadonlyArray<Pair> => log.filter(([at]) => at >= offset)

const raise: NonNullable<Ways["commit"]> = (committed, key, offset) =>
  void committed.set(key, Offset.make(Math.max(offset, committed.get(key) ?? 0)))

const node = ({ commit = raise, list = (offset) => offset, poll = from, send = append }: Ways): Program =>
  Effect.gen(function*() {
    const { ask, id, ids, serve } = yield* Node
    const keeper = ids[0]!
    const { committed, logs }: Logs = { logs: new Map(), committed: new Map() }
    const logOf = (key: string): Array<Pair> => {
      const log = logs.get(key) ?? []
      logs.set(key, log)
      return log
    }
    if (id !== keeper) {
      return yield* serve(KafkaProtocol, {
        send: (request) => ask(keeper, Send, request),
        poll: (request) => ask(keeper, Poll, request),
        commit_offsets: (request) => ask(keeper, CommitOffsets, request),
        list_committed_offsets: (request) => ask(keeper, ListCommittedOffsets, request)
      })
    }
    return yield* serve(KafkaProtocol, {
      send: ({ key, msg }) => Effect.sync(() => ({ offset: send(logOf(key), msg, key) })),
      poll: ({ offsets }) =>
        Effect.sync(() => ({
          msgs: Object.fromEntries(Object.entries(offsets).map(([key, offset]) => [key, poll(logOf(key), offset)]))
        })),
      commit_offsets: ({ offsets }) =>
        Effect.sync(() => {
          for (const [key, offset] of Object.entries(offsets)) commit(committed, key, offset)
          return {}
        }),
      list_committed_offsets: ({ keys }) =>
        Effect.sync(() => ({
          offsets: Object.fromEntries(keys.flatMap((key) => {
            const offset = committed.get(key)
            return offset === undefined ? [] : [[key, list(offset)]]
          }))
        }))
    })
  })

export const right: Program = node({})
