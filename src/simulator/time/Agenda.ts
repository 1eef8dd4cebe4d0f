/**
 * The events to come, in the order of their times; of those at the same time, the one that was added first comes first.
 * A binary heap (Williams, 1964): the earliest is at its root.
 */
export interface Event {
  readonly time: number
  /** Undefined when it was taken back. */
  readonly run: (() => void) | undefined
}

export interface Agenda {
  /** The answer takes the event back. */
  readonly add: (time: number, run: () => void) => () => void
  /** When the earliest event is. */
  readonly next: () => number | undefined
  /** Removes the earliest event, which may be one that was taken back. */
  readonly take: () => Event | undefined
  /** How many events there are that nobody took back. */
  readonly pending: () => number
}

interface Entry {
  readonly time: number
  readonly order: number
  run: (() => void) | undefined
}

const before = (a: Entry, b: Entry): boolean => a.time < b.time || (a.time === b.time && a.order < b.order)

const push = (heap: Array<Entry>, entry: Entry): void => {
  let at = heap.length
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (before(heap[parent]!, entry)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = entry
}

const pop = (heap: Array<Entry>): Entry | undefined => {
  const root = heap[0]
  const last = heap.pop()
  const size = heap.length
  if (size === 0 || last === undefined) return root
  let at = 0
  for (let child = 1; child < size; child = 2 * at + 1) {
    if (child + 1 < size && before(heap[child + 1]!, heap[child]!)) child++
    if (before(last, heap[child]!)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = last
  return root
}

export const make = (): Agenda => {
  const heap: Array<Entry> = []
  let order = 0
  return {
    add: (time, run) => {
      const entry: Entry = { time, order: order++, run }
      push(heap, entry)
      return () => {
        entry.run = undefined
      }
    },
    next: () => heap[0]?.time,
    take: () => pop(heap),
    pending: () => heap.filter(({ run }) => run !== undefined).length
  }
}
