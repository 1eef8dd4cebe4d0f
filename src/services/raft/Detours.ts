/**
 * How messages get around a link that is cut: by way of a third server that hears both ends.
 *
 * A server that hears its leader no more asks who would vote for it (see Election). Who hears the leader would not, and says
 * who leads. So the server lets it pass on a word to the leader; the leader answers on the way on which it was spoken to last,
 * and the follower on the way on which it was. That ends with the first message that comes straight.
 *
 * For Raft such a message is one that was under way for longer. It costs two messages instead of one, and as much more time.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Detour, Message } from "./Message.ts"
import { send, type Server } from "./Server.ts"

/** Sends this to a node, by way of another if there is one. */
export const sendBy = <A>(
  server: Server<A>,
  via: NodeId | undefined,
  to: NodeId,
  message: Detour<A>["message"]
): void => {
  if (via === undefined) send(server, to, message)
  else send(server, via, { type: "detour", body: { origin: server.node, to, message } })
}

/** What has come for this server; what has not is passed on. */
export const receive = <A>(server: Server<A>, body: Detour<A>): Message<A> | undefined => {
  if (body.to === server.node) return body.message
  if (server.nodes.includes(body.to)) send(server, body.to, { type: "detour", body })
  return undefined
}
