/**
 * A node that now and then refuses what a client asks, and does nothing then: which is right, if nobody asks for
 * availability.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as ProtocolError from "../../src/schema/ProtocolError.ts"
import type * as Rpc from "../../src/schema/Rpc.ts"
import { Node } from "../../src/services/node/Node.ts"
import type { Program } from "../../src/simulator/nodes/SimulatedNode.ts"

type Handler = (...args: ReadonlyArray<never>) => Effect.Effect<unknown, ProtocolError.ProtocolError, unknown>

/** The same handlers, but those of these types refuse with this probability. */
const wary = <H extends Rpc.Handlers<Rpc.Protocol>>(
  handlers: H,
  types: ReadonlyArray<string>,
  probability: number
): H =>
  Object.fromEntries(
    Object.entries(handlers as Readonly<Record<string, Handler>>).map(([type, handler]) => {
      const refusing: Handler = (...args) =>
        Effect.flatMap(Random.next, (drawn) =>
          drawn < probability
            ? Effect.fail(new ProtocolError.TemporarilyUnavailable({ text: "busy" }))
            : handler(...args))
      return [type, types.includes(type) ? refusing : handler]
    })
  ) as H // the same names, and each takes and gives the same

/** This program, but it refuses requests of these types with this probability. */
export const refusing = (program: Program, types: ReadonlyArray<string>, probability: number): Program =>
  Effect.updateService(program, Node, (node) => {
    const { serve } = node
    const refuse = (...[protocol, handlers, after]: Parameters<typeof serve>) =>
      serve(protocol, wary(handlers, types, probability), after)
    return { ...node, serve: refuse as typeof serve } // its handlers need what they needed
  })
