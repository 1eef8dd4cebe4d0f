/**
 * Kafka as one writes it first: lin-kv gives out offsets, one after the other, and a node tells the others each message
 * once it knows its offset. A poll answers whatever the node has.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Json } from "../../src/schema/Json.ts"
import { KafkaProtocol, Offset } from "../../src/schema/KafkaProtocol.ts"
import * as Rpc from "../../src/schema/Rpc.ts"
import * as Key from "../../src/services/kv/Key.ts"
import { LinKv } from "../../src/services/kv/Kv.ts"
import * as Updates from "../../src/services/kv/Updates.ts"
import { Node } from "../../src/services/node/Node.ts"
import { Peers } from "../../src/services/node/Peers.ts"

const Tell = Rpc.make("tell", { request: { key: Schema.String, offset: Offset, msg: Json } })

export const KafkaSharedLog = Effect.gen(function*() {
  const kv = yield* LinKv
  const peers = yield* Peers
  const logs = new Map<string, Map<Offset, Json>>()
  const committed: Record<string, Offset> = {}

  const keep = ({ key, msg, offset }: Rpc.Request<typeof Tell>) =>
    Effect.sync(() => {
      const log = logs.get(key) ?? new Map<Offset, Json>()
      logs.set(key, log.set(offset, msg))
      return {}
    })
  const next = (key: string) =>
    kv.update(Key.make(`offset of ${key}`, Updates.Attributed(Schema.Int)), -1, (last) => last + 1)
  const from = (key: string, offset: Offset) =>
    [...logs.get(key) ?? []].filter(([at]) => at >= offset).toSorted(([a], [b]) => a - b)

  yield* peers.handle([Tell] as const, { tell: keep })
  return yield* Node.serve(KafkaProtocol, {
    send: Effect.fnUntraced(function*({ key, msg }) {
      const offset = Offset.make(yield* next(key))
      yield* keep({ key, msg, offset })
      yield* Effect.forEach(peers.ids, (peer) => peers.send(peer, Tell, { key, msg, offset }), { discard: true })
      return { offset }
    }),
    poll: ({ offsets }) =>
      Effect.sync(() => ({
        msgs: Object.fromEntries(Object.entries(offsets).map(([key, offset]) => [key, from(key, offset)]))
      })),
    commit_offsets: ({ offsets }) => Effect.sync(() => (Object.assign(committed, offsets), {})),
    list_committed_offsets: ({ keys }) =>
      Effect.sync(() => ({
        offsets: Object.fromEntries(keys.flatMap((key) => key in committed ? [[key, committed[key]!]] : []))
      }))
  })
}).pipe(Effect.provide(LinKv.layer))
