/**
 * A shared log as lin-kv stores it.
 *
 * The key `log` holds the root: the position of its first entry, and the last entries of the log. Keys `log/0`, `log/1`
 * … hold the entries before those, {@link chunkSize} in each chunk. An append replaces the root by one compare-and-set,
 * so it costs the same however long the log is.
 *
 * A node writes a chunk before it moves the root past the chunk's entries. A chunk holds only entries that were in the
 * log before, and those never change. So it does not matter which node writes it, how often, or how late.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { Json } from "../../schema/Json.ts"
import * as Protocol from "../../schema/LinKvLogProtocol.ts"
import type * as ProtocolError from "../../schema/ProtocolError.ts"
import * as Key from "../kv/Key.ts"
import type { Kv } from "../kv/Kv.ts"
import { chunkSize } from "./LogCopy.ts"

export interface LogStore<A> {
  /** The root; undefined while nothing has been appended. Asks again until lin-kv answers. */
  readonly root: Effect.Effect<Protocol.Segment<A> | undefined>
  /** The chunks between these positions, in order. Asks again until lin-kv answers. */
  readonly chunks: (from: number, to: number) => Effect.Effect<ReadonlyArray<Protocol.Segment<A>>>
  /**
   * Replaces the root `before` by `after`, which is that of a longer log. After an error that is not definite, the
   * outcome is unknown.
   */
  readonly move: (
    before: Protocol.Segment<A>,
    after: Protocol.Segment<A>
  ) => Effect.Effect<void, ProtocolError.ProtocolError>
}

/** How long a node waits before it asks again, when lin-kv, or the way to it, is in trouble. */
export const respite = "100 millis"

const insistently = <A>(effect: Effect.Effect<A, ProtocolError.ProtocolError>): Effect.Effect<A> =>
  effect.pipe(Effect.retry(Schedule.spaced(respite)), Effect.orDie) // it asks for ever, so it has no error to die of

export const make = <A>(kv: Kv, operation: Schema.Codec<A, Json>): LogStore<A> => {
  const rootKey = Key.make("log", Protocol.Segment(operation))
  const Chunk = Schema.Array(Protocol.Entry(operation))
  const chunkKey = (index: number) => Key.make(`log/${index}`, Chunk)
  let saved = 0 // this node has written chunks up to this one, or need not write them

  const chunk = (index: number): Effect.Effect<Protocol.Segment<A>> =>
    Effect.map(insistently(kv.read(chunkKey(index))), (entries) => ({ start: index * chunkSize, entries }))

  /** Writes the first chunk of a root, if it is whole. */
  const saveChunk = ({ entries, start }: Protocol.Segment<A>) =>
    Effect.suspend(() => {
      const index = start / chunkSize
      if (index < saved || entries.length < chunkSize) return Effect.void
      return Effect.map(kv.write(chunkKey(index), entries.slice(0, chunkSize)), () => {
        saved = Math.max(saved, index + 1)
      })
    })

  return {
    root: kv.read(rootKey).pipe(Effect.catchTag("KeyDoesNotExist", () => Effect.undefined), insistently),
    chunks: (from, to) => {
      const indices: Array<number> = []
      for (let index = Math.floor(from / chunkSize); index < to / chunkSize; index++) indices.push(index)
      return Effect.forEach(indices, chunk, { concurrency: 32 })
    },
    move: (before, after) => {
      const save = saveChunk(before)
      const isFirst = before.entries.length === 0
      const move = isFirst ? kv.create(rootKey, after) : kv.cas(rootKey, before, after)
      return after.start > before.start
        ? Effect.andThen(save, move) // the next root leaves out what the chunk holds
        : Effect.andThen(Effect.all([Effect.ignore(save), move], { concurrency: "unbounded" }), Effect.void)
    }
  }
}
