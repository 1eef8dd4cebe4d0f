/**
 * The messages that a node has got and does not show yet: those that are not stable, and those above them in the log of
 * their key. To add one takes O(log n), and so does each that is shown.
 */
import type { Json } from "../schema/Json.ts"
import type { Offset } from "../schema/KafkaProtocol.ts"
import type { Entry } from "../services/gossip/Gossip.ts"

export type Message = { readonly key: string; readonly offset: Offset; readonly msg: Json }

export interface KafkaUnstable {
  readonly add: (entry: Entry<Message>) => void
  /** Takes out the messages of a key, in order of their offsets, up to the first that is not stable. */
  readonly take: (key: string, isStable: (entry: Entry<Message>) => boolean) => ReadonlyArray<Message>
  readonly all: () => ReadonlyArray<Entry<Message>>
}

/** The entry with the lowest offset comes first, and none of its children is lower than an entry (a binary heap). */
type Heap = Array<Entry<Message>>

const isLower = (a: Entry<Message>, b: Entry<Message>): boolean => a.operation.offset < b.operation.offset

const push = (heap: Heap, entry: Entry<Message>): void => {
  let place = heap.length
  heap.push(entry)
  while (place > 0) {
    const parent = (place - 1) >> 1
    if (!isLower(entry, heap[parent]!)) break
    heap[place] = heap[parent]!
    place = parent
  }
  heap[place] = entry
}

const pop = (heap: Heap): void => {
  const entry = heap.pop()!
  if (heap.length === 0) return
  let place = 0
  for (;;) {
    let child = 2 * place + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isLower(heap[child + 1]!, heap[child]!)) child++
    if (!isLower(heap[child]!, entry)) break
    heap[place] = heap[child]!
    place = child
  }
  heap[place] = entry
}

export const make = (): KafkaUnstable => {
  const heaps = new Map<string, Heap>()

  return {
    add: (entry) => {
      const { key } = entry.operation
      const heap = heaps.get(key)
      if (heap === undefined) heaps.set(key, [entry])
      else push(heap, entry)
    },
    take: (key, isStable) => {
      const heap = heaps.get(key) ?? []
      const taken: Array<Message> = []
      for (let [first] = heap; first !== undefined && isStable(first); [first] = heap) {
        taken.push(first.operation)
        pop(heap)
      }
      if (heap.length === 0) heaps.delete(key)
      return taken
    },
    all: () => [...heaps.values()].flat()
  }
}
