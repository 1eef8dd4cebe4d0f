/** Keeps the sum in a store that all nodes share: reads it, adds, writes it back. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { CounterProtocol, Delta } from "../../../src/schema/CounterProtocol.ts"
import * as Key from "../../../src/services/kv/Key.ts"
import { LinKv } from "../../../src/services/kv/Kv.ts"
import * as Updates from "../../../src/services/kv/Updates.ts"
import { Node } from "../../../src/services/node/Node.ts"

const Sum = Key.make("sum", Updates.Attributed(Schema.Int))

export const CounterLost = Effect.gen(function*() {
  const node = yield* Node
  const kv = yield* LinKv
  const read = kv.read(Sum).pipe(
    Effect.map(({ value }) => value),
    Effect.catchTag("KeyDoesNotExist", () => Effect.succeed(0))
  )

  yield* node.serve(CounterProtocol(Delta), {
    add: ({ delta }) =>
      Effect.gen(function*() {
        const sum = yield* read
        yield* kv.write(Sum, { value: sum + delta, writers: {} })
        return {}
      }),
    read: () => Effect.map(read, (value) => ({ value }))
  })
})
