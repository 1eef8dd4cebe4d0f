/**
 * A history of logs, as KafkaWorkload writes it.
 *
 * | f | invoke | ok |
 * |---|---|---|
 * | `send` | `{key, msg}` | `{key, msg, offset}` |
 * | `poll`, `final-poll` | from which offset on, by key | `[[offset, msg], …]` by key |
 * | `assign`, `final-assign` | the keys | what of them is committed, by key |
 * | `crash` | | `info`, with neither |
 */
import type { Json } from "../../schema/Json.ts"
import type { Event, History } from "../history/History.ts"

export type Offsets = Readonly<Record<string, number>>
export type Polled = Readonly<Record<string, ReadonlyArray<readonly [offset: number, msg: Json]>>>
export interface Sent {
  readonly key: string
  readonly msg: Json
  readonly offset: number
}

// A history holds any JSON, and these are the only ones to write such operations.
export const sent = ({ value }: Event) => value as unknown as Sent
export const asked = ({ value }: Event) => value as unknown as Offsets
export const polled = ({ value }: Event) => value as unknown as Polled
export const keysOf = ({ value }: Event) => value as unknown as ReadonlyArray<string>

export const isSend = ({ f }: Event): boolean => f === "send"
export const isPoll = ({ f }: Event): boolean => f === "poll" || f === "final-poll"
export const isAssign = ({ f }: Event): boolean => f === "assign" || f === "final-assign"

/** Where a poll leaves off with a key. */
export const end = (offset: number, pairs: Polled[string] = []): number =>
  pairs.reduce((next, [at]) => Math.max(next, at + 1), offset)

/** The highest offset of each key that anybody has been told of. */
export const ends = (history: History): ReadonlyMap<string, number> => {
  const highest = new Map<string, number>()
  const raise = (key: string, offset: number): void => void highest.set(key, Math.max(offset, highest.get(key) ?? 0))
  for (const event of history) {
    if (event.type !== "ok") continue
    if (isSend(event)) raise(sent(event).key, sent(event).offset)
    else if (isPoll(event)) {
      for (const [key, pairs] of Object.entries(polled(event))) if (pairs.length > 0) raise(key, end(0, pairs) - 1)
    }
  }
  return highest
}
