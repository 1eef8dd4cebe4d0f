/**
 * What a node has of a shared log: it has executed every entry before {@link LogCopy.length}, in order. Of the entries
 * it keeps only those that the root holds.
 *
 * The root follows from the log alone: it begins at the last boundary between chunks but one. So it holds at least one
 * whole chunk, as soon as there is one, and less than two; and a node that has executed the whole log knows the root
 * without asking.
 */
import type { Entry, Segment } from "../../schema/LinKvLogProtocol.ts"

/** How many entries make a chunk. The root holds less than twice as many, and no append has more. */
export const chunkSize = 32

export interface LogCopy<A> {
  /** How many entries this node has executed. */
  readonly length: () => number
  /** The root of a log of this length. */
  readonly root: () => Segment<A>
  /** The root, once these entries are appended to this log. */
  readonly rootWith: (entries: ReadonlyArray<Entry<A>>) => Segment<A>
  /** The entries from this position on, or only those that the root holds, if it begins later. */
  readonly since: (position: number) => Segment<A>
  /** Executes what is new in a segment of the log, which must not begin after the end of this copy. */
  readonly take: (segment: Segment<A>) => void
  /** Those of these entries that are not in this copy, each once. */
  readonly missing: (entries: ReadonlyArray<Entry<A>>) => ReadonlyArray<Entry<A>>
}

const startOfRoot = (length: number): number => Math.max(0, Math.floor(length / chunkSize) - 1) * chunkSize

export const make = <A>(execute: (entry: Entry<A>) => void): LogCopy<A> => {
  let length = 0
  let root: Segment<A> = { start: 0, entries: [] }
  const lastOf = new Map<string, number>() // the number of the last entry of each writer

  const rootWith = (entries: ReadonlyArray<Entry<A>>): Segment<A> => {
    const start = startOfRoot(length + entries.length)
    return { start, entries: [...root.entries, ...entries].slice(start - root.start) }
  }

  return {
    length: () => length,
    root: () => root,
    rootWith,
    since: (position) => {
      const start = Math.max(root.start, position)
      return { start, entries: root.entries.slice(start - root.start) }
    },
    take: ({ entries, start }) => {
      const news = entries.slice(length - start)
      for (const entry of news) {
        execute(entry)
        const [writer, number] = entry
        lastOf.set(writer, number)
      }
      root = rootWith(news)
      length += news.length
    },
    missing: (entries) => {
      const last = new Map(lastOf)
      return entries.filter(([writer, number]) => {
        if (number <= (last.get(writer) ?? 0)) return false
        last.set(writer, number)
        return true
      })
    }
  }
}
