/**
 * A counter in seq-kv as one writes it first: to add is to read, and to write what was read and the delta.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { CounterProtocol, GrowOnlyDelta } from "../../src/schema/CounterProtocol.ts"
import * as Key from "../../src/services/kv/Key.ts"
import { SeqKv } from "../../src/services/kv/Kv.ts"
import { Node } from "../../src/services/node/Node.ts"

const sum = Key.make("sum", Schema.Int)

export const GCounterSeqKv = Effect.gen(function*() {
  const kv = yield* SeqKv
  const read = Effect.catchTag(kv.read(sum), "KeyDoesNotExist", () => Effect.succeed(0))

  return yield* Node.serve(CounterProtocol(GrowOnlyDelta), {
    add: ({ delta }) => read.pipe(Effect.flatMap((value) => kv.write(sum, value + delta)), Effect.as({})),
    read: () => Effect.map(read, (value) => ({ value }))
  })
})
