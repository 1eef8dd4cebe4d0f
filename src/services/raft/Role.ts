/**
 * How a server becomes a follower, and how long it waits for a leader.
 */
import type { Term } from "../../schema/RaftProtocol.ts"
import * as Requests from "./Requests.ts"
import { type Server, writeTerm } from "./Server.ts"

/** Follows whoever leads in this term, which is the server's own or a later one. */
export const follow = <A>(server: Server<A>, term: Term): void => {
  if (term > server.term) writeTerm(server, term, undefined)
  const { role } = server
  if (role.type === "leader") server.election.leaderlessSince = server.now
  if (role.type === "follower") loseLeader(server)
  server.role = {
    type: "follower",
    leader: undefined,
    via: undefined,
    echo: -Infinity,
    helped: undefined,
    verified: server.commit,
    known: new Map(),
    ahead: [],
    relays: [],
    answerAt: Infinity,
    answerFor: 0,
    missingAt: Infinity,
    heardAt: server.now,
    incoming: undefined
  }
  wait(server)
  Requests.reset(server)
}

/** This server knows of no leader any more. */
export const loseLeader = <A>(server: Server<A>): void => {
  const { election, role, settings } = server
  if (role.type !== "follower" || role.leader === undefined) return
  role.leader = undefined
  election.leaderlessSince = election.promisedUntil - settings.electionTimeout // when this server last heard it
}

/**
 * Waits for a leader before it seeks to lead. The more often this server has sought in vain, the wider is the range from
 * which chance draws the time, so that two servers seldom seek at once.
 */
export const wait = <A>(server: Server<A>): void => {
  const { chance, election, now, settings } = server
  const { electionTimeout, longestElectionTimeout } = settings
  const spread = (longestElectionTimeout - electionTimeout) * Math.min(8, 2 ** Math.max(0, election.attempts - 1))
  election.deadline = now + electionTimeout + chance * spread
}
