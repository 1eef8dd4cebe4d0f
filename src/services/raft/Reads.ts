/**
 * How a leader answers reads without writing anything.
 *
 * When a server asks, the leader notes how long its log is. The log has all that was committed by then, though others
 * may know of that before the leader does (see Replication). A server that knows the log to be committed up to there,
 * and has executed it, may answer its clients, **if nobody else led by then**. Another leader might have committed
 * more, and this one, deposed without knowing it, would let clients read what is no longer so. The leader knows in one
 * of two ways that nobody else led:
 * - **ReadIndex**: a majority has answered a message that the leader sent after the question came. At that time none of
 *   them had given its vote in a later term, so no leader of a later term had been elected. One such round serves all
 *   reads that came before it. (Ongaro, 2014, §6.4.)
 * - **Lease**: a majority has answered a message that the leader sent less than a lease ago. None of these servers
 *   gives anybody its vote within the election timeout after it got that message (see Election). So nobody else leads
 *   before the timeout has passed for one of them. It does not pass for any of them before the lease has passed for the
 *   leader, unless the clocks of two machines differ in speed by more than the lease is shorter: a tenth, unless it is
 *   set otherwise. They are monotonic clocks, which no change of the time of day moves. (§6.4.1.)
 *
 * A process may stand still between looking at the clock and answering, for any time. That does no harm: the lease was
 * valid at a moment between question and answer, and a read may take effect at any such moment.
 *
 * A new leader does not know how far its predecessors had committed. But its log has all of that, and ends with an
 * entry of its own term. So it answers no read before one of its own entries is committed (§6.4, step 1).
 */
import type { NodeId } from "../../schema/Address.ts"
import * as Log from "./Log.ts"
import * as Requests from "./Requests.ts"
import { type Leader, peerOf, type Server, stamp } from "./Server.ts"

/** A node asks how far its log must be for its reads up to this number. For those up to `answered` it has been told. */
export const register = <A>(
  server: Server<A>,
  leader: Leader,
  node: NodeId,
  number: number,
  answered: number
): void => {
  const isKnown = leader.reads.some((read) => read.node === node && read.number >= number)
  if (number <= answered || isKnown) return
  leader.readAt = server.now
  leader.reads.push({ node, number, at: stamp(server), index: Log.lastIndex(server.log) })
}

/**
 * A majority has answered what this leader sent at `heard`. If that shows that nobody else led when questions came, the
 * leader answers them.
 */
export const tend = <A>(server: Server<A>, leader: Leader, heard: number): void => {
  if (leader.reads.length === 0) return
  const isLeased = heard + server.settings.lease > server.now && server.settings.lease > 0
  const isConfirmed = ({ at }: { readonly at: number }): boolean => isLeased || heard > at
  const confirmed = leader.reads.filter(isConfirmed)
  leader.reads = leader.reads.filter((read) => !isConfirmed(read))
  for (const { index, node, number } of confirmed) {
    const peer = peerOf(leader, node)
    if (peer === undefined) {
      leader.wants = Math.max(leader.wants, index)
      Requests.readable(server, number, index)
    } else {
      peer.wants = Math.max(peer.wants, index)
      peer.readable = { number, index }
      peer.isReadableNews = true
    }
  }
}
