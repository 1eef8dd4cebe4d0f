/**
 * What clients ask of this node: which operations they want appended, and what they want to read.
 *
 * **Exactly once.** A life of a server numbers its operations from 1, and a leader appends only the next one (see
 * Leading). So an operation may be handed over any number of times, to any leader; that it is in the log is known when it
 * comes back with the entries. Until then every message to the leader repeats it, so none waits for one that was lost.
 *
 * **Definite answers.** What no leader has been asked to append can be refused: it will never happen. What one has been
 * asked, nobody can take back; so a client is told that it has happened, or nothing. So nothing is handed to a leader that
 * seems to be cut off. A read changes nothing, so it can always be refused.
 *
 * **Reads** ask only how far the log must be here; one question serves all that came before it.
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

/** How many requests may wait at the most: more are refused. */
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

/** Everything that waits is to be asked for now: numbers it, so that it can be. */
export const ask = <A>(server: Server<A>): void => {
  const { requests } = server
  askReads(server)
  for (const { operation, ticket } of requests.waiting) {
    requests.asked.push({ ticket, operation, number: ++requests.count, at: server.now })
  }
  requests.waiting = []
}

/** One question for all reads that no question was about. */
export const askReads = <A>({ now, requests }: Server<A>): void => {
  if (requests.reads.at(-1)?.number !== 0) return
  requests.readsAsked++
  requests.readsAskedAt = now
  for (const read of requests.reads) if (read.number === 0) read.number = requests.readsAsked
}

/** Whether a leader has been asked something, and has not done it. */
export const isAwaiting = <A>({ requests }: Server<A>): boolean =>
  requests.count > requests.accepted || requests.readsAsked > requests.readsAnswered

/** What the leader has not been seen to append. */
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

/** It has taken since then until now for a leader to do what it was asked. */
const took = <A>({ now, requests }: Server<A>, since: number): void => {
  requests.roundTrip += (now - since - requests.roundTrip) / 8
}

/** Another leader may not have what the one before had. */
export const reset = <A>({ requests }: Server<A>): void => {
  requests.accepted = (requests.asked[0]?.number ?? requests.count + 1) - 1
  requests.askedAt = -Infinity
}

/** This operation is delivered now; the answer is the ticket, if it was asked for in this life. */
export const delivered = <A>(server: Server<A>, by: OperationId): Ticket | undefined => {
  const { requests } = server
  if (by.server !== server.id || by.life !== server.life) return undefined
  accepted(server, by)
  return requests.asked.shift()!.ticket // they are delivered in order
}

/** These operations were delivered elsewhere, and only the state that came of them is known here. */
export const skipped = <A>(server: Server<A>, { life, number }: OperationId): void => {
  const { requests } = server
  if (life !== server.life) return
  while (requests.asked.length > 0 && requests.asked[0]!.number <= number) {
    server.outputs.push({ type: "forget", ticket: requests.asked.shift()!.ticket })
  }
  requests.accepted = Math.max(requests.accepted, number)
}

/** What was asked to be read up to this number needs the log up to this index. */
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

/** Since when a read has been waiting for somebody to ask, or an operation, if any may be asked for. */
export const waitingSince = <A>({ requests }: Server<A>, isMember: boolean): number => {
  const isRead = requests.reads.at(-1)?.number === 0
  const read = isRead ? requests.reads.find(({ number }) => number === 0)?.since : undefined
  return Math.min(isMember ? requests.waiting[0]?.since ?? Infinity : Infinity, read ?? Infinity)
}

/** When the leader is asked again for what it should have done by now. */
export const retryAt = <A>(server: Server<A>): number => {
  const { requests, settings } = server
  return isAwaiting(server) ? requests.askedAt + Math.max(settings.retry, 3 * requests.roundTrip) : Infinity
}

/** When what may be refused is refused: nobody has led since then. */
export const refuseAt = <A>({ requests, settings }: Server<A>, leaderlessSince: number): number =>
  requests.waiting.length === 0 && requests.reads.length === 0 ? Infinity : leaderlessSince + settings.refuseAfter

export const refuseAll = <A>(server: Server<A>): void => {
  const { requests } = server
  for (const { ticket } of [...requests.waiting, ...requests.reads]) refuse(server, ticket)
  requests.waiting = []
  requests.reads = []
  requests.readsAnswered = requests.readsAsked
}
