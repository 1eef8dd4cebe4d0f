/**
 * A snapshot on its way to this replica. The replica fetches it part by part, a few of them ahead, and puts it together
 * beside the state in use. If the sender stops or dies, the replica gives the snapshot up, and nothing has happened.
 */
import type { NodeId } from "../../../schema/Address.ts"
import type { Chunk, Head, Life, Part } from "../../../schema/ReplicaProtocol.ts"
import type { Origin } from "../../../schema/VersionVector.ts"

/** Where a program puts a new state together. */
export interface Building<S> {
  readonly add: (part: S) => void
  readonly install: () => void
}

/** What has come of a snapshot. */
export interface Assembly<A, S> {
  readonly building: Building<S>
  head: Head | undefined
  /** The operations that are not stable yet, in the order of the sender's log. */
  readonly entries: Array<readonly [Origin, A]>
  isWhole: boolean
}

export interface Fetching<A, S> extends Assembly<A, S> {
  readonly peer: NodeId
  readonly life: Life
  readonly number: number
  /** All parts before `taken` are here; all before `asked` were asked for. */
  taken: number
  asked: number
  readonly early: Map<number, Chunk<A, S>>
  progressAt: number
  retries: number
}

export interface SnapshotReceiver<A, S> {
  fetching: Fetching<A, S> | undefined
}

export const make = <A, S>(): SnapshotReceiver<A, S> => ({ fetching: undefined })

export const assemble = <A, S>(building: Building<S>): Assembly<A, S> => ({
  building,
  head: undefined,
  entries: [],
  isWhole: false
})

/**
 * How many parts this replica asks for ahead; after how many vain attempts it takes another snapshot instead, if it is
 * offered one; after how many it gives this one up.
 */
const ahead = 4
const retriesBeforeAnother = 2
const maxRetries = 4

export const mayBegin = <A, S>({ fetching }: SnapshotReceiver<A, S>): boolean =>
  fetching === undefined || fetching.retries >= retriesBeforeAnother

export const begin = <A, S>(
  receiver: SnapshotReceiver<A, S>,
  peer: NodeId,
  life: Life,
  number: number,
  building: Building<S>,
  now: number
): void => {
  const [taken, asked, retries] = [0, 0, 0]
  receiver.fetching = {
    peer,
    life,
    number,
    ...assemble(building),
    taken,
    asked,
    early: new Map(),
    progressAt: now,
    retries
  }
}

/** The parts to ask for now. */
export const wanted = <A, S>(fetching: Fetching<A, S>): ReadonlyArray<number> => {
  const chunks: Array<number> = []
  while (fetching.asked < fetching.taken + ahead) chunks.push(fetching.asked++)
  return chunks
}

/** When this replica asks for parts again, if none comes before. */
export const retryAt = <A, S>({ fetching }: SnapshotReceiver<A, S>, within: number): number =>
  fetching === undefined ? Infinity : fetching.progressAt + within * 2 ** fetching.retries

/** No part has come for long: asks for them again, or gives up. */
export const retry = <A, S>(receiver: SnapshotReceiver<A, S>, now: number): void => {
  const { fetching } = receiver
  if (fetching === undefined) return
  fetching.retries++
  fetching.progressAt = now
  fetching.asked = fetching.taken
  if (fetching.retries > maxRetries) receiver.fetching = undefined
}

/** Adds what a part has; false if the part contradicts itself or earlier ones. */
export const add = <A, S>(
  assembly: Assembly<A, S>,
  { head, last, of = [], ops = [], state = [] }: Part<A, S>
): boolean => {
  if ((head === undefined) !== (assembly.head !== undefined)) return false
  assembly.head ??= head
  let next = 0
  for (const run of of) {
    const origin = typeof run === "number" ? assembly.head?.vector[run]?.[0] : undefined
    if (origin === undefined || next === ops.length) return false
    assembly.entries.push([origin, ops[next++]!])
  }
  if (next !== ops.length) return false
  for (const part of state) assembly.building.add(part)
  assembly.isWhole = last === true
  return !assembly.isWhole || agrees(assembly)
}

/** Whether the operations that have come are those that the head announces. */
const agrees = <A, S>({ entries, head }: Assembly<A, S>): boolean => {
  const left = new Map(head?.vector.map(([origin, count, forgotten]) => [origin, count - forgotten]))
  for (const [origin] of entries) left.set(origin, (left.get(origin) ?? 0) - 1)
  return head !== undefined && [...left.values()].every((count) => count === 0)
    && head.vector.every(([, count, forgotten]) => count >= forgotten)
}

/** Takes a part; parts may come in any order. `refused`: the snapshot contradicts itself, and is given up. */
export const take = <A, S>(
  receiver: SnapshotReceiver<A, S>,
  peer: NodeId,
  chunk: Chunk<A, S>,
  now: number
): "none" | "more" | "whole" | "refused" => {
  const { fetching } = receiver
  if (fetching?.peer !== peer || fetching.life !== chunk.life || fetching.number !== chunk.snapshot) return "none"
  if (chunk.chunk < fetching.taken || chunk.chunk >= fetching.asked) return "none"
  fetching.early.set(chunk.chunk, chunk)
  for (let next = fetching.early.get(fetching.taken); next !== undefined; next = fetching.early.get(fetching.taken)) {
    fetching.early.delete(fetching.taken++)
    fetching.progressAt = now
    fetching.retries = 0
    if (add(fetching, next)) {
      if (fetching.isWhole) return "whole"
    } else {
      receiver.fetching = undefined
      return "refused"
    }
  }
  return "more"
}
