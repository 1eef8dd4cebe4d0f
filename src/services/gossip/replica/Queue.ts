/**
 * A sequence that grows at its end and shrinks from its front. Items keep their positions: the first one ever is at 0,
 * or wherever the queue began. Every operation takes O(1); dropping does so on average. What is dropped is soon free
 * for the garbage collector.
 */
export interface Queue<T> {
  /** The position of the first item that is left. */
  readonly first: () => number
  /** The position that the next item will get. */
  readonly end: () => number
  /** Undefined where there is no item yet, or none any more. */
  readonly at: (position: number) => T | undefined
  readonly push: (item: T) => void
  /** Replaces the last item, which must be there. */
  readonly replaceLast: (item: T) => void
  /** Drops all items before this position. */
  readonly dropTo: (position: number) => void
}

/** The rest is moved only after at least so many items were dropped, and not before more are dropped than are left. */
const minSlack = 64

export const make = <T>(start = 0): Queue<T> => {
  let items: Array<T> = []
  let offset = start // the position of items[0]
  let first = start

  return {
    first: () => first,
    end: () => offset + items.length,
    at: (position) => position < first ? undefined : items[position - offset],
    push: (item) => void items.push(item),
    replaceLast: (item) => {
      items[items.length - 1] = item
    },
    dropTo: (position) => {
      first = Math.max(first, Math.min(position, offset + items.length))
      const dropped = first - offset
      if (dropped < minSlack || dropped < items.length - dropped) return
      items = items.slice(dropped)
      offset = first
    }
  }
}
