import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Key from "gossip-girl/services/Key"
import { SeqKv } from "gossip-girl/services/Kv"
import * as Updates from "gossip-girl/services/Updates"

const visits = Key.make("visits", Updates.Attributed(Schema.Int))

/** What Kv's `update` does, for a store of one's own that can read, create and compare and set. */
export const program = Effect.gen(function*() {
  const { cas, create, read }: Updates.Access = yield* SeqKv
  const update: Updates.Update = Updates.make({ cas, create, read }, "n0.1")
  return yield* update(visits, 0, (count) => count + 1)
})
