/**
 * A key-value map that every node has, for it executes a shared log.
 *
 * - Algorithm: a write is an operation of the log, and so is a compare-and-set that may succeed; see SharedLog. What is
 *   answered is decided by the state just before the operation. A read is answered from a state that contains all that
 *   was in the log when it came. So is a compare-and-set that would fail on what this node has: if it fails there too, it
 *   has failed, and is in no log.
 * - Guarantee: **linearizable**. Between request and answer, an operation gets its position in the log, or a state is
 *   read. What the layer of SharedLog keeps, no kill can take.
 * - Errors: a key that does not exist (20) and a value that is another one (22) are definite. A layer of SharedLog may
 *   refuse (11), and a read that takes longer than `LIN_KV_TIMEOUT` is refused. For anything else that takes as long the
 *   answer is error 0, which is indefinite: the operation may still execute, once.
 * - Cost: that of SharedLog. Most compare-and-sets fail, and cost what a read costs. Each node holds the map in memory.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Json from "../schema/Json.ts"
import { KvProtocol } from "../schema/KvProtocol.ts"
import * as ProtocolError from "../schema/ProtocolError.ts"
import { SharedLog } from "../services/log/SharedLog.ts"
import { Node } from "../services/node/Node.ts"
import { timeout } from "./LinKvTimeout.ts"

/** Puts `to` in place of what the key has; with `from`, only if it has that; with `creates`, also if it has nothing. */
const Put = Schema.Struct({
  key: Schema.String,
  to: Json.Json,
  from: Schema.optionalKey(Json.Json),
  creates: Schema.optionalKey(Schema.Boolean)
})
type Put = typeof Put.Type

export const LinKv = Effect.gen(function*() {
  const values = new Map<string, Json.Json>()

  /** The error with which an operation fails on the present state; undefined when it succeeds. */
  const failure = ({ creates, from, key }: Put): ProtocolError.ProtocolError | undefined => {
    const value = values.get(key)
    if (from === undefined) return undefined
    if (value === undefined) return creates === true ? undefined : missing(key)
    if (Json.equals(value, from)) return undefined
    return new ProtocolError.PreconditionFailed({ text: `${key} has another value` })
  }
  const missing = (key: string) => new ProtocolError.KeyDoesNotExist({ text: `there is no ${key}` })

  const sharedLog = yield* SharedLog
  const log = yield* sharedLog.join({
    operation: Put,
    execute: (put) => {
      if (failure(put) === undefined) values.set(put.key, put.to)
    },
    state: Schema.Array(Schema.Tuple([Schema.String, Json.Json])),
    snapshot: () => [...values],
    restore: (state) => {
      values.clear()
      for (const [key, value] of state) values.set(key, value)
    }
  })

  const longest = yield* timeout
  const orLate = (late: ProtocolError.ProtocolError) => <A>(effect: Effect.Effect<A, ProtocolError.ProtocolError>) =>
    Effect.timeoutOrElse(effect, { duration: longest, orElse: () => Effect.fail(late) })
  const orRefused = orLate(new ProtocolError.TemporarilyUnavailable({ text: "it takes too long to read" }))
  const orInDoubt = orLate(new ProtocolError.Timeout({ text: "it may still happen" }))

  const succeed = (failed: ProtocolError.ProtocolError | undefined) =>
    failed === undefined ? Effect.succeed({}) : Effect.fail(failed)
  const put = (put: Put) => Effect.flatMap(log.append(put, () => failure(put)), succeed)

  return yield* Node.serve(KvProtocol, {
    read: ({ key }) => {
      const name = Json.canonical(key)
      return Effect.flatMap(
        orRefused(log.read(() => values.get(name))),
        (value) => value === undefined ? Effect.fail(missing(name)) : Effect.succeed({ value })
      )
    },
    write: ({ key, value }) => orInDoubt(put({ key: Json.canonical(key), to: value })),
    cas: ({ create_if_not_exists = false, from, key, to }) => {
      const creates = create_if_not_exists !== null && create_if_not_exists !== false
      const operation = { key: Json.canonical(key), from, to, creates }
      if (failure(operation) === undefined) return orInDoubt(put(operation))
      const read = log.read(() => failure(operation))
      return orInDoubt(Effect.flatMap(read, (failed) => failed === undefined ? put(operation) : succeed(failed)))
    }
  })
})
