import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Key from "gossip-girl/services/Key"
import { type Kv, LinKv, LwwKv, SeqKv } from "gossip-girl/services/Kv"
import * as Updates from "gossip-girl/services/Updates"

const owner = Key.make("owner", Schema.String)
const total = Key.make("total", Updates.Attributed(Schema.Int))

const useOf = (kv: Kv) =>
  Effect.gen(function*() {
    yield* kv.create(owner, "n0").pipe(Effect.catchTag("KeyAlreadyExists", () => Effect.void))
    yield* kv.cas(owner, "n0", "n1") // PreconditionFailed if it is another one
    yield* kv.write(owner, "n2")
    return yield* kv.update(total, 0, (sum) => sum + 1) // exactly once, though messages be lost
  })

export const linearizable = Effect.flatMap(LinKv, useOf)
export const sequential = Effect.flatMap(SeqKv, useOf)
export const lastWriterWins = Effect.flatMap(LwwKv, (kv) => kv.read(owner)) // an acknowledged write may vanish
