/**
 * What clients ask of this node: which operations they want appended, and what they want to read.
 *
 * **Exactly once.** A life of a server numbers its operations from 1, and a leader appends only the next one (see
 * Append). So a server may hand over an operation any number of times, to any leader. It knows that the operation is in
 * the log when that comes back with the entries. Until then it repeats the operation with every message to the leader,
 * so that none has to wait for one that was lost.
 *
 * **Definite answers.** A server may refuse an operation that it has asked no leader to append: that operation will never
 * take place. Once it has asked a leader, nobody can take the operation back. Then the server either tells the client
 * that it has taken place, or says nothing. For this reason it hands nothing to a leader that seems to be cut off. A read
 * changes nothing, so the server may always refuse it.
 *
 * **Waiting for a leader.** A request that comes while nobody leads waits for a leader. The server refuses it when it has
 * waited for as long as `refuseAfter` says. Were it to refuse at once, its client would ask again at once, and the server
 * that cannot serve would get most of all requests.
 *
 * **Reads** ask the leader only how far the log must be here. One question serves all reads that came before it.
 */
import type { Index, OperationId } from "../../schema/RaftProtocol.ts"
import type { Requests, Server, Ticket } from "./Server.ts"

export const make = <A>(): Requests<A> => ({
  waiting: [],
  asked: [],
  count: 0,
  accepted: 0,
  askedAt: -Infinity,
  roundTrip: 0,
  reads: [],
  readsAsked: 0,
  readsAskedAt: 0,
  readsAnswered: 0
})

/** How many requests wait at the most; more are refused. */
export const limit = 100_000

export const append = <A>(server: Server<A>, ticket: Ticket, operation: A): void => {
  const { asked, waiting } = server.requests
  if (waiting.length + asked.length >= limit) refuse(server, ticket)
  else waiting.push({ ticket, operation, since: server.now })
}

export const read = <A>(server: Server<A>, ticket: Ticket): void => {
  const { reads } = server.requests
  if (reads.length >= limit) refuse(server, ticket)
  else reads.push({ ticket, since: server.now, number: 0, index: Infinity })
}

const refuse = <A>(server: Server<A>, ticket: Ticket): void => void server.outputs.push({ type: "refuse", ticket })

/** Numbers everything that waits, so that the leader is asked for it now. */
export const ask = <A>(server: Server<A>): void => {
  const { requests } = server
  askReads(server)
  for (const { operation, ticket } of requests.waiting) {
    requests.asked.push({ ticket, operation, number: ++requests.count, at: server.now })
  }
  requests.waiting = []
}

/** Puts one question for all reads about which the leader has not been asked. */
export const askReads = <A>({ now, requests }: Server<A>): void => {
  if (requests.reads.at(-1)?.number !== 0) return
  requests.readsAsked++
  requests.readsAskedAt = now
  for (const read of requests.reads) if (read.number === 0) read.number = requests.readsAsked
}

/** Whether this server has asked a leader for something that is not done. */
export const isAwaiting = <A>({ requests }: Server<A>): boolean =>
  requests.count > requests.accepted || requests.readsAsked > requests.readsAnswered

/** The operations that this server has asked for and has not seen in the log. */
export const unaccepted = <A>({ requests, settings }: Server<A>): Requests<A>["asked"] => {
  const first = requests.asked[0]?.number ?? 0
  const from = Math.max(0, requests.accepted + 1 - first)
  return requests.asked.slice(from, from + settings.batch)
}

/** This operation is in the log. */
export const accepted = <A>(server: Server<A>, by: OperationId): void => {
  const { requests } = server
  if (by.server !== server.id || by.life !== server.life || by.number <= requests.accepted) return
  requests.accepted = by.number
  const asked = requests.asked[by.number - requests.asked[0]!.number]
  if (asked !== undefined) took(server, asked.at)
}

/** The leader has done what this server asked it for at that time. */
const took = <A>({ now, requests }: Server<A>, since: number): void => {
  requests.roundTrip += (now - since - requests.roundTrip) / 8
}

/** Asks again for everything: another leader may not have what the last one had. */
export const reset = <A>({ requests }: Server<A>): void => {
  requests.accepted = (requests.asked[0]?.number ?? requests.count + 1) - 1
  requests.askedAt = -Infinity
}

/** This operation is delivered now. Answers its ticket, if a client has asked for it in this life. */
export const delivered = <A>(server: Server<A>, by: OperationId): Ticket | undefined => {
  const { requests } = server
  if (by.server !== server.id || by.life !== server.life) return undefined
  accepted(server, by)
  return requests.asked.shift()!.ticket // they are delivered in order
}

/**
 * A snapshot has brought the effect of this operation and those before, but not what the log made of them: their
 * clients get no answer.
 */
export const skipped = <A>(server: Server<A>, { life, number }: OperationId): void => {
  const { requests } = server
  if (life !== server.life) return
  while (requests.asked.length > 0 && requests.asked[0]!.number <= number) {
    server.outputs.push({ type: "forget", ticket: requests.asked.shift()!.ticket })
  }
  requests.accepted = Math.max(requests.accepted, number)
}

/** Reads up to this number need the log up to this index. */
export const readable = <A>(server: Server<A>, number: number, index: Index): void => {
  const { requests } = server
  if (number <= requests.readsAnswered) return
  if (number === requests.readsAsked) took(server, requests.readsAskedAt)
  requests.readsAnswered = number
  for (const read of requests.reads) {
    if (read.number > 0 && read.number <= number) read.index = Math.min(read.index, index)
  }
  answerReads(server)
}

export const answerReads = <A>(server: Server<A>): void => {
  const { requests } = server
  if (requests.reads.length === 0 || requests.reads[0]!.index > server.applied) return
  requests.reads = requests.reads.filter(({ index, ticket }) => {
    if (index > server.applied) return true
    server.outputs.push({ type: "answer", ticket })
    return false
  })
}

/** Since when a read or, if this server may ask for any, an operation has waited for the leader to be asked. */
export const waitingSince = <A>({ requests }: Server<A>, isMember: boolean): number => {
  const isRead = requests.reads.at(-1)?.number === 0
  const read = isRead ? requests.reads.find(({ number }) => number === 0)?.since : undefined
  return Math.min(isMember ? requests.waiting[0]?.since ?? Infinity : Infinity, read ?? Infinity)
}

/** When this server asks the leader again, because something that it asked for is not done. */
export const retryAt = <A>(server: Server<A>): number => {
  const { requests, settings } = server
  return isAwaiting(server) ? requests.askedAt + Math.max(settings.retry, 3 * requests.roundTrip) : Infinity
}

/** When this server refuses the next request that it may refuse: nobody leads, and the request has waited for long. */
export const refuseAt = <A>({ requests: { reads, waiting }, settings }: Server<A>, leaderlessSince: number): number => {
  const first = Math.min(waiting[0]?.since ?? Infinity, reads[0]?.since ?? Infinity)
  return Math.max(leaderlessSince, first) + settings.refuseAfter
}

/** Refuses the requests that have waited for as long as `refuseAfter` says, if it still may. */
export const refuseLate = <A>(server: Server<A>): void => {
  const { now, requests, settings } = server
  const isLate = (request: { readonly since: number } | undefined): boolean =>
    request !== undefined && request.since + settings.refuseAfter <= now
  while (isLate(requests.waiting[0])) refuse(server, requests.waiting.shift()!.ticket)
  while (isLate(requests.reads[0])) refuse(server, requests.reads.shift()!.ticket)
  if (requests.reads.every(({ number }) => number === 0)) requests.readsAnswered = requests.readsAsked
}
