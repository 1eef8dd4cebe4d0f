/**
 * How a leaf makes its copy fresh before it reads: it asks its hub, and reads once it has all that the hub had when the
 * question came. (A quorum read where the hub is the quorum. Herlihy and Wing, "Linearizability", 1990, say why a read
 * must not show less than any read that ended before it began.)
 *
 * **Why it is right.** A leaf numbers its reads in the order in which they begin, and a question bears the number of
 * the last read that had begun when the leaf sent it. Whichever hub gets question n, it gets it after all reads up to n
 * have begun: so an answer to n serves those reads, and no later ones, for which the leaf asks another question. The
 * answer comes with the position that the hub's log had then, or a later one. It counts once the leaf has all before
 * that position, so messages may overtake each other. A question says how many operations the leaf has made, and the
 * hub answers once it has them.
 *
 * Cost: one question and one answer for all reads that begin within a window of the leaf. The leaf repeats a question,
 * under the number of the last read by then, until it has an answer or no read waits any more.
 */
import type { NodeId } from "../../../schema/Address.ts"
import type { Life } from "../../../schema/ReplicaProtocol.ts"
import type { Incoming } from "./Incoming.ts"

export interface Freshness {
  /** The reads that wait, in the order of their numbers, and when each began. */
  readonly waiting: Array<Waiting>
  /** When the newest read began that an answer has served: the copy is at least as fresh as the hub was then. */
  freshAt: number
  /** The number of the last question, when the leaf sent it, and when the leaf repeats it. */
  asked: number
  askedAt: number
  repeatAt: number
  /** Since when the leaf waits for the hub to answer. */
  awaitingSince: number | undefined
  /** The newest answer. It counts once the leaf has all before its position. */
  answer: Answer | undefined
}

interface Waiting {
  readonly number: number
  readonly begun: number
}

export interface Answer {
  readonly from: NodeId
  readonly life: Life
  readonly number: number
  readonly epoch: number
  readonly position: number
}

/** A question that a leaf has asked this node: its number, and how many operations the leaf had made. */
export interface Asked {
  readonly number: number
  readonly made: number
}

export const make = (): Freshness => ({
  waiting: [],
  freshAt: -Infinity,
  asked: 0,
  askedAt: -Infinity,
  repeatAt: Infinity,
  awaitingSince: undefined,
  answer: undefined
})

/** A read begins. */
export const wait = ({ waiting }: Freshness, number: number, begun: number): void =>
  void waiting.push({ number, begun })

/** When the leaf asks the hub: at once about reads that began after the last question, but at most once a window. */
export const askAt = ({ asked, askedAt, repeatAt, waiting }: Freshness, window: number): number => {
  const last = waiting.at(-1)
  if (last === undefined) return Infinity
  return last.number > asked ? askedAt + window : repeatAt
}

/** The question that goes with a message to the hub; undefined if there is nothing to ask now. */
export const question = (freshness: Freshness, now: number, repeatAfter: number): number | undefined => {
  const last = freshness.waiting.at(-1)
  if (last === undefined || (last.number <= freshness.asked && now < freshness.repeatAt)) return undefined
  freshness.asked = last.number
  freshness.askedAt = now
  freshness.repeatAt = now + repeatAfter
  freshness.awaitingSince ??= now
  return last.number
}

export const answered = (freshness: Freshness, answer: Answer): void => {
  freshness.awaitingSince = undefined
  if (answer.number >= (freshness.answer?.number ?? 0)) freshness.answer = answer
}

/** The hub has not answered in time. The leaf asks it, or the next hub, again if any read still waits. */
export const expire = (freshness: Freshness, now: number): void => {
  freshness.awaitingSince = freshness.waiting.length > 0 ? now : undefined
}

/** Whether the leaf has all that the hub had when it gave this answer. */
const isHere = (
  { epoch, life, position }: Answer,
  incoming: Pick<Incoming<unknown>, "epoch" | "life" | "position"> | undefined
): boolean => incoming?.life === life && incoming.epoch === epoch && incoming.position >= position

/** The numbers of the reads that wait no longer: an answer serves them, or they have waited for as long as they may. */
export const settle = (
  freshness: Freshness,
  incomingOf: (peer: NodeId) => Incoming<unknown> | undefined,
  now: number,
  timeout: number
): ReadonlyArray<number> => {
  const { answer, waiting } = freshness
  if (waiting.length === 0) return []
  const served = answer !== undefined && isHere(answer, incomingOf(answer.from)) ? answer.number : 0
  const rest = waiting.findIndex(({ begun, number }) => number > served && begun + timeout > now)
  const over = waiting.splice(0, rest === -1 ? waiting.length : rest)
  for (const { begun, number } of over) if (number <= served) freshness.freshAt = begun
  return over.map(({ number }) => number)
}

export const wakeAt = ({ waiting }: Freshness, timeout: number): number => (waiting[0]?.begun ?? Infinity) + timeout

/** Whether the leaf is to repeat a question: the question, or what went with it, may be lost. */
export const isRepeated = ({ asked, repeatAt, waiting }: Freshness, now: number): boolean =>
  (waiting.at(-1)?.number ?? Infinity) <= asked && repeatAt <= now
