/**
 * A world whose time is a number: one queue of tasks that can run now, one agenda of events that come later.
 *
 * When nothing can run now, time jumps to the next event. So a run takes as long as its work takes, and its course
 * depends on nothing but the seed. Whatever happens at the same instant happens in the order in which it was asked for.
 */
import type { SeededRandom } from "../../workloads/SeededRandom.ts"
import * as Agenda from "./Agenda.ts"
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

/**
 * Tasks run in the order in which they were queued, as in a real process; given `interleaving`, they run in an order
 * drawn from it instead, which finds what a program wrongly takes for granted.
 */
export const make = (interleaving?: SeededRandom): VirtualTime => {
  const agenda = Agenda.make()
  let tasks: Array<() => void> = []
  let head = 0
  let time = 0
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
    after: (delay, run) => agenda.add(time + Math.max(0, delay), run),
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
        } else {
          const event = agenda.take()
          if (event === undefined) return "deadlock"
          if (event.run === undefined) continue
          atThisInstant = event.time > time ? 0 : atThisInstant + 1
          time = event.time
          event.run()
        }
      }
      return "more"
    },
    pending: () => tasks.length - head + agenda.pending()
  }
}
