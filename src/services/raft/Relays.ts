/**
 * How a follower passes on what the leader says to another.
 *
 * The leader, this follower and the other one are a majority of five. So when entries have been passed on along this way,
 * and each had them on its disk before, the last one knows that they are committed: nobody needs to say so. (The learners
 * of Paxos learn in the same way: Lamport, "Paxos Made Simple", 2001, §2.3.)
 *
 * What is passed on is the leader's own message: as if it had been under way for longer. If it is lost, or cannot be
 * passed on because something is missing here, the leader notices, and says it itself (see Replication).
 */
import { nodeOf } from "../../schema/RaftProtocol.ts"
import * as Log from "./Log.ts"
import type { Lead } from "./Message.ts"
import { type Follower, send, type Server } from "./Server.ts"

/** How many may wait to be passed on: the oldest are forgotten first. */
const limit = 64

export const keep = <A>(role: Follower<A>, lead: Lead<A>): void => {
  const { entries, from, previous, relays = [], safe } = lead
  const upTo = previous.index + entries.length
  for (const relay of relays) role.relays.push({ relay, upTo, lead: { from, safe } })
  role.relays = role.relays.slice(-limit)
}

/** Passes on all that is safe here. */
export const pass = <A>(server: Server<A>, role: Follower<A>): void => {
  if (role.relays.length === 0) return
  const { commit, id, log, term } = server
  const match = Math.min(role.verified, log.safe)
  for (const { lead, relay: { after, ...said }, upTo } of role.relays) {
    const before = Log.termAt(log, after)
    if (upTo > match || before === undefined) continue
    const entries = Log.after(log, after, upTo - after)
    const body = { ...lead, ...said, term, previous: { index: after, term: before }, entries, commit }
    send(server, nodeOf(said.to.server), { type: "relayed", body: { from: id, match, lead: body } })
  }
  role.relays = role.relays.filter(({ upTo }) => upTo > match)
}
