/**
 * How a leaf makes its copy fresh before it reads: it asks its hub, and reads once it has all that the hub had when the
 * question came. (A quorum read where the hub is the quorum; see Herlihy and Wing, "Linearizability", 1990, for why a read
 * must not end with less than any that ended before it began.)
 *
 * **Why it is right.** Reads are numbered in the order in which they begin, and a question bears the number of the last read
 * that had begun when it was sent. So whatever hub takes question n takes it after all reads up to n have begun: an answer
 * to n serves those, and none that began later, which need a question of their own. The answer comes with the position that
 * the hub's log had then, or a later one; it counts once all before that position is here, however messages overtake each
 * other. A question says how many operations its sender has made, and is answered once the hub has them.
 *
 * Cost: a question and an answer for all reads that begin within a window of the leaf. A question is repeated, under the
 * number of the last read by then, until it is answered or nobody waits any more.
 */
import type { NodeId } from "../../../schema/Address.ts"
import type { Life } from "../../../schema/ReplicaProtocol.ts"
import type { Incoming } from "./Incoming.ts"

export interface Freshness {
  /** The reads that wait, in the order of their numbers, and for how long each does. */
  readonly waiting: Array<Waiting>
  /** When the newest read that was served by an answer had begun: the copy is at least as fresh as the hub was then. */
  freshAt: number
  /** The number of the last question, when it was sent, and when it is to be repeated. */
  asked: number
  askedAt: number
  repeatAt: number
  /** Since when the hub owes an answer. */
  awaitingSince: number | undefined
  /** The newest answer, which counts once all is here that it came with. */
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

/** A question that a leaf has asked this node: its number, and how many operations the leaf has made. */
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

/** When the hub is to be asked: at once about reads that began after the last question, but at most once a window. */
export const askAt = ({ asked, askedAt, repeatAt, waiting }: Freshness, window: number): number => {
  const last = waiting.at(-1)
  if (last === undefined) return Infinity
  return last.number > asked ? askedAt + window : repeatAt
}

/** The question that a message to the hub takes along; undefined if none is called for. */
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

/** The hub has not answered in time; it, or the next one, is asked again if anybody still waits. */
export const expire = (freshness: Freshness, now: number): void => {
  freshness.awaitingSince = freshness.waiting.length > 0 ? now : undefined
}

/** Whether the last answer is here, with all that it came with. */
const isHere = (
  { epoch, life, position }: Answer,
  incoming: Pick<Incoming<unknown>, "epoch" | "life" | "position"> | undefined
): boolean => incoming?.life === life && incoming.epoch === epoch && incoming.position >= position

/** The numbers of the reads that wait no more: they are served, or have waited for so long. */
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

/** Whether a repeated question is due: it, or what it was sent with, may be lost. */
export const isRepeated = ({ asked, repeatAt, waiting }: Freshness, now: number): boolean =>
  (waiting.at(-1)?.number ?? Infinity) <= asked && repeatAt <= now
