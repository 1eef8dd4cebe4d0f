/**
 * Somebody who sees all that servers do, and checks what is promised about the log. The log is of whole numbers, each
 * different.
 *
 * - **election safety**: a term has one leader;
 * - **log matching**: two logs with the same term at an index are the same up to there;
 * - **leader completeness**: who leads has all that was committed in earlier terms;
 * - **state machine safety**: all servers deliver the same at the same index, and have the state that follows from it;
 * - **linearizability**: an append is after all that was answered before it was asked for, and a read sees all that;
 * - **exactly once**: nothing is in the log twice, nor what was refused.
 *
 * Others are checked elsewhere: **progress**, that all requests are answered some time after the last fault; and
 * **stability**, that a leader that is heard stays.
 */
import type { Entry, ServerId } from "../../../src/schema/RaftProtocol.ts"
import * as Log from "../../../src/services/raft/Log.ts"
import type { Server } from "../../../src/services/raft/Server.ts"
import type * as Violations from "../Violation.ts"

export const properties = [
  "election safety",
  "log matching",
  "leader completeness",
  "state machine safety",
  "linearizability",
  "exactly once",
  "progress",
  "stability",
  "crash"
] as const
export type Property = (typeof properties)[number]

export type Violation = Violations.Violation<Property>

/** Plain data. */
export interface Watcher {
  readonly violations: Array<Violation>
  readonly leaders: Map<number, ServerId>
  /** What was delivered first at each index, and in which term that was: it was committed in that one, or before. */
  readonly delivered: Array<{ readonly operation: number; readonly term: number } | undefined>
  /** At which index each operation was delivered. */
  readonly places: Map<number, number>
  readonly refused: Set<number>
  /** The highest index that any client knows of. */
  answered: number
}

export const make = (): Watcher => ({
  violations: [],
  leaders: new Map(),
  delivered: [],
  places: new Map(),
  refused: new Set(),
  answered: 0
})

export const find = ({ violations }: Watcher, property: Property, text: string): void => {
  if (violations.length < 20) violations.push({ property, text })
}

export const crashed = (watcher: Watcher, node: string, error: unknown): void =>
  find(watcher, "crash", `${node}: ${error instanceof Error ? error.stack : String(error)}`)

const describe = (entry: Entry<number>): string =>
  "operation" in entry ? `${entry.operation}` : "servers" in entry ? entry.servers.join() : "blank"

/** A server leads from now on. */
export const leads = (watcher: Watcher, { id, log, term }: Server<number>): void => {
  const other = watcher.leaders.get(term)
  if (other !== undefined && other !== id) find(watcher, "election safety", `${id} and ${other} lead in term ${term}`)
  watcher.leaders.set(term, id)
  for (let index = log.start.index + 1; index < watcher.delivered.length; index++) {
    const known = watcher.delivered[index]
    const entry = Log.entryAt(log, index)
    if (known === undefined || known.term >= term || (entry && describe(entry) === `${known.operation}`)) continue
    const text = `${id} leads in term ${term} without ${known.operation} at ${index}, committed in term ${known.term}`
    return find(watcher, "leader completeness", text)
  }
}

/** A server delivers an operation to its program, whose state is all that it was given. */
export const delivers = (
  watcher: Watcher,
  { id, term }: Server<number>,
  state: Array<number>,
  index: number,
  operation: number
): void => {
  const known = watcher.delivered[index]
  let previous = index - 1
  while (previous > 0 && watcher.delivered[previous] === undefined) previous--
  const before = watcher.delivered[previous]?.operation
  if (state.at(-1) !== before) {
    find(
      watcher,
      "state machine safety",
      `${id} delivers ${operation} at ${index} after ${state.at(-1)}, not ${before}`
    )
  }
  state.push(operation)
  if (known !== undefined) {
    if (known.operation === operation) return
    return find(
      watcher,
      "state machine safety",
      `${id} delivers ${operation} at ${index}, where ${known.operation} was`
    )
  }
  watcher.delivered[index] = { operation, term }
  const place = watcher.places.get(operation)
  if (place !== undefined) find(watcher, "exactly once", `${operation} is at ${place} and at ${index}`)
  watcher.places.set(operation, index)
  if (watcher.refused.has(operation)) find(watcher, "exactly once", `${operation} was refused, and is at ${index}`)
}

/** An operation that was asked for when `after` was known has this index. */
export const appended = (watcher: Watcher, operation: number, after: number, index: number): void => {
  if (index <= after) find(watcher, "linearizability", `${operation} is at ${index}, but ${after} was known before`)
  watcher.answered = Math.max(watcher.answered, index)
}

/** A read that was asked for when `after` was known has seen this state. */
export const read = (watcher: Watcher, after: number, state: ReadonlyArray<number>): void => {
  const index = watcher.places.get(state.at(-1) ?? -1) ?? 0
  if (index < after) find(watcher, "linearizability", `a read sees all up to ${index}, but ${after} was known before`)
  watcher.answered = Math.max(watcher.answered, index)
}

export const refuse = (watcher: Watcher, operation: number): void => {
  watcher.refused.add(operation)
  const place = watcher.places.get(operation)
  if (place !== undefined) find(watcher, "exactly once", `${operation} is at ${place}, and is refused`)
}

/** Compares all logs with each other. */
export const compareLogs = (watcher: Watcher, servers: ReadonlyArray<Server<number>>): void => {
  const seen = new Map<string, string>()
  for (const { id, log } of servers) {
    let before = `${log.start.index}.${log.start.term}`
    log.entries.forEach((entry, i) => {
      const key = `${log.start.index + 1 + i}.${entry.term}`
      const content = `${describe(entry)} after ${before}`
      const other = seen.get(key)
      if (other !== undefined && other !== content) {
        find(watcher, "log matching", `${id} has ${content} at ${key}, where another has ${other}`)
      }
      seen.set(key, content)
      before = key
    })
  }
}
