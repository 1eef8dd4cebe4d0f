/**
 * How messages get around a link that is cut: by way of a third server that hears both ends.
 *
 * A server that no longer hears its leader asks who would vote for it (see Election). A server that hears the leader
 * refuses, and says who leads. So the first one lets the second pass on a message to the leader. From then on leader
 * and follower send each other messages on the way on which they last heard each other. Every second the leader sends
 * one message straight as well. If that arrives, the link is whole again: the follower answers straight, and from then on
 * both do without the detour.
 *
 * To Raft such a message is one that was under way for longer. A detour costs two messages instead of one, and twice
 * the time. So a leader asks servers that it reaches straight before others.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Detour, Message } from "./Message.ts"
import { send, type Server } from "./Server.ts"

/** Sends a message to a node, by way of another one if `via` names it. */
export const sendBy = <A>(
  server: Server<A>,
  via: NodeId | undefined,
  to: NodeId,
  message: Detour<A>["message"]
): void => {
  if (via === undefined) send(server, to, message)
  else send(server, via, { type: "detour", body: { origin: server.node, to, message } })
}

/** The message, if it is for this server; else passes it on. */
export const receive = <A>(server: Server<A>, body: Detour<A>): Message<A> | undefined => {
  if (body.to === server.node) return body.message
  if (server.nodes.includes(body.to)) send(server, body.to, { type: "detour", body })
  return undefined
}
