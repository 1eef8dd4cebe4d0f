import type { History } from "./History.ts"
import * as Verdict from "./Verdict.ts"

/** What the workload writes into the history of an operation that was ok. */
export interface Sent {
  readonly key: string
  readonly msg: number
  readonly offset: number
}
export type Polled = Readonly<Record<string, ReadonlyArray<readonly [offset: number, msg: number]>>>

/** The highest offset of each key that anybody has been told of. */
export const ends = (history: History): ReadonlyMap<string, number> => {
  const highest = new Map<string, number>()
  const raise = (key: string, offset: number): void => void highest.set(key, Math.max(highest.get(key) ?? 0, offset))
  for (const { f, type, value } of history) {
    if (type !== "ok") continue
    if (f === "send") {
      const { key, offset } = value as unknown as Sent
      raise(key, offset)
    } else if (f === "poll") {
      for (const [key, pairs] of Object.entries(value as unknown as Polled)) {
        for (const [offset] of pairs) raise(key, offset)
      }
    }
  }
  return highest
}

export const check = (_history: History): Verdict.Verdict => Verdict.make([])
