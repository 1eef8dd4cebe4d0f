/** The operations on a register that are to be judged, and the judgement. */
import type { Operation } from "./RegisterOperation.ts"

export interface Problem {
  /** Operations, in the order in which they began. */
  readonly operations: ReadonlyArray<Operation>
  /** Every value is below this number. */
  readonly valueCount: number
  /** What the register may hold at first: 0 if nothing else is said. */
  readonly initial?: ReadonlyArray<number>
}

export type Judgement =
  | { readonly type: "linearizable" }
  /** When the operation of this index ends, no order is left from which the history could go on. */
  | { readonly type: "broken"; readonly at: number }
  /** Nobody knows: there are too many ways to order the operations. */
  | { readonly type: "undecided" }
