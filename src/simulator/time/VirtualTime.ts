/**
 * A world whose time is a number: one queue of tasks that can run now, one heap of events that come later.
 *
 * When nothing can run now, time jumps to the next event. So a run takes as long as its work takes, and its course
 * depends on nothing but the seed. Whatever happens at the same instant happens in the order in which it was asked for.
 */
import type { SeededRandom } from "../../workloads/SeededRandom.ts"
import type { Timeline } from "./Timeline.ts"

export interface VirtualTime extends Timeline {
  /** Runs `task` at this instant, after what is already waiting to run. */
  readonly soon: (task: () => void) => void
  /**
   * Works until `done`, but for no more than `budget` tasks and events, so that a caller can look up from a long run.
   * `deadlock`: not done, and nothing will ever happen again. `livelock`: not done, and time stands still whatever
   * happens, for {@link livelockAfter} tasks and events.
   */
  readonly run: (done: () => boolean, budget?: number) => "done" | "more" | "deadlock" | "livelock"
  /** How much is still to happen: what waits to run, and the events to come that nobody took back. */
  readonly pending: () => number
}

/** So many tasks and events never happen at one instant, unless they go on for ever. */
export const livelockAfter = 1_000_000

interface Event {
  readonly time: number
  readonly order: number
  run: (() => void) | undefined
}

const before = (a: Event, b: Event): boolean => a.time < b.time || (a.time === b.time && a.order < b.order)

/** A binary heap (Williams, 1964): the earliest event is at its root. */
const push = (heap: Array<Event>, event: Event): void => {
  let at = heap.length
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (before(heap[parent]!, event)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = event
}

const pop = (heap: Array<Event>): Event => {
  const root = heap[0]!
  const last = heap.pop()!
  const size = heap.length
  if (size === 0) return root
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

/**
 * Tasks run in the order in which they were queued, as in a real process; given `interleaving`, they run in an order
 * drawn from it instead, which finds what a program wrongly takes for granted.
 */
export const make = (interleaving?: SeededRandom): VirtualTime => {
  const heap: Array<Event> = []
  let tasks: Array<() => void> = []
  let head = 0
  let time = 0
  let order = 0
  let atThisInstant = 0

  const nextTask = (): () => void => {
    if (interleaving !== undefined) {
      const chosen = head + interleaving.below(tasks.length - head)
      const task = tasks[chosen]!
      tasks[chosen] = tasks[head]!
      tasks[head] = task
    }
    return tasks[head++]!
  }

  return {
    now: () => time,
    soon: (task) => {
      tasks.push(task)
    },
    after: (delay, run) => {
      const event: Event = { time: time + Math.max(0, delay), order: order++, run }
      push(heap, event)
      return () => {
        event.run = undefined
      }
    },
    run: (done, budget = Infinity) => {
      for (let left = budget; left > 0; left--) {
        if (done()) return "done"
        if (atThisInstant > livelockAfter) return "livelock"
        if (head < tasks.length) {
          atThisInstant++
          nextTask()()
          if (head === tasks.length) {
            tasks = []
            head = 0
          }
        } else if (heap.length > 0) {
          const event = pop(heap)
          if (event.run === undefined) continue
          atThisInstant = event.time > time ? 0 : atThisInstant + 1
          time = event.time
          event.run()
        } else {
          return "deadlock"
        }
      }
      return "more"
    },
    pending: () => tasks.length - head + heap.filter(({ run }) => run !== undefined).length
  }
}
