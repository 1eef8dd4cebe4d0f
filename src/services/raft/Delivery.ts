/**
 * A server delivers what is committed to its program, in order, and answers those of its clients that wait for it.
 */
import { type Index, type OperationId, type ServerId } from "../../schema/RaftProtocol.ts"
import * as Log from "./Log.ts"
import * as Requests from "./Requests.ts"
import type { Server } from "./Server.ts"

/** All up to this index is committed, and is in this server's log. */
export const commit = <A>(server: Server<A>, index: Index): void => {
  if (index <= server.commit) return
  server.commit = index
  deliver(server)
}

export const deliver = <A>(server: Server<A>): void => {
  while (server.applied < server.commit) {
    const index = ++server.applied
    const entry = Log.entryAt(server.log, index)!
    if ("operation" in entry) {
      const { by, operation } = entry
      server.lastOperations.set(by.server, by)
      server.outputs.push({ type: "deliver", index, operation, ticket: Requests.delivered(server, by) })
    } else if ("servers" in entry) {
      retain(server.lastOperations, entry.servers)
    }
  }
  Requests.answerReads(server)
}

/**
 * Forgets the last operations of servers that are no longer members: a server that was removed never comes back, so it
 * asks for nothing more.
 */
export const retain = (lastOperations: Map<ServerId, OperationId>, servers: ReadonlyArray<ServerId>): void => {
  for (const server of lastOperations.keys()) if (!servers.includes(server)) lastOperations.delete(server)
}
