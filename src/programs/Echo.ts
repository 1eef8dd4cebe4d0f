/**
 * Challenge 1, echo: a node answers with the value that it was sent.
 *
 * - Guarantee: the client gets the same JSON value back, or error 12 when it has an integer that JavaScript cannot
 *   hold.
 * - Cost: no messages between servers.
 */
import * as Effect from "effect/Effect"
import { EchoProtocol } from "../schema/EchoProtocol.ts"
import { Node } from "../services/node/Node.ts"

export const Echo = Node.serve(EchoProtocol, {
  echo: ({ echo }) => Effect.succeed({ echo })
})
