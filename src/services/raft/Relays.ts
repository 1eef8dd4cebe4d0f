/**
 * How a follower passes on to another one what the leader says.
 *
 * The leader, this follower and the other one are a majority of five. So when entries have gone this way, and each
 * server had them on its disk before it passed them on, the last one knows by itself that they are committed. (The
 * learners of Paxos learn in the same way: Lamport, "Paxos Made Simple", 2001, §2.3.)
 *
 * What a follower passes on is the leader's own message, as if it had been under way for longer. If it is lost, or this
 * follower lacks something and cannot pass it on, the leader notices, and sends it itself (see Replication).
 */
import { nodeOf } from "../../schema/RaftProtocol.ts"
import * as Log from "./Log.ts"
import type { Lead } from "./Message.ts"
import { type Follower, send, type Server } from "./Server.ts"

/** How many messages wait to be passed on at the most; the oldest go first. */
const limit = 64

export const keep = <A>(role: Follower<A>, lead: Lead<A>): void => {
  const { entries, from, previous, relays = [], safe } = lead
  const upTo = previous.index + entries.length
  for (const relay of relays) role.relays.push({ relay, upTo, lead: { from, safe } })
  role.relays = role.relays.slice(-limit)
}

/** Passes on all messages whose entries are safe here. */
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
