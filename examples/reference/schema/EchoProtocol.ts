import * as Effect from "effect/Effect"
import { Echo, EchoProtocol } from "gossip-girl/schema/EchoProtocol"
import { Node } from "gossip-girl/services/Node"

console.log(Echo.replyType) // echo_ok
export const program = Node.serve(EchoProtocol, { echo: ({ echo }) => Effect.succeed({ echo }) })
