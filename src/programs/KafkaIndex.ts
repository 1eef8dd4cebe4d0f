/**
 * What a node answers polls from: for each key its messages, in order of offset, and the highest offset committed. To
 * add a message takes O(1), to find an offset among n takes O(log n), and an answer has a bounded number of messages.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Json } from "../schema/Json.ts"
import { Offset, Offsets } from "../schema/KafkaProtocol.ts"

export interface Message {
  readonly offset: Offset
  readonly msg: Json
}

/** All that an index holds: of each key its messages, and what is committed. */
export const State = Schema.Struct({
  logs: Schema.Array(Schema.Tuple([Schema.String, Schema.Array(Schema.Struct({ offset: Offset, msg: Json }))])),
  committed: Offsets
})

export interface KafkaIndex {
  /** Adds a message, whose offset must be above those of all others of the key. */
  readonly add: (key: string, message: Message) => void
  /** How many messages of a key there are: the next offset, where offsets have no gaps. */
  readonly count: (key: string) => number
  /** The next messages of each key, from these offsets on; a key that has none is left out. */
  readonly poll: (offsets: Offsets) => { readonly [key: string]: ReadonlyArray<readonly [Offset, Json]> }
  /** Commits those of these offsets that are above what is committed of their keys. */
  readonly commit: (offsets: Offsets) => void
  /** Those of these offsets that are above what is committed of their keys; undefined when there is none. */
  readonly advances: (offsets: Offsets) => Offsets | undefined
  /** The highest offsets committed of these keys; a key of which nothing is committed is left out. */
  readonly committed: (keys: ReadonlyArray<string>) => Offsets
  /** All that this index holds, as long as it does not change. */
  readonly snapshot: () => typeof State.Type
  /** Replaces all that this index holds. */
  readonly restore: (state: typeof State.Type) => void
}

/**
 * How many messages an answer to a poll has at the most, in equal shares for each key that is asked for, and one of
 * each at least. Environment variable `KAFKA_POLL_LIMIT`.
 */
const pollLimit = Config.Int("KAFKA_POLL_LIMIT").pipe(Config.withDefault(500))

/** The index of the first message whose offset is not below this one. */
const search = (log: ReadonlyArray<Message>, offset: Offset): number => {
  let [low, high] = [0, log.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (log[middle]!.offset < offset) low = middle + 1
    else high = middle
  }
  return low
}

const empty = (limit: number): KafkaIndex => {
  const logs = new Map<string, Array<Message>>()
  const commits = new Map<string, Offset>()
  const isAdvance = ([key, offset]: readonly [string, Offset]): boolean => offset > (commits.get(key) ?? -1)

  return {
    add: (key, message) => {
      const log = logs.get(key)
      if (log === undefined) logs.set(key, [message])
      else log.push(message)
    },
    count: (key) => logs.get(key)?.length ?? 0,
    poll: (offsets) => {
      const asked = Object.entries(offsets)
      const share = Math.max(1, Math.ceil(limit / asked.length))
      const found: Array<readonly [string, ReadonlyArray<readonly [Offset, Json]>]> = []
      for (const [key, from] of asked) {
        const log = logs.get(key) ?? []
        const start = search(log, from)
        const batch = log.slice(start, start + share)
        if (batch.length > 0) found.push([key, batch.map(({ msg, offset }) => [offset, msg] as const)])
      }
      return Object.fromEntries(found)
    },
    commit: (offsets) => {
      for (const [key, offset] of Object.entries(offsets).filter(isAdvance)) commits.set(key, offset)
    },
    advances: (offsets) => {
      const advances = Object.entries(offsets).filter(isAdvance)
      return advances.length === 0 ? undefined : Object.fromEntries(advances)
    },
    committed: (keys) =>
      Object.fromEntries(keys.flatMap((key) => {
        const offset = commits.get(key)
        return offset === undefined ? [] : [[key, offset] as const]
      })),
    snapshot: () => ({ logs: [...logs], committed: Object.fromEntries(commits) }),
    restore: (state) => {
      logs.clear()
      commits.clear()
      for (const [key, log] of state.logs) logs.set(key, [...log])
      for (const [key, offset] of Object.entries(state.committed)) commits.set(key, offset)
    }
  }
}

/** Makes empty indices. */
export const factory = Effect.map(pollLimit, (limit) => () => empty(limit))

export const make = Effect.map(factory, (make) => make())
