/**
 * What is to be judged, and what comes of it.
 */
import type { Operation } from "./RegisterOperation.ts"

export interface Problem {
  /** In the order in which they began. */
  readonly operations: ReadonlyArray<Operation>
  /** All values are below. */
  readonly valueCount: number
  /** What the register may hold at first: 0 if nothing else is said. */
  readonly initial?: ReadonlyArray<number>
}

export type Judgement =
  | { readonly type: "linearizable" }
  /** When the operation of this index ends, no order is left from which the history could go on. */
  | { readonly type: "broken"; readonly at: number }
  /** There are too many ways to order them. */
  | { readonly type: "undecided" }
