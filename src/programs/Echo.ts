/**
 * Challenge 1, echo: answer with what was said.
 *
 * - Guarantee: the same JSON value back; error 12 for one with an integer that JavaScript cannot hold.
 * - Cost: no messages between servers.
 */
import * as Effect from "effect/Effect"
import { EchoProtocol } from "../schema/EchoProtocol.ts"
import { Node } from "../services/node/Node.ts"

export const Echo = Node.serve(EchoProtocol, {
  echo: ({ echo }) => Effect.succeed({ echo })
})
