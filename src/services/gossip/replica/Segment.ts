/**
 * A run of operations out of a log, as it travels: the origin of each, and the content of those that the receiver
 * lacks. The cost of a segment is its own size, not that of the log.
 */
import type { Gossip, Run } from "../../../schema/ReplicaProtocol.ts"
import type { Origin } from "../../../schema/VersionVector.ts"
import type { Kept, Log } from "./Log.ts"

/** Out of a log: operations of any origins, from this position on. */
export interface OfLog<A> {
  readonly kind: "log"
  readonly epoch: number
  readonly at: number
  readonly end: number
  readonly base: ReadonlyArray<readonly [Origin, number]> | undefined
  /** The origins whose first operation is in this segment, in the order of their numbers. */
  readonly names: ReadonlyArray<Origin>
  readonly of: ReadonlyArray<Run>
  readonly ops: ReadonlyArray<A>
}

/** Operations that the sender made itself, from this number on. */
export interface OfOwn<A> {
  readonly kind: "own"
  readonly first: number
  readonly ops: ReadonlyArray<A>
}

export type Segment<A> = OfLog<A> | OfOwn<A>

export interface Limits {
  readonly operations: number
  readonly bytes: number
}

/** The item, and how often it occurs in a row. */
const expand = (run: Run): readonly [item: number, count: number] => typeof run === "number" ? [run, 1] : run

const extend = (runs: Array<Run>, item: number): void => {
  const last = runs.at(-1)
  if (last === item && runs.at(-2) === item) runs.splice(-2, 2, [item, 3])
  else if (typeof last === "object" && last[0] === item) runs[runs.length - 1] = [item, last[1] + 1]
  else runs.push(item)
}

export interface Cut<A> {
  readonly of: ReadonlyArray<Run>
  readonly ops: ReadonlyArray<A>
  readonly names: ReadonlyArray<Origin>
  /** The position after the last one. */
  readonly end: number
  /** How many bytes the operations take whose content is in the segment. */
  readonly bytes: number
}

/**
 * Cuts a segment out of the log from this position on, as long as the limits allow. It leaves out the content of elided
 * operations.
 */
export const cut = <A>(log: Log<A>, from: number, isElided: (entry: Kept<A>) => boolean, limits: Limits): Cut<A> => {
  const of: Array<Run> = []
  const ops: Array<A> = []
  const names: Array<Origin> = []
  let bytes = 0
  let position = from
  for (; position < log.end(); position++) {
    const entry = log.at(position)!
    const { number } = entry.source
    const isLeftOut = isElided(entry)
    if (!isLeftOut && (ops.length >= limits.operations || bytes >= limits.bytes)) break
    if (entry.source.firstAt === position) names.push(entry.origin)
    if (isLeftOut) {
      extend(of, -1 - number)
    } else {
      extend(of, number)
      ops.push(entry.operation)
      bytes += log.sizeOf(entry)
    }
  }
  return { of, ops, names, end: position, bytes }
}

/** Takes operations of one origin from this number on, as many as the limits allow. */
export const cutOwn = <A>(log: Log<A>, origin: Origin, first: number, limits: Limits) => {
  const ops: Array<A> = []
  let bytes = 0
  for (let sequence = first; ops.length < limits.operations && bytes < limits.bytes; sequence++) {
    const entry = log.find(origin, sequence)
    if (entry === undefined) break
    ops.push(entry.operation)
    bytes += log.sizeOf(entry)
  }
  return { ops, bytes }
}

/** The segment in a message: undefined if it has none, `"broken"` if it contradicts itself. */
export const decode = <A>({ at, base, epoch = 0, names = [], of = [], ops = [], own }: Gossip<A>) => {
  if (own !== undefined) {
    return at === undefined && of.length === 0 ? { kind: "own", first: own, ops } satisfies OfOwn<A> : "broken"
  }
  if (at === undefined) return of.length + ops.length === 0 ? undefined : "broken"
  let [end, spelled] = [at, 0]
  for (const run of of) {
    const [item, count] = expand(run)
    end += count
    if (item >= 0) spelled += count
  }
  if (spelled !== ops.length || !Number.isSafeInteger(end)) return "broken"
  return { kind: "log", epoch, at, end, base, names, of, ops } satisfies OfLog<A>
}

/**
 * Calls back for each run: the number of its origin, how many operations it has, and their contents unless they are
 * left out.
 */
export const forEachRun = <A>(
  { of, ops }: Pick<OfLog<A>, "of" | "ops">,
  each: (number: number, count: number, contents: ReadonlyArray<A> | undefined) => boolean
): void => {
  let next = 0
  for (const run of of) {
    const [item, count] = expand(run)
    const contents = item < 0 ? undefined : count === 1 ? [ops[next]!] : ops.slice(next, next + count)
    if (item >= 0) next += count
    if (!each(item < 0 ? -1 - item : item, count, contents)) return
  }
}
