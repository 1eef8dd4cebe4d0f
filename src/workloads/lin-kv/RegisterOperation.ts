/**
 * What clients did with one register, in a form that is quick to judge: values are whole numbers from 0, equal if and
 * only if the values are. A mutator may change the register, an observer does not.
 */

export type Action =
  /** A read: it finds this value. */
  | { readonly type: "read"; readonly value: number }
  /** It finds another value than this one. */
  | { readonly type: "differ"; readonly value: number }
  | { readonly type: "write"; readonly value: number }
  /** It finds the first value, and leaves the second. */
  | { readonly type: "cas"; readonly from: number; readonly to: number }

export interface Operation {
  readonly action: Action
  /** When it was invoked and when it ended: whole numbers, no two of them equal. `Infinity`, if it may never end. */
  readonly begin: number
  readonly end: number
  /**
   * Whether the operation happened for certain. If not, it may have happened at some moment between its beginning and
   * its end, or never.
   */
  readonly certain: boolean
}

/** Whether the operation can happen while the register has this value. */
export const isPossible = (action: Action, value: number): boolean => {
  switch (action.type) {
    case "read":
      return value === action.value
    case "differ":
      return value !== action.value
    case "write":
      return true
    case "cas":
      return value === action.from
  }
}

/** The value that the operation leaves in the register; `undefined` if it is an observer. */
export const target = (action: Action): number | undefined =>
  action.type === "write" ? action.value : action.type === "cas" ? action.to : undefined

/** The value that the operation needs to find; `undefined` if it needs no certain one. */
export const needed = (action: Action): number | undefined =>
  action.type === "read" ? action.value : action.type === "cas" ? action.from : undefined

/** Mutators have the same if and only if they do the same; that of a write is its value. Observers have none. */
export const effectOf = (action: Action, valueCount: number): number => {
  if (action.type === "cas") return (action.from + 1) * valueCount + action.to
  return action.type === "write" ? action.value : -1
}

/** The operation in its simplest form; `undefined` if it can change nothing and says nothing. */
export const essence = ({ action, certain }: Operation): Action | undefined => {
  const isVain = action.type === "cas" && action.from === action.to
  const simple: Action = isVain ? { type: "read", value: action.from } : action
  return certain || target(simple) !== undefined ? simple : undefined
}
