/**
 * Snapshots stand for the beginning of the log, so that it does not grow for ever.
 *
 * Each server takes its own snapshots, of what is committed and delivered. A snapshot comes with the last index and
 * term that it covers, which servers make up the cluster, and the last operation of each of them: without these, an
 * operation that a server hands over late would take place twice. A server takes a snapshot when as many entries have
 * come as the last one was worth, so its cost is spread over them. A snapshot and the entries after it replace what is
 * on disk in one step (see Disk). Some of the entries that it covers stay in memory, for servers that are a little
 * behind.
 *
 * The leader sends a follower that is further behind the snapshot, in parts, each when the follower has answered the
 * one before. **A snapshot may overtake entries, and entries may overtake it.** A follower ignores a snapshot that ends
 * before what it has delivered, or its program would go back. If a snapshot ends within the follower's log, the entries
 * after it stay, since they may be committed with this server's help. (Ongaro, 2014, §5.)
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Json } from "../../schema/Json.ts"
import { Snapshot } from "../../schema/RaftProtocol.ts"
import * as Detours from "./Detours.ts"
import * as Log from "./Log.ts"
import type { Install } from "./Message.ts"
import type { Record } from "./Records.ts"
import * as Requests from "./Requests.ts"
import { type Follower, type Peer, type Server, type Taken, type Taking } from "./Server.ts"

export const taken = (snapshot: Snapshot): Taken => ({ snapshot, text: JSON.stringify(snapshot) })

/** So many characters of a snapshot count as one entry. */
const entrySize = 100

/** Asks the program for its state, if it is time for a snapshot. */
export const tend = <A>(server: Server<A>): void => {
  const { applied, log, settings, snapshot } = server
  const since = applied - (snapshot?.snapshot.position.index ?? 0)
  if (since < Math.max(settings.snapshotAfter, (snapshot?.text.length ?? 0) / entrySize) || server.isTaking) return
  server.isTaking = true
  server.outputs.push({
    type: "snapshot",
    taking: {
      position: { index: applied, term: Log.termAt(log, applied)! }, // the log still has what was delivered last
      servers: Log.serversAt(log, applied),
      lastOperations: [...server.lastOperations.values()]
    }
  })
}

/** Takes the state that the program gives; if it has none to give, the log stays whole. */
export const take = <A>(server: Server<A>, taking: Taking, state: Json | undefined): void => {
  const { log, settings } = server
  if (state === undefined) return
  server.isTaking = false
  if (taking.position.index <= (server.snapshot?.snapshot.position.index ?? 0)) return
  server.snapshot = taken({ ...taking, state })
  const index = Math.max(log.start.index, taking.position.index - Math.floor(settings.snapshotAfter / 2))
  if (index > log.start.index) Log.compact(log, { index, term: Log.termAt(log, index)! }) // the log has it
  replace(server)
}

/** Replaces what is on disk by all that this server must keep. */
const replace = <A>(server: Server<A>): number => {
  const { commit, disk, id, life, log, snapshot, term, vote } = server
  const after = Math.max(log.start.index, snapshot?.snapshot.position.index ?? 0)
  const records: ReadonlyArray<Record<A>> = [
    { type: "life", server: id, life },
    ...snapshot === undefined ? [] : [{ type: "snapshot", snapshot: snapshot.snapshot } as const],
    { type: "term", term, vote: vote ?? null },
    { type: "entries", after, entries: Log.after(log, after), commit }
  ]
  server.outputs.push({ type: "replace", records })
  disk.termWritten = ++disk.written
  Log.written(log, disk.written)
  return disk.written
}

/** Sends a peer the next part of the snapshot, of so many characters at the most. */
export const send = <A>(server: Server<A>, peer: Peer, at: number, length: number): void => {
  const { position } = server.snapshot!.snapshot // the peer lacks what the log no longer has, so there is a snapshot
  const { text } = server.snapshot!
  const offset = peer.installing === position.index ? peer.installed : 0
  peer.installing = position.index
  peer.installed = offset
  const end = offset + length
  const body: Install = {
    from: server.id,
    term: server.term,
    at,
    index: position.index,
    offset,
    text: text.slice(offset, end),
    isLast: end >= text.length && length > 0
  }
  Detours.sendBy(server, peer.via, peer.node, { type: "install", body })
}

/** A peer has so much of a snapshot. Answers whether this server is to send it more. */
export const isAwaited = (
  peer: Peer,
  { index, length }: { readonly index: number; readonly length: number }
): boolean => {
  if (peer.installing !== index) return false
  peer.installed = length
  return true
}

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Snapshot))

/** Takes a part of a snapshot from the leader. */
export const receive = <A>(server: Server<A>, role: Follower<A>, part: Install): void => {
  if (part.index <= server.commit) {
    role.incoming = undefined
    return
  }
  if (role.incoming?.index !== part.index) role.incoming = { index: part.index, text: "" }
  const { incoming } = role
  if (part.offset !== incoming.text.length) return
  incoming.text += part.text
  if (!part.isLast) return
  role.incoming = undefined
  const decoded = decode(incoming.text)
  if (Result.isSuccess(decoded) && decoded.success.position.index === part.index) install(server, role, decoded.success)
}

const install = <A>(server: Server<A>, role: Follower<A>, snapshot: Snapshot): void => {
  const { log } = server
  const { lastOperations, position, servers, state } = snapshot
  server.snapshot = taken(snapshot)
  if (Log.termAt(log, position.index) === position.term) Log.compact(log, position)
  else Log.reset(log, position, servers)
  server.lastOperations = new Map(lastOperations.map((by) => [by.server, by]))
  server.commit = position.index
  server.applied = position.index
  role.verified = Math.max(role.verified, position.index)
  server.outputs.push({ type: "restore", state })
  replace(server)
  const own = server.lastOperations.get(server.id)
  if (own !== undefined) Requests.skipped(server, own)
  Requests.answerReads(server)
}
