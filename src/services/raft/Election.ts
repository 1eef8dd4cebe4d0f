/**
 * Who leads.
 *
 * **Terms** are numbered; in each, a server votes for one candidate at most, and a candidate leads that has the votes of
 * a majority. Two majorities have a server in common, so **no term has two leaders**. For this a vote must be on disk
 * before it is given: a server that forgets it in a crash votes twice.
 *
 * **A vote is given only to a candidate whose log is up to date**: whose last entry has a later term, or the same term and
 * no smaller index. What is committed is in the logs of a majority; one of them is among the voters, and lets nobody lead
 * who lacks it. See Leading for what counts as committed.
 *
 * **PreVote.** A server that hears no leader first asks who would vote for it, and begins a term only when a majority
 * would. Whoever has heard from a leader within the election timeout would not. So a server that is cut off and comes back
 * disturbs nobody, nor does one whose timers run wild. (Ongaro, 2014, §9.6.)
 *
 * **The promise.** Whoever has heard from a leader also gives no vote within the election timeout. This is what a leader's
 * lease rests on (see Reads). A server that starts again may have made the promise in its last life, so it waits as long.
 *
 * **The first leader.** A cluster begins when its first node has the votes of all servers, while all logs are empty. From
 * then on the log says who is in it (see Membership). All must vote, since a majority of nobody is nothing; and since all
 * do, there is no other beginning: a node that has lost its disk finds that others' logs are not empty.
 */
import type { NodeId } from "../../schema/Address.ts"
import { nodeOf, type Position, type ServerId, type Term } from "../../schema/RaftProtocol.ts"
import * as Following from "./Following.ts"
import * as Leading from "./Leading.ts"
import * as Log from "./Log.ts"
import type { Message, Vote, Voted } from "./Message.ts"
import * as Role from "./Role.ts"
import { isMember, isTermSafe, majority, sendSafely, type Server, servers, writeTerm } from "./Server.ts"

/** Seeks to lead, if it is time. */
export const tend = <A>(server: Server<A>): void => {
  const { election, role } = server
  if (role.type === "candidate") elect(server)
  if (server.role.type === "leader" || server.now < election.deadline) return
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
  if (role.type !== "candidate" || !role.isPre) server.role = { type: "candidate", isPre: true, votes: [server.id] }
  ask(server, true, server.term + 1)
  elect(server)
}

const ask = <A>(server: Server<A>, pre: boolean, term: Term): void => {
  const body: Vote = { from: server.id, term, last: Log.last(server.log), pre }
  for (const node of server.nodes) if (node !== server.node) sendSafely(server, node, { type: "vote", body })
}

/** Goes on, if it has the votes that it needs. */
const elect = <A>(server: Server<A>): void => {
  const { role } = server
  if (role.type !== "candidate" || !isElected(server, role.votes)) return
  if (role.isPre) {
    writeTerm(server, server.term + 1, server.id)
    server.role = { type: "candidate", isPre: false, votes: [server.id] }
    Role.wait(server)
    ask(server, false, server.term)
  } else if (isTermSafe(server)) {
    Leading.begin(server, isMember(server) ? undefined : role.votes)
  }
}

const isElected = <A>(server: Server<A>, votes: ReadonlyArray<ServerId>): boolean =>
  isMember(server)
    ? votes.filter((id) => isMember(server, id)).length >= majority(server)
    : new Set(votes.map(nodeOf)).size === server.nodes.length

/** Whether a log that ends there has all that can be committed, as far as this server knows. */
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
    answer(vote.term > server.term && !isBound && isUpToDate(server, vote.last) && !isPreferred(server, vote))
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

/** Who leads, as far as this server hears straight. */
const leaderOf = <A>({ id, role }: Server<A>): ServerId | undefined =>
  role.type === "leader" ? id : role.type === "follower" && role.via === undefined ? role.leader : undefined

/**
 * Of two that seek to lead at the same time, with equal logs, one makes way, so that the votes are not split; but not twice
 * in a row, since the other may not reach a majority.
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
