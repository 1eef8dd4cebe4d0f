/**
 * What a replica and a peer ask each other. A question is asked again until it is answered.
 */
import * as Vector from "../../../schema/VersionVector.ts"

export interface Question {
  /** This replica wants what it lacks: after the position that it has of the peer's log, or by its version vector. */
  asking: "no" | "position" | "vector"
  /** When it asks (again), and how often it has. */
  askAt: number
  count: number
  /** What the peer has said that it has: a question that was asked before may be answered without it. */
  wanted: Vector.VersionVector | undefined
  /** The peer wants what it lacks, and has said so by the one or the other. */
  asked: "no" | "position" | "vector"
  /** The number of the peer's last question, and of the last one that came before this replica repeated its own. */
  askedNumber: number
  repeatedTo: number
  /** The peer wants to know at once where it stands: the number of its question. */
  pinged: number | undefined
}

export const make = (): Question => ({
  asking: "no",
  askAt: -Infinity,
  count: 0,
  wanted: undefined,
  asked: "no",
  askedNumber: 0,
  repeatedTo: 0,
  pinged: undefined
})

/** The peer speaks from another life, whose questions count from 1 again. */
export const begin = (question: Question): void => {
  Object.assign(question, { wanted: undefined, asked: "no", askedNumber: 0, repeatedTo: 0, pinged: undefined })
}

/** A vector says more than a position. */
export const ask = (question: Question, by: "position" | "vector"): void => {
  if (question.asking === by || question.asking === "vector") return
  question.asking = by
  question.askAt = -Infinity
}

/** The peer has all of this, which is not here. */
export const want = (question: Question, vector: Vector.VersionVector): void => {
  ask(question, "vector")
  question.wanted = vector
}

/** Asks once more if the answer came without what is wanted. */
export const check = (question: Question, vector: Vector.VersionVector): void => {
  if (question.asking !== "no" || question.wanted === undefined) return
  if (!Vector.covers(vector, question.wanted)) ask(question, "vector")
  question.wanted = undefined
}

/** Whether this is a question, and none that has been taken: the peer may repeat it while it is being answered. */
export const isNew = ({ askedNumber }: Question, number: number | undefined): boolean =>
  number !== undefined && number > askedNumber

/** The peer asks. */
export const take = (question: Question, number: number, by: "position" | "vector"): void => {
  question.asked = by
  question.askedNumber = number
}

/**
 * Whether it is time to ask, or to repeat what was asked: once to a peer that asks itself, for that may have started after
 * the question came.
 */
export const isDue = ({ askAt, asked, askedNumber, asking, repeatedTo }: Question, now: number): boolean =>
  asking !== "no" && (askAt <= now || (asked !== "no" && repeatedTo < askedNumber))

/** The answer is on its way: there is no need to ask again before this time. */
export const postpone = (question: Question, until: number): void => {
  if (question.askAt !== -Infinity) question.askAt = Math.max(question.askAt, until)
}

/** The peer has answered. */
export const answered = (question: Question): void => {
  question.asking = "no"
  question.askAt = -Infinity
}
