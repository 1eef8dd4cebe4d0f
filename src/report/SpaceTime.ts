/**
 * What is to be seen of a run between two moments, as a space-time diagram: Lamport's picture of a distributed system
 * ("Time, Clocks, and the Ordering of Events in a Distributed System", 1978).
 */
import { fates, type Fault, type MessageRow, type OperationRow, type ReportData, role } from "./ReportData.ts"

/** A range of time, in ms since the run began. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** An operation or a message, by its index. */
export interface Thing {
  readonly kind: "operation" | "message"
  readonly index: number
}

/** The end of a message's way. What was lost or is under way has none: undefined. */
export const arrival = ([, , , sent, took]: MessageRow): number | undefined => took === null ? undefined : sent + took

export const fateOf = (message: MessageRow): (typeof fates)[number] => fates[message[5]]!

/** The time of an operation, from its beginning to its end. */
export const timeOf = ({ messages, operations }: ReportData, { index, kind }: Thing): Range => {
  if (kind === "operation") {
    const [start, took] = operations[index]!
    return { from: start, to: start + took }
  }
  const message = messages[index]!
  return { from: message[3], to: arrival(message) ?? message[3] }
}

/** The reply to a message, or what it replies to. */
export const partner = ({ messages }: ReportData, index: number): number | undefined => {
  const [src, dest, , sent, , , , , msgId, inReplyTo] = messages[index]!
  if (msgId === null && inReplyTo === null) return undefined
  const found = messages.findIndex((other) =>
    other[0] === dest && other[1] === src
    && (inReplyTo === null ? other[9] === msgId && other[3] >= sent : other[8] === inReplyTo && other[3] <= sent)
  )
  return found < 0 ? undefined : found
}

/** Finds, among what is sorted by its beginning, all that lasts at some moment of a range, as indices. */
const lasting = <A>(
  sorted: ReadonlyArray<A>,
  startOf: (one: A) => number,
  endOf: (one: A) => number
): (range: Range) => ReadonlyArray<number> => {
  // the latest end of all up to here: before the first that reaches into the range, none does
  const latest: Array<number> = []
  for (const one of sorted) latest.push(Math.max(latest.at(-1) ?? -Infinity, endOf(one)))
  const firstWhere = (holds: (index: number) => boolean): number => {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (holds(middle)) high = middle
      else low = middle + 1
    }
    return low
  }
  return ({ from, to }) => {
    const found: Array<number> = []
    const end = firstWhere((index) => startOf(sorted[index]!) > to)
    for (let i = firstWhere((index) => latest[index]! >= from); i < end; i++) {
      if (endOf(sorted[i]!) >= from) found.push(i)
    }
    return found
  }
}

/** Indices of the messages that are on their way at some moment of the range. */
export const messagesIn = ({ duration, messages }: ReportData): (range: Range) => ReadonlyArray<number> =>
  lasting(messages, (message) => message[3], (message) => {
    const end = arrival(message)
    return end ?? (fateOf(message) === "under way" ? duration : message[3])
  })

/** Indices of the operations that last at some moment of the range. */
export const operationsIn = ({ operations }: ReportData): (range: Range) => ReadonlyArray<number> =>
  lasting(operations, (operation) => operation[0], ([start, took]) => start + took)

/** For each operation, in which row it stands at its node, so that none stands on another that lasts. */
export const rows = (operations: ReadonlyArray<OperationRow>): ReadonlyArray<number> => {
  const busyUntil = new Map<number, Array<number>>()
  return operations.map(([start, took, node]) => {
    const rows = busyUntil.get(node) ?? []
    busyUntil.set(node, rows)
    const free = rows.findIndex((until) => until <= start)
    const row = free < 0 ? rows.length : free
    rows[row] = start + took
    return row
  })
}

/**
 * Who can still hear whom both ways, directly or through others: the number of each node's side, 0 for the largest. One
 * side alone means that the cut leaves nobody apart.
 */
