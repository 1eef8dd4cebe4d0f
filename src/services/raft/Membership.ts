/**
 * Which servers make up the cluster. A server is a disk, and not a node.
 *
 * A node that has lost its disk has forgotten for whom it voted, and what it said it had. If it went on as before, it
 * could vote a second time in a term, and what it had helped to commit would be on fewer disks than a majority. So it
 * is a new server: it hears and answers, but nobody counts its answers and votes. The leader notices that another
 * server answers at the node of a member. It removes the lost member, and adds the new server once that has all that is
 * committed.
 *
 * Entries of the log remove and add servers, one at a time, and each counts from when it is in a log. So a majority
 * before the change and a majority after it have a server in common, and no two leaders can be elected side by side.
 * The leader makes the next change when the last one is committed, and its own first entry too. (Ongaro, 2014, §4.1 to
 * §4.3; the last condition: Ongaro, "bug in single-server membership changes", raft-dev, 2015.)
 *
 * So a cluster survives that every disk is lost in turn, as long as it has a majority at any time.
 */
import { nodeOf, type ServerId } from "../../schema/RaftProtocol.ts"
import * as Log from "./Log.ts"
import { isMember, type Leader, peerOf, type Server } from "./Server.ts"

/** The servers that are to make up the cluster next, if that is to change. */
export const next = <A>(server: Server<A>, leader: Leader): ReadonlyArray<ServerId> | undefined => {
  const { index, servers } = Log.membership(server.log)
  if (server.commit < Math.max(index, leader.first)) return undefined
  const isLost = (id: ServerId): boolean => {
    const present = peerOf(leader, nodeOf(id))?.server
    return present !== undefined && present !== id
  }
  const lost = servers.find(isLost)
  if (lost !== undefined) return servers.filter((id) => id !== lost)
  const ready = leader.peers.find(({ match, server: id }) =>
    id !== undefined && !isMember(server, id) && match >= server.commit
  )
  return ready?.server && [...servers, ready.server]
}
