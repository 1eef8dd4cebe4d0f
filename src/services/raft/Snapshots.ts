/**
 * Snapshots stand for the beginning of the log, so that it does not grow for ever.
 *
 * Each server takes its own, of what is committed and delivered. It comes with the last index and term that it covers, who
 * makes up the cluster, and the last operation of each of them: without these, an operation that is handed over late would be done once
 * more. It is taken when as many entries have come as the last one was worth, so its cost is spread over them.
 * A snapshot and the entries after it replace what is on disk at once (see Disk). In memory some entries stay that it covers,
 * for those who are a little behind.
 *
 * A follower that is further behind is sent the snapshot, in parts, each when the one before is answered. **It may overtake
 * entries, and be overtaken**: one that ends before what is delivered already is let be, or the program would go back; one
 * that ends within the log leaves the entries after it, which may be committed with this server's help. (Ongaro, 2014, §5.)
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

/** How many bytes of a snapshot are taken to be worth an entry. */
const entrySize = 100

/** Asks for the state, if it is time for a snapshot. */
export const tend = <A>(server: Server<A>): void => {
  const { applied, log, settings, snapshot } = server
  const since = applied - (snapshot?.snapshot.position.index ?? 0)
  if (since < Math.max(settings.snapshotAfter, (snapshot?.text.length ?? 0) / entrySize) || server.isTaking) return
  server.isTaking = true
  server.outputs.push({
    type: "snapshot",
    taking: {
      position: { index: applied, term: Log.termAt(log, applied)! }, // it has been delivered just now
      servers: Log.serversAt(log, applied),
      lastOperations: [...server.lastOperations.values()]
    }
  })
}

/** The state that was asked for; undefined if the program has none to give: then the log stays whole. */
export const take = <A>(server: Server<A>, taking: Taking, state: Json | undefined): void => {
  const { log, settings } = server
  if (state === undefined) return
  server.isTaking = false
  if (taking.position.index <= (server.snapshot?.snapshot.position.index ?? 0)) return
  server.snapshot = taken({ ...taking, state })
  const index = Math.max(log.start.index, taking.position.index - Math.floor(settings.snapshotAfter / 2))
  if (index > log.start.index) Log.compact(log, { index, term: Log.termAt(log, index)! }) // it is in the log
  replace(server)
}

/** Writes down all that this server must keep. */
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
  const { position } = server.snapshot!.snapshot // the log does not begin with its beginning, so there is one
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

/** A peer has so much of a snapshot; the answer is whether it is to be sent more. */
export const isAwaited = (
  peer: Peer,
  { index, length }: { readonly index: number; readonly length: number }
): boolean => {
  if (peer.installing !== index) return false
  peer.installed = length
  return true
}

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Snapshot))

/** A part of a snapshot has come from the leader. */
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
