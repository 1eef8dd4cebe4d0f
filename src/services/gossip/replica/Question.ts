/**
 * What a replica and a peer ask each other. Each asks again until it has an answer.
 */
import * as Vector from "../../../schema/VersionVector.ts"

export interface Question {
  /**
   * What this replica asks the peer for: what comes after the position that it has of the peer's log, or all that its
   * version vector lacks.
   */
  asking: "no" | "position" | "vector"
  /** When this replica asks next, and how often it has asked. */
  askAt: number
  count: number
  /**
   * What the peer has said that it has, and this replica lacks. The answer to an earlier question may come without it.
   */
  wanted: Vector.VersionVector | undefined
  /** What the peer has asked for, likewise. */
  asked: "no" | "position" | "vector"
  /** The number of the peer's last question, and of the last one that came before this replica repeated its own. */
  askedNumber: number
  repeatedTo: number
  /** The number of the peer's question where this replica stands, which has to be answered at once. */
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

/** The peer speaks from another life, which counts its questions from 1 again. */
export const begin = (question: Question): void => {
  Object.assign(question, { wanted: undefined, asked: "no", askedNumber: 0, repeatedTo: 0, pinged: undefined })
}

/**
 * Has this replica ask by a position or a vector. A question by vector replaces one by position, since it says more.
 */
export const ask = (question: Question, by: "position" | "vector"): void => {
  if (question.asking === by || question.asking === "vector") return
  question.asking = by
  question.askAt = -Infinity
}

/** The peer has all of this, and this replica does not: it asks for it. */
export const want = (question: Question, vector: Vector.VersionVector): void => {
  ask(question, "vector")
  question.wanted = vector
}

/** Asks once more if the answer has come without what the peer has said that it has. */
export const check = (question: Question, vector: Vector.VersionVector): void => {
  if (question.asking !== "no" || question.wanted === undefined) return
  if (!Vector.covers(vector, question.wanted)) ask(question, "vector")
  question.wanted = undefined
}

/** Whether this is a new question. A peer repeats a question while this replica is about to answer it. */
export const isNew = ({ askedNumber }: Question, number: number | undefined): boolean =>
  number !== undefined && number > askedNumber

/** The peer asks. */
export const take = (question: Question, number: number, by: "position" | "vector"): void => {
  question.asked = by
  question.askedNumber = number
}

/**
 * Whether it is time to ask, or to ask again. A replica repeats its question once to a peer that asks as well: that
 * peer may have started after the question came.
 */
export const isDue = ({ askAt, asked, askedNumber, asking, repeatedTo }: Question, now: number): boolean =>
  asking !== "no" && (askAt <= now || (asked !== "no" && repeatedTo < askedNumber))

/** The answer is on its way: the replica does not ask again before this time. */
export const postpone = (question: Question, until: number): void => {
  if (question.askAt !== -Infinity) question.askAt = Math.max(question.askAt, until)
}

/** The peer has answered. */
export const answered = (question: Question): void => {
  question.asking = "no"
  question.askAt = -Infinity
}
