/**
 * Who leads.
 *
 * **Terms** are numbered. In each term a server votes for one candidate at most, and a candidate with the votes of a
 * majority leads. Two majorities have a server in common, so **no term has two leaders**. For this a vote must be on
 * disk before the server gives it: a server that forgets its vote in a crash would vote twice.
 *
 * **A server votes only for a candidate whose log is up to date**: the candidate's last entry has a later term than its
 * own, or the same term and no smaller index. A committed entry is in the logs of a majority. One of these is among the
 * voters, and it votes for no candidate that lacks the entry. See Leading for what counts as committed.
 *
 * **PreVote.** A server that hears no leader first asks who would vote for it, and begins a term only when a majority
 * would. A server that has heard from a leader within the election timeout would not. So a server that was cut off and
 * comes back disturbs nobody, nor does one whose timers run wild. (Ongaro, 2014, §9.6.)
 *
 * **The promise.** A server that has heard from a leader gives nobody its vote within the election timeout either. A
 * leader's lease rests on this (see Reads). A server that starts again may have promised this in its last life, so it
 * waits as long.
 *
 * **Lost messages.** A candidate asks servers again that have not answered, but only once a majority has said that it would
 * vote for it. Before that it does not, since it may be cut off for long.
 *
 * **Whose turn it is.** When a server asks for votes and its log lacks entries, a server that has these entries refuses.
 * But it has learned that nobody leads. So it does not wait until its own time is up, and seeks to lead at once.
 *
 * **The first leader.** A cluster begins when its first node has the votes of all servers while all logs are empty.
 * From then on the log says which servers are in it (see Membership). All must vote, since no majority is defined yet;
 * and because all must, there is no second beginning: a node that has lost its disk finds that others' logs are not
 * empty.
 */
import type { NodeId } from "../../schema/Address.ts"
import { nodeOf, type Position, type ServerId } from "../../schema/RaftProtocol.ts"
import * as Following from "./Following.ts"
import * as Leading from "./Leading.ts"
import * as Log from "./Log.ts"
import type { Message, Vote, Voted } from "./Message.ts"
import * as Role from "./Role.ts"
import {
  type Candidate,
  isMember,
  isTermSafe,
  majority,
  sendSafely,
  type Server,
  servers,
  writeTerm
} from "./Server.ts"

/** Seeks to lead, if it is time to. */
export const tend = <A>(server: Server<A>): void => {
  const { election, role } = server
  if (role.type === "candidate") elect(server)
  if (server.role.type === "leader") return
  if (server.now < election.deadline) return askAgain(server)
  if (role.type === "follower") Role.loseLeader(server)
  if (isMember(server) || isFirst(server)) seek(server)
  else Role.wait(server)
}

/** Whether a cluster may begin with this server. */
const isFirst = <A>(server: Server<A>): boolean =>
  server.node === server.nodes[0] && Log.lastIndex(server.log) === 0 && servers(server).length === 0

const seek = <A>(server: Server<A>): void => {
  const { election, role } = server
  election.attempts++
  Role.wait(server)
  if (role.type !== "candidate" || !role.isPre) server.role = candidate(server, true, Infinity)
  ask(server, true)
  elect(server)
}

const candidate = <A>({ id }: Server<A>, isPre: boolean, againAt: number): Candidate => ({
  type: "candidate",
  isPre,
  votes: [id],
  againAt
})

/** Asks all other nodes but these. */
const ask = <A>(server: Server<A>, pre: boolean, except: ReadonlyArray<NodeId> = []): void => {
  const { id: from, log, node, nodes, term } = server
  const body: Vote = { from, term: pre ? term + 1 : term, last: Log.last(log), pre }
  for (const other of nodes) {
    if (other !== node && !except.includes(other)) sendSafely(server, other, { type: "vote", body })
  }
}

/** Asks those again that have not answered, so that one lost message does not cost a whole term. */
const askAgain = <A>(server: Server<A>): void => {
  const { now, role, settings } = server
  if (role.type !== "candidate" || now < role.againAt) return
  role.againAt = now + settings.retry
  ask(server, false, role.votes.map(nodeOf))
}

