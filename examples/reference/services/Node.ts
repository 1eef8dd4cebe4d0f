import * as Effect from "effect/Effect"
import { ServiceId } from "gossip-girl/schema/Address"
import { Echo, EchoProtocol } from "gossip-girl/schema/EchoProtocol"
import { Ts } from "gossip-girl/schema/TsoProtocol"
import { defaultTimeout, NeverInitialised, Node, type Statistics } from "gossip-girl/services/Node"

export const program = Effect.gen(function*() {
  const node = yield* Node
  yield* Effect.log(`${node.id} of ${node.ids.length}`)
  yield* node.handle([Echo] as const, { echo: ({ echo }) => Effect.succeed({ echo }) }) // for whoever asks
  const { ts } = yield* node.ask(ServiceId.make("lin-tso"), Ts, {}, { timeout: defaultTimeout })
  yield* Effect.log(`timestamp ${ts}`)
  yield* node.serve([], {}) // says that it is ready, and answers until the end of input
  const { tooLate }: Statistics = yield* node.statistics
  yield* Effect.log(`${tooLate} answers came too late`)
})

// The same without a name for the node.
export const shorter = Node.serve(EchoProtocol, { echo: ({ echo }) => Effect.succeed({ echo }) })

/** A node whose input ends before it is told who it is has nothing to do. */
export const isHarmless = (error: unknown): boolean => error instanceof NeverInitialised
