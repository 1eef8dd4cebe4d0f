/**
 * A shared log of one node, in its memory: the least that a layer of SharedLog can be, in the hands of a test.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { Json } from "../../../src/schema/Json.ts"
import * as ProtocolError from "../../../src/schema/ProtocolError.ts"
import { type Log, SharedLog, type StateMachine } from "../../../src/services/log/SharedLog.ts"

export const make = () => {
  let refuses = false
  let snapshot = (): Json => null
  let restore: (state: Json) => void = () => {}

  const unlessRefused = <B>(answer: () => B): Effect.Effect<B, ProtocolError.TemporarilyUnavailable> =>
    Effect.suspend(() =>
      refuses ? Effect.fail(new ProtocolError.TemporarilyUnavailable({ text: "no majority" })) : Effect.sync(answer)
    )

  const join = <A, S>(machine: StateMachine<A, S>): Effect.Effect<Log<A>> =>
    Effect.sync(() => {
      const encode = Schema.encodeSync(machine.state)
      const decode = Schema.decodeUnknownSync(machine.state)
      const travelled = (operation: A): A =>
        Schema.decodeUnknownSync(machine.operation)(
          JSON.parse(JSON.stringify(Schema.encodeSync(machine.operation)(operation)))
        )
      snapshot = () => encode(machine.snapshot())
      restore = (state) => machine.restore(decode(state))
      return {
        append: (operation, evaluate) =>
          unlessRefused(() => {
            const value = evaluate()
            machine.execute(travelled(operation))
            return value
          }),
        read: unlessRefused
      }
    })

  return {
    layer: Layer.succeed(SharedLog, { join }),
    /** From now on it refuses everything, or does no longer. */
    refuse: (whether: boolean): void => {
      refuses = whether
    },
    /** The state of the program that has joined, as text. */
    snapshot: (): string => JSON.stringify(snapshot()),
    restore: (text: string): void => restore(JSON.parse(text))
  }
}