/** When it seeks to lead, or asks again. */
export const wakeAt = <A>({ election, role }: Server<A>): number =>
  role.type === "candidate" ? Math.min(election.deadline, role.againAt) : election.deadline

/** Takes the next step, if this server has the votes that it needs. */
const elect = <A>(server: Server<A>): void => {
  const { role } = server
  if (role.type !== "candidate" || !isElected(server, role.votes)) return
  if (role.isPre) {
    writeTerm(server, server.term + 1, server.id)
    server.role = candidate(server, false, server.now + server.settings.retry)
    Role.wait(server)
    ask(server, false)
  } else if (isTermSafe(server)) {
    Leading.begin(server, isMember(server) ? undefined : role.votes)
  }
}

const isElected = <A>(server: Server<A>, votes: ReadonlyArray<ServerId>): boolean =>
  isMember(server)
    ? votes.filter((id) => isMember(server, id)).length >= majority(server)
    : new Set(votes.map(nodeOf)).size === server.nodes.length

/** Whether a log that ends there is up to date, compared with this server's. */
const isUpToDate = <A>({ log }: Server<A>, last: Position): boolean => {
  const own = Log.last(log)
  return last.term > own.term || (last.term === own.term && last.index >= own.index)
}

export const receiveVote = <A>(server: Server<A>, node: NodeId, vote: Vote): void => {
  const isBound = server.role.type === "leader" || server.now < server.election.promisedUntil
  const answer = (granted: boolean): void => {
    const leader = isBound && vote.pre ? leaderOf(server) : undefined
    const body: Voted = {
      from: server.id,
      term: server.term,
      about: vote.term,
      pre: vote.pre,
      granted,
      ...leader !== undefined && { leader }
    }
    sendSafely(server, node, { type: "voted", body } satisfies Message<A>)
  }
  if (vote.pre) {
    const isFit = isUpToDate(server, vote.last)
    answer(vote.term > server.term && !isBound && isFit && !isPreferred(server, vote))
    if (vote.term > server.term && !isBound && !isFit) hasten(server) // else somebody has been elected since
    return
  }
  if (isBound && vote.term > server.term) return
  if (vote.term > server.term) Role.follow(server, vote.term)
  const isFree = server.vote === undefined || server.vote === vote.from
  const granted = vote.term === server.term && isFree && isUpToDate(server, vote.last)
  if (granted && server.vote === undefined) {
    writeTerm(server, server.term, vote.from)
    Role.wait(server)
  }
  answer(granted)
}

/** A server seeks to lead whose log lacks what this one has: it is this server's turn. */
const hasten = <A>({ election, now, role }: Server<A>): void => {
  if (role.type !== "candidate" || role.isPre) election.deadline = Math.min(election.deadline, now)
}

/** Who leads, if this server hears it without a detour. */
const leaderOf = <A>({ id, role }: Server<A>): ServerId | undefined =>
  role.type === "leader" ? id : role.type === "follower" && role.via === undefined ? role.leader : undefined

/**
 * Whether the other of two servers that seek to lead at the same time, with equal logs, is preferred, so that votes are
 * not split. A server makes way only every other time, since the other one may not reach a majority.
 */
const isPreferred = <A>({ election, id, log, role }: Server<A>, vote: Vote): boolean => {
  const { index, term } = Log.last(log)
  const isEqual = vote.last.index === index && vote.last.term === term
  return role.type === "candidate" && election.attempts % 2 === 1 && isEqual && id < vote.from
}

export const receiveVoted = <A>(server: Server<A>, voted: Voted): void => {
  if (voted.term > server.term) return Role.follow(server, voted.term)
  const { role } = server
  const { from, leader, term } = voted
  if (leader !== undefined && term === server.term && role.type === "candidate") {
    Following.seekLeader(server, leader, nodeOf(from))
  }
  if (role.type !== "candidate" || role.isPre !== voted.pre || !voted.granted) return
  if (voted.about !== server.term + (voted.pre ? 1 : 0)) return
  if (!role.votes.includes(voted.from)) role.votes.push(voted.from)
  elect(server)
}
