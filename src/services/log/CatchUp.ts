/**
 * How the copy of a node catches up with the log in lin-kv.
 */
import * as Effect from "effect/Effect"
import type { Segment } from "../../schema/LinKvLogProtocol.ts"
import type { Contention } from "./Contention.ts"
import type { LogCopy } from "./LogCopy.ts"
import type { LogStore } from "./LogStore.ts"

export interface CatchUp<A> {
  /** Executes a segment, and before it the chunks that lie between the copy and the segment. */
  readonly to: (segment: Segment<A>) => Effect.Effect<void>
  /** Reads the root and executes what is new of it: all that was in the log when this began. */
  readonly toRoot: Effect.Effect<void>
}

export const make = <A>(copy: LogCopy<A>, store: LogStore<A>, contention: Contention): CatchUp<A> => {
  const to = (segment: Segment<A>) =>
    Effect.gen(function*() {
      const between = segment.start > copy.length() ? yield* store.chunks(copy.length(), segment.start) : []
      between.forEach(copy.take)
      copy.take(segment)
    })

  const toRoot = Effect.flatMap(store.root, (found = copy.root()) => {
    if (found.start + found.entries.length === copy.length()) contention.sawUnmoved()
    return to(found)
  })

  return { to, toRoot }
}
