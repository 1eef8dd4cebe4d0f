/**
 * A sequence that grows at its end and is dropped from its front. Positions stay what they are: the first one ever is 0,
 * or whatever it began with. All takes O(1), dropping over time; what is dropped is soon free.
 */
export interface Queue<T> {
  /** The position of the first item that is left. */
  readonly first: () => number
  /** The position that the next item will get. */
  readonly end: () => number
  /** Nothing, where there is nothing yet, or not any more. */
  readonly at: (position: number) => T | undefined
  readonly push: (item: T) => void
  /** Puts another item in the place of the last one, which is there. */
  readonly replaceLast: (item: T) => void
  /** Drops all before this position. */
  readonly dropTo: (position: number) => void
}

/** How many items may be dropped before the rest is moved, if that are fewer than they. */
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