export const sides = (nodes: ReadonlyArray<string>, drops: NonNullable<Fault["drops"]>): ReadonlyArray<number> => {
  const isCut = (a: string, b: string): boolean => drops[a]?.includes(b) === true || drops[b]?.includes(a) === true
  const side = nodes.map(() => -1)
  let count = 0
  for (const start of nodes.keys()) {
    if (side[start] !== -1) continue
    const reached = [start]
    side[start] = count
    for (const at of reached) {
      for (const other of nodes.keys()) {
        if (side[other] !== -1 || isCut(nodes[at]!, nodes[other]!)) continue
        side[other] = count
        reached.push(other)
      }
    }
    count++
  }
  const size = (of: number): number => side.filter((one) => one === of).length
  const bySize = Array.from({ length: count }, (_, i) => i).toSorted((a, b) => size(b) - size(a))
  return side.map((one) => bySize.indexOf(one))
}

/** What can have had an effect on something, or be an effect of it: Lamport's "happened before", by messages alone. */
export interface Influence {
  readonly messages: ReadonlySet<number>
  readonly operations: ReadonlySet<number>
}

/** See {@link happenedAround}: of an operation, or of a message from its sending back and from its arrival on. */
export const influence = (data: ReportData, thing: Thing): Influence => {
  const { from, to } = timeOf(data, thing)
  if (thing.kind === "operation") return happenedAround(data, data.operations[thing.index]![2], { from, to })
  const [src, dest] = data.messages[thing.index]!
  const before = happenedAround(data, src, { from: Infinity, to: from })
  const after = happenedAround(data, dest, { from: to, to: -Infinity })
  return {
    messages: new Set([...before.messages, thing.index, ...after.messages]),
    operations: new Set([...before.operations, ...after.operations])
  }
}

/**
 * All that happened before `until` at an address, and all that happened after `since` there. A message's receiver knows
 * from its arrival on what its sender knew when it was sent.
 */
export const happenedAround = (
  { addresses, messages, operations }: ReportData,
  place: number,
  { from: since, to: until }: Range
): Influence => {
  const found = { messages: new Set<number>(), operations: new Set<number>() }
  const knows = addresses.map(() => Infinity)
  knows[place] = since
  for (const [index, message] of messages.entries()) {
    const [src, dest, , sent] = message
    const end = arrival(message)
    if (fateOf(message) !== "delivered" || end === undefined || sent < knows[src]!) continue
    found.messages.add(index)
    knows[dest] = Math.min(knows[dest]!, end)
  }
  const matters = addresses.map(() => -Infinity)
  matters[place] = until
  const byArrival = messages.flatMap((message, index) => {
    const end = arrival(message)
    return fateOf(message) === "delivered" && end !== undefined ? [{ index, message, end }] : []
  }).toSorted((a, b) => b.end - a.end || b.index - a.index)
  for (const { end, index, message: [src, dest, , sent] } of byArrival) {
    if (end > matters[dest]!) continue
    found.messages.add(index)
    matters[src] = Math.max(matters[src]!, sent)
  }
  for (const [index, [start, took, node]] of operations.entries()) {
    if (start + took >= knows[node]! || start <= matters[node]!) found.operations.add(index)
  }
  return found
}

/**
 * A range to begin with: as many messages as can be told apart, around what is most interesting — what the first
 * finding is about, the first fault, or the middle of the clients' work.
 */
export const firstRange = (data: ReportData, most = 250): Range => {
  const { duration, evidence, faults, messages, operations, timeLimit } = data
  const accused = evidence[0]?.operations.map((index) => operations[index]!)[0]
  const centre = accused?.[0] ?? faults[0]?.start ?? Math.min(duration, timeLimit) / 3
  const between = messages.filter(([src, dest]) =>
    role(data.addresses[src]!) !== "client" && role(data.addresses[dest]!) !== "client"
  )
  const times = [...between.map(([, , , sent]) => sent), ...operations.map(([start]) => start)].filter((time) =>
    time >= 0
  )
  const usual = between.map(([, , , , took]) => took ?? 0).toSorted((a, b) => a - b)[between.length >> 1] ?? 0
  const distances = times.map((time) => Math.abs(time - centre)).toSorted((a, b) => a - b)
  const half = Math.max(1, 1.5 * usual, distances[Math.min(most, distances.length) - 1] ?? duration)
  const from = Math.max(0, centre - half)
  return { from, to: Math.min(duration, Math.max(centre + half, from + 2)) }
}
