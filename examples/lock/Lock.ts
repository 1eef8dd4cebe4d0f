/**
 * The lock in lin-kv. Each change is a compare-and-set, and each turn has a number: so a `release` that comes late, when
 * its owner has the lock once more, changes nothing.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as ProtocolError from "gossip-girl/schema/ProtocolError"
import * as Key from "gossip-girl/services/Key"
import { LinKv } from "gossip-girl/services/Kv"
import { Node } from "gossip-girl/services/Node"
import { LockProtocol } from "./LockProtocol.ts"

const State = Schema.Struct({ owner: Schema.NullOr(Schema.String), turn: Schema.Int })
const key = Key.make("lock", State)
const free = { owner: null, turn: 0 } satisfies typeof State.Type

const taken = new ProtocolError.TemporarilyUnavailable({ text: "somebody else has the lock" })

export const Lock = Effect.gen(function*() {
  const kv = yield* LinKv
  const read = kv.read(key).pipe(
    Effect.catchTag("KeyDoesNotExist", () =>
      kv.create(key, free).pipe(
        Effect.as(free),
        Effect.catchTag("KeyAlreadyExists", () => kv.read(key))
      ))
  )

  return yield* Node.serve(LockProtocol, {
    acquire: ({ owner }) =>
      Effect.gen(function*() {
        const state = yield* read
        if (state.owner === owner) return {}
        if (state.owner !== null) return yield* taken
        yield* Effect.catchTag(
          kv.cas(key, state, { owner, turn: state.turn + 1 }),
          "PreconditionFailed",
          () => Effect.fail(taken)
        )
        return {}
      }),
    release: ({ owner }) =>
      Effect.gen(function*() {
        const state = yield* read
        if (state.owner !== owner) return {}
        yield* Effect.catchTag(
          kv.cas(key, state, { owner: null, turn: state.turn }),
          "PreconditionFailed",
          () => Effect.void // an earlier try has done it
        )
        return {}
      })
  })
}).pipe(Effect.provide(LinKv.layer))
