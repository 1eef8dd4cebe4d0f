/**
 * The log of a server: a snapshot of its beginning, and the entries after that.
 *
 * It also knows how much of itself is safe. An entry is safe once the write that contains it is synced, and everything
 * before it is safe too. If entries take the place of others, one write does both, so no crash can come in between.
 */
import type { Entry, Index, Position, ServerId, Term } from "../../schema/RaftProtocol.ts"

export interface Log<A> {
  /** The last entry that the snapshot covers. */
  start: Position
  /** The entries after that. */
  entries: Array<Entry<A>>
  /** The log is safe up to here. */
  safe: Index
  /** Writes that are not synced yet, by number, and up to where the log is safe once they are. */
  unsafe: Array<{ readonly write: number; last: Index }>
  /**
   * Which servers make up the cluster, and from which index on. The first one that still matters comes from the
   * snapshot.
   */
  memberships: Array<Membership>
}

export interface Membership {
  readonly index: Index
  readonly servers: ReadonlyArray<ServerId>
}

export const make = <A>(
  start: Position,
  servers: ReadonlyArray<ServerId>,
  entries: ReadonlyArray<Entry<A>>
): Log<A> => {
  const log: Log<A> = {
    start,
    entries: [],
    safe: start.index,
    unsafe: [],
    memberships: [{ index: start.index, servers }]
  }
  for (const entry of entries) push(log, entry)
  log.safe = lastIndex(log)
  return log
}

export const lastIndex = <A>(log: Log<A>): Index => log.start.index + log.entries.length

export const entryAt = <A>(log: Log<A>, index: Index): Entry<A> | undefined => log.entries[index - log.start.index - 1]

/** The term of the entry at this index; undefined when there is none, or when the snapshot covers it. */
export const termAt = <A>(log: Log<A>, index: Index): Term | undefined =>
  index === log.start.index ? log.start.term : entryAt(log, index)?.term

/** The position of the last entry. */
export const last = <A>(log: Log<A>): Position => {
  const index = lastIndex(log)
  return { index, term: log.entries.at(-1)?.term ?? log.start.term }
}

/** The entries after this index, `limit` at the most. */
export const after = <A>(log: Log<A>, index: Index, limit = Infinity): ReadonlyArray<Entry<A>> =>
  log.entries.slice(index - log.start.index, Math.min(log.entries.length, index - log.start.index + limit))

/** Which servers make up the cluster by the end of this log, committed or not. */
export const membership = <A>(log: Log<A>): Membership => log.memberships.at(-1)!

/** Which servers make up the cluster at this index. */
export const serversAt = <A>(log: Log<A>, index: Index): ReadonlyArray<ServerId> =>
  log.memberships.findLast((membership) => membership.index <= index)!.servers

const push = <A>(log: Log<A>, entry: Entry<A>): void => {
  log.entries.push(entry)
  if ("servers" in entry) log.memberships.push({ index: lastIndex(log), servers: entry.servers })
}

/** Puts entries in place of all that comes after this index. They are safe once the write of this number is. */
export const replace = <A>(log: Log<A>, index: Index, entries: ReadonlyArray<Entry<A>>, write: number): void => {
  log.entries.length = index - log.start.index
  while (membership(log).index > index) log.memberships.pop()
  log.safe = Math.min(log.safe, index)
  for (const pending of log.unsafe) pending.last = Math.min(pending.last, index)
  for (const entry of entries) push(log, entry)
  written(log, write)
}

/** The whole log is safe once the write of this number is. */
export const written = <A>(log: Log<A>, write: number): void => {
  log.unsafe.push({ write, last: lastIndex(log) })
}

/** All writes up to this one are synced. */
export const synced = <A>(log: Log<A>, write: number): void => {
  while (log.unsafe.length > 0 && log.unsafe[0]!.write <= write) {
    log.safe = Math.max(log.safe, log.unsafe.shift()!.last)
  }
}

/** Drops all entries up to this one, which the log has; a snapshot stands for them. */
export const compact = <A>(log: Log<A>, position: Position): void => {
  log.entries = log.entries.slice(position.index - log.start.index)
  const servers = serversAt(log, position.index)
  log.memberships = [
    { index: position.index, servers },
    ...log.memberships.filter(({ index }) => index > position.index)
  ]
  log.start = position
}

/** Replaces the whole log by a snapshot, whether entries are safe or not. */
export const reset = <A>(log: Log<A>, position: Position, servers: ReadonlyArray<ServerId>): void => {
  log.start = position
  log.entries = []
  log.memberships = [{ index: position.index, servers }]
  log.safe = 0
  log.unsafe = []
}
