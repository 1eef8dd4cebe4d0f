/**
 * How a leader adds to the log.
 *
 * **Exactly once.** Each life of a server numbers its operations. A leader appends only the operation that comes next
 * after the last one of that life that is in the log, committed or not. So the log has no operation twice, however
 * often servers hand it to however many leaders. (Ongaro, 2014, §6.3. There each client has a session; here each server
 * has one, and keeps its clients apart.)
 */
import type { Entry, OperationId } from "../../schema/RaftProtocol.ts"
import * as Log from "./Log.ts"
import type { Follow } from "./Message.ts"
import { isMember, type Leader, type Server, write } from "./Server.ts"

/** Adds entries to the log. */
const append = <A>(server: Server<A>, leader: Leader, entries: ReadonlyArray<Entry<A>>): void => {
  if (entries.length === 0) return
  const { commit, log, now } = server
  const after = Log.lastIndex(log)
  Log.replace(log, after, entries, write(server, { type: "entries", after, entries, commit }))
  for (const peer of leader.peers) peer.unsentSince = Math.min(peer.unsentSince, now)
}

/** Adds an entry, and has the leader find out when it is committed. */
export const appendOwn = <A>(server: Server<A>, leader: Leader, entry: Entry<A>): void => {
  append(server, leader, [entry])
  leader.wants = Log.lastIndex(server.log)
}

/** Which of these operations, for which one life of a server asks, the leader appends: those that come next. */
const next = <A>(
  server: Server<A>,
  { lastOperations }: Leader,
  from: Omit<OperationId, "number">,
  operations: Follow<A>["operations"]
): ReadonlyArray<Entry<A>> => {
  const entries: Array<Entry<A>> = []
  for (const { number, operation } of operations) {
    const last = lastOperations.get(from.server)
    const isNext = last?.life === from.life ? number === last.number + 1 : number === 1 && from.life > (last?.life ?? 0)
    if (!isNext) continue
    const by: OperationId = { server: from.server, life: from.life, number }
    lastOperations.set(from.server, by)
    entries.push({ term: server.term, by, operation })
  }
  return entries
}

/** Appends what a server asks for; answers whether there was anything to append. */
export const appendFor = <A>(
  server: Server<A>,
  leader: Leader,
  from: Omit<OperationId, "number">,
  operations: Follow<A>["operations"]
): boolean => {
  if (!isMember(server, from.server)) return false
  const entries = next(server, leader, from, operations)
  append(server, leader, entries)
  return entries.length > 0
}
