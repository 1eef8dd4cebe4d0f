/**
 * Snapshots for nodes that lack what is no longer in the log: the program's state, and the operations that are not
 * stable yet, whose effect is in that state already. With these operations the receiver can do what any replica can:
 * hand them on.
 *
 * A snapshot is of one moment. This replica makes each part when the receiver fetches it, so that neither making the
 * snapshot nor sending it holds up anything else. It keeps the last few parts, in case the receiver asks for them
 * again.
 */
import type { NodeId } from "../../../schema/Address.ts"
import type { Life, Part, Run } from "../../../schema/ReplicaProtocol.ts"
import * as Vector from "../../../schema/VersionVector.ts"
import type { Kept, Log } from "./Log.ts"

interface Session<A, S> {
  readonly number: number
  readonly life: Life
  /** Undefined until the first fetch. */
  parts: Iterator<Part<A, S>> | undefined
  made: number
  readonly recent: Map<number, Part<A, S>>
  usedAt: number
}

export interface SnapshotSender<A, S> {
  /** For each peer the last snapshots that it was offered, in order. */
  readonly sessions: Map<NodeId, ReadonlyArray<Session<A, S>>>
  lastNumber: number
}

export const make = <A, S>(): SnapshotSender<A, S> => ({ sessions: new Map(), lastNumber: 0 })

/**
 * About how many bytes a part has; how many parts, and how many snapshots of a peer, are kept; after how many ms
 * without a fetch a snapshot is given up.
 */
const partBytes = 32_768
const partsKept = 8
const sessionsKept = 2
const giveUpAfter = 30_000

/** Offers the peer a snapshot; answers its number. */
export const offer = <A, S>(sender: SnapshotSender<A, S>, peer: NodeId, life: Life, now: number): number => {
  const present = (sender.sessions.get(peer) ?? []).filter((session) => session.life === life)
  const last = present.at(-1)
  if (last !== undefined && last.parts === undefined) {
    last.usedAt = now
    return last.number
  }
  const number = ++sender.lastNumber
  const next = { number, life, parts: undefined, made: 0, recent: new Map(), usedAt: now }
  sender.sessions.set(peer, [...present, next].slice(-sessionsKept))
  return number
}

/** The part that the peer asks for; undefined if there is none, or none any more. */
export const fetch = <A, S>(
  sender: SnapshotSender<A, S>,
  peer: NodeId,
  wanted: { readonly life: Life; readonly snapshot: number; readonly chunk: number },
  now: number,
  begin: () => Iterator<Part<A, S>>
): Part<A, S> | undefined => {
  const session = sender.sessions.get(peer)?.find(({ life, number }) =>
    life === wanted.life && number === wanted.snapshot
  )
  if (session === undefined) return undefined
  session.usedAt = now
  session.parts ??= begin()
  while (session.made <= wanted.chunk && wanted.chunk < session.made + partsKept) {
    const { done, value } = session.parts.next()
    if (done === true) break
    session.recent.set(session.made++, value)
    session.recent.delete(session.made - 1 - partsKept)
  }
  return session.recent.get(wanted.chunk)
}

/** Gives up snapshots that nobody has fetched for long. */
export const tidy = <A, S>({ sessions }: SnapshotSender<A, S>, now: number): void => {
  for (const [peer, all] of sessions) {
    const used = all.filter(({ usedAt }) => now - usedAt <= giveUpAfter)
    if (used.length === 0) sessions.delete(peer)
    else if (used.length < all.length) sessions.set(peer, used)
  }
}

/** The parts of a snapshot of this moment. */
export const parts = <A, S>(
  log: Log<A>,
  stable: Vector.VersionVector,
  state: Iterable<S>,
  sizeOfState: (part: S) => number
): IterableIterator<Part<A, S>> => {
  const unstable = Array.from({ length: log.end() - log.first() }, (_, i) => log.at(log.first() + i)!)
  const head = {
    epoch: log.epoch(),
    end: log.end(),
    vector: log.sources.map(({ origin, positions }) => [origin, positions.end(), positions.first()] as const),
    stable: Vector.encode(stable)
  }
  return generate(log, head, unstable, state, sizeOfState)
}

function* generate<A, S>(
  { sizeOf }: Pick<Log<A>, "sizeOf">,
  head: NonNullable<Part<A, S>["head"]>,
  unstable: ReadonlyArray<Kept<A>>,
  state: Iterable<S>,
  sizeOfState: (part: S) => number
): Generator<Part<A, S>, void> {
  yield { head }
  let of: Array<Run> = []
  let ops: Array<A> = []
  let bytes = 0
  for (const entry of unstable) {
    of.push(entry.source.number)
    ops.push(entry.operation)
    bytes += sizeOf(entry)
    if (bytes < partBytes) continue
    yield { of, ops }
    ;[of, ops, bytes] = [[], [], 0]
  }
  if (ops.length > 0) yield { of, ops }
  let some: Array<S> = []
  bytes = 0
  for (const part of state) {
    some.push(part)
    bytes += sizeOfState(part)
    if (bytes < partBytes) continue
    yield { state: some }
    ;[some, bytes] = [[], 0]
  }
  yield { state: some, last: true }
}
