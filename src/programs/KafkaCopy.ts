/**
 * What a node makes of the operations of Kafka: what it shows, what it does not show yet, and which offsets it takes
 * next; as the state of a program over Gossip.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Json } from "../schema/Json.ts"
import { Offset, Offsets } from "../schema/KafkaProtocol.ts"
import { Origin, type VersionVector } from "../schema/VersionVector.ts"
import type { Entry, State } from "../services/gossip/Gossip.ts"
import * as Parts from "../services/gossip/Parts.ts"
import * as KafkaIndex from "./KafkaIndex.ts"
import * as KafkaOffsets from "./KafkaOffsets.ts"
import * as KafkaUnstable from "./KafkaUnstable.ts"

const Message = Schema.Struct({ key: Schema.String, offset: Offset, msg: Json })
const Floor = Schema.Struct({ floor: Offset })
export const Operation = Schema.Union([Message, Schema.Struct({ committed: Offsets }), Floor])
export type Operation = typeof Operation.Type

const isMessage = (entry: Entry<Operation>): entry is Entry<typeof Message.Type> => "offset" in entry.operation

/**
 * A part of a snapshot, of one of three kinds: messages of one key that polls show; messages that polls do not show
 * yet, each with its origin and number; and the committed offsets with the highest offset.
 */
const Part = Schema.Union([
  Schema.Struct({ key: Schema.String, shown: Schema.Array(Schema.Tuple([Offset, Json])) }),
  Schema.Struct({ unstable: Schema.Array(Schema.Tuple([Origin, Schema.Int, Message])) }),
  Schema.Struct({ committed: Offsets, highest: Schema.Int, highestStable: Schema.Int })
])
type Part = typeof Part.Type

export interface KafkaCopy extends State<Part> {
  readonly index: () => Pick<KafkaIndex.KafkaIndex, "poll" | "advances" | "committed">
  readonly offsets: () => Pick<KafkaOffsets.KafkaOffsets, "next" | "raiseFloor">
  readonly delivered: (entry: Entry<Operation>) => void
  readonly stable: (frontier: VersionVector, entries: ReadonlyArray<Entry<Operation>>) => void
}

/** The parts of a snapshot, from the logs of the keys, the messages that are not stable, and the last part. */
function* snapshot(
  logs: ReadonlyArray<readonly [key: string, log: ReadonlyArray<KafkaIndex.Message>, length: number]>,
  unstable: ReadonlyArray<Entry<KafkaUnstable.Message>>,
  rest: Part
): Generator<Part, void> {
  for (const [key, log, length] of logs) {
    for (const part of Parts.first(log, length)) {
      yield {
        key,
        shown: part.map(({ msg, offset }) => [offset, msg] as const)
      }
    }
  }
  for (const part of Parts.first(unstable, unstable.length)) {
    yield { unstable: part.map(({ operation, origin, sequence }) => [origin, sequence, operation] as const) }
  }
  yield rest
}

/** Makes the copy of the node at this place among so many nodes. */
export const make = (
  place: number,
  nodeCount: number
): Effect.Effect<KafkaCopy, Effect.Error<typeof KafkaIndex.make>> =>
  Effect.gen(function*() {
    const newIndex = yield* KafkaIndex.factory
    let index = newIndex()
    let offsets = KafkaOffsets.make(place, nodeCount)
    let unstable = KafkaUnstable.make()

    const restore = () => {
      const others = { index: newIndex(), offsets: KafkaOffsets.make(place, nodeCount), unstable: KafkaUnstable.make() }
      return {
        add: (part: Part): void => add(others, part),
        install: () => {
          ;({ index, offsets, unstable } = others)
        }
      }
    }

    return {
      index: () => index,
      offsets: () => offsets,
      delivered: (entry) => {
        if (isMessage(entry)) {
          offsets.delivered(entry.operation.key, entry.operation.offset)
          unstable.add(entry)
        } else if ("floor" in entry.operation) offsets.floorDelivered(entry.operation.floor)
        else if ("committed" in entry.operation) index.commit(entry.operation.committed)
      },
      stable: (frontier, entries) => {
        const isStable = ({ origin, sequence }: Entry<unknown>): boolean => sequence <= (frontier.get(origin) ?? 0)
        const keys = new Set<string>()
        for (const entry of entries) {
          if (isMessage(entry)) keys.add(entry.operation.key)
          else if ("floor" in entry.operation) offsets.stable(entry.operation.floor)
        }
        for (const key of keys) {
          for (const message of unstable.take(key, isStable)) {
            index.add(key, { offset: message.offset, msg: message.msg })
            offsets.stable(message.offset)
          }
        }
      },
      part: Part,
      snapshot: () => {
        const { committed, logs } = index.snapshot()
        return snapshot(logs.map(([key, log]) => [key, log, log.length] as const), unstable.all(), {
          committed,
          ...offsets.highest()
        })
      },
      restore
    }
  })

/** The three things that a copy consists of. */
interface Kept {
  readonly index: KafkaIndex.KafkaIndex
  readonly offsets: KafkaOffsets.KafkaOffsets
  readonly unstable: KafkaUnstable.KafkaUnstable
}

const add = ({ index, offsets, unstable }: Kept, part: Part): void => {
  if ("shown" in part) {
    for (const [offset, msg] of part.shown) {
      index.add(part.key, { offset, msg })
      offsets.delivered(part.key, offset)
    }
  } else if ("unstable" in part) {
    for (const [origin, sequence, operation] of part.unstable) {
      unstable.add({ origin, sequence, operation })
      offsets.delivered(operation.key, operation.offset)
    }
  } else {
    index.commit(part.committed)
    offsets.restore(part)
  }
}
