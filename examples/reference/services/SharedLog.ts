import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Log, SharedLog, type StateMachine } from "gossip-girl/services/SharedLog"

/** A queue that all nodes share: whoever takes gets what nobody else gets. */
export const program = Effect.gen(function*() {
  let queue: ReadonlyArray<string> = []
  const machine: StateMachine<string | null, ReadonlyArray<string>> = {
    operation: Schema.NullOr(Schema.String), // what is put at the end; null takes the first
    execute: (operation) => void (queue = operation === null ? queue.slice(1) : [...queue, operation]),
    state: Schema.Array(Schema.String),
    snapshot: () => queue,
    restore: (state) => void (queue = state)
  }
  const log = yield* SharedLog
  const shared: Log<string | null> = yield* log.join(machine)
  yield* shared.append("a task", () => undefined)
  const task = yield* shared.append(null, () => queue[0]) // of the state just before it is taken
  const left = yield* shared.read(() => queue.length) // linearizable
  return { task, left }
})
