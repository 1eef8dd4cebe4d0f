/** Each node keeps logs of its own. */
import * as Effect from "effect/Effect"
import type { Json } from "../../../src/schema/Json.ts"
import { KafkaProtocol, Offset } from "../../../src/schema/KafkaProtocol.ts"
import { Node } from "../../../src/services/node/Node.ts"

export const KafkaAlone = Effect.gen(function*() {
  const node = yield* Node
  const logs = new Map<string, Array<Json>>()
  const committed = new Map<string, Offset>()
  const logOf = (key: string) => logs.get(key) ?? []

  yield* node.serve(KafkaProtocol, {
    send: ({ key, msg }) =>
      Effect.sync(() => {
        logs.set(key, [...logOf(key), msg])
        return { offset: Offset.make(logOf(key).length - 1) }
      }),
    poll: ({ offsets }) =>
      Effect.sync(() => ({
        msgs: Object.fromEntries(
          Object.entries(offsets).map(([key, from]) => [
            key,
            logOf(key).map((msg, offset) => [Offset.make(offset), msg] as const).slice(from)
          ])
        )
      })),
    commit_offsets: ({ offsets }) =>
      Effect.sync(() => {
        for (const [key, offset] of Object.entries(offsets)) committed.set(key, offset)
        return {}
      }),
    list_committed_offsets: ({ keys }) =>
      Effect.sync(() => ({
        offsets: Object.fromEntries([...committed].filter(([key]) => keys.includes(key)))
      }))
  })
})
