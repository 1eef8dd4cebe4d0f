/**
 * Writes a history down while it happens.
 *
 * A node that keeps a set answers each read with all that it answered before, and something more. Kept whole, the answers
 * of 20,000 operations take half a gigabyte, and those of three times as many nine times as much. So what the lists of a
 * node have in common is kept once: of a list that begins like the node's last one, and of one with which that begins, the
 * event keeps only how long it is. Whoever asks such an event for its value gets the same list, made anew each time.
 *
 * Lists that a node orders anew for each answer have nothing in common, and are kept as they are. What is new in a list
 * is added to the one that is kept, so a list costs memory for what is new in it, and a comparison for each of its items.
 */
import type { NodeId } from "../../schema/Address.ts"
import { isList, type Json } from "../../schema/Json.ts"
import type { Event } from "./History.ts"

/** The first so many items of a list. The list only grows, at its end. */
interface Part {
  readonly list: ReadonlyArray<Json>
  readonly length: number
}

/** Sharing shorter lists gains nothing. */
const worthwhile = 32

/** How many items they both begin with. Only primitives are compared, for objects come anew with each answer. */
const inCommon = (one: ReadonlyArray<Json>, other: ReadonlyArray<Json>): number => {
  const most = Math.min(one.length, other.length)
  let count = 0
  while (count < most && one[count] === other[count]) count++
  return count
}

/** Finds what a list has in common with the last one of the same node. */
const sharing = () => {
  /** As it came, or our own copy of it, to which more can be added. */
  const last = new Map<NodeId, { readonly list: ReadonlyArray<Json>; readonly own?: Array<Json> }>()
  return (node: NodeId, list: ReadonlyArray<Json>): Part | undefined => {
    const before = last.get(node)
    const common = before === undefined ? 0 : inCommon(before.list, list)
    if (before === undefined || common < Math.min(before.list.length, list.length)) {
      last.set(node, { list })
      return undefined
    }
    if (common === list.length) return { list: before.list, length: common }
    const own = before.own ?? [...before.list]
    for (let i = common; i < list.length; i++) own.push(list[i]!)
    last.set(node, { list: own, own })
    return { list: own, length: list.length }
  }
}

/** Events that make their lists when they are asked. They hold on to nothing but these. */
const sharedEvents = () => {
  const parts = new Map<number, Part>()
  const value = {
    enumerable: true,
    get(this: Pick<Event, "index">): Json {
      const { length, list } = parts.get(this.index)!
      return list.slice(0, length)
    }
  }
  return (event: Omit<Event, "value">, part: Part): Event => {
    parts.set(event.index, part)
    return Object.defineProperty(event, "value", value) as Event // the getter has made the value
  }
}

/** Appends events, each with its index and the time of `now`, rounded to microseconds. */
export const make = (now: () => number) => {
  const history: Array<Event> = []
  const asked = new Map<Event["process"], NodeId | undefined>()
  const share = sharing()
  const sharedEvent = sharedEvents()

  /** Where a list can be shared, its part of that which is kept. */
  const partOf = ({ process, type, value }: Omit<Event, "index" | "time">): Part | undefined => {
    const node = asked.get(process)
    return type === "ok" && node !== undefined && isList(value) && value.length >= worthwhile
      ? share(node, value)
      : undefined
  }

  return {
    history,
    record: (event: Omit<Event, "index" | "time">): void => {
      const index = history.length
      const time = Math.round(now() * 1000) / 1000
      const part = partOf(event)
      if (event.type === "invoke") asked.set(event.process, event.node)
      else asked.delete(event.process)
      const { value: _, ...rest } = event
      history.push(part === undefined ? { index, time, ...event } : sharedEvent({ index, time, ...rest }, part))
    }
  }
}
