/**
 * How a leader answers reads without writing anything.
 *
 * It notes how long its log was when it was asked. All that was committed by then is in there, though others may know of
 * that before the leader does (see Replication). Whoever knows that the log is committed up to there, and has executed it,
 * may answer, **if nobody else led by then**: another leader may have committed more, and this one, deposed without
 * knowing, would let somebody read what is no longer so. That nobody else led is known in one of two ways:
 * - **ReadIndex**: a majority has answered a message that was sent after the question came. At that time none of them had
 *   given its vote in a later term; so no leader of a later term had been elected. One such round serves all reads that
 *   came before it. (Ongaro, 2014, §6.4.)
 * - **Lease**: a majority has answered a message that was sent less than a lease ago. None of them gives its vote to
 *   anybody within the election timeout after it has received it (see Election), so nobody else leads before that has
 *   passed for one of them. It does not pass for them sooner than the lease for the leader, as long as the clocks of
 *   two machines do not differ in speed by more than the lease is shorter, a tenth unless it is set otherwise. They are
 *   monotonic clocks, which no change of the time of day moves. (§6.4.1.)
 *
 * A process may stand still between looking at the clock and answering, for any time. That does no harm: the lease was
 * valid at a moment between question and answer, and a read may take effect at any such moment.
 *
 * A new leader does not know how far its predecessors had committed. But its log has all of it, and ends with an entry of
 * its own term; so no read is answered before one of those is committed (§6.4, step 1).
 */
import type { NodeId } from "../../schema/Address.ts"
import * as Log from "./Log.ts"
import * as Requests from "./Requests.ts"
import { type Leader, peerOf, type Server, stamp } from "./Server.ts"

/** Somebody asks how far to read, for its reads up to this number; it has been told for those up to `answered`. */
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

/** What this leader sent at `heard` a majority has answered: says how far to read to whom may by now. */
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
