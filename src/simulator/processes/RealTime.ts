import * as Agenda from "../time/Agenda.ts"
import type { Timeline } from "../time/Timeline.ts"

export interface RealTime extends Timeline {
  /** Stops time: no event happens any more. */
  readonly stop: () => void
}

/** Node takes a longer delay for 1 ms. */
const longest = 2 ** 31 - 1

/**
 * Real time. Events happen in the order of their times, also when this process was held up and several are late: timers
 * of their own would not keep it, and a node that is to be killed and then started would stay down. Node's timers may
 * fire early by a fraction of a millisecond; these do not. What is due at once happens when the input that is there has
 * been read, not a millisecond later.
 */
export const make = (): RealTime => {
  const begin = performance.now()
  const now = (): number => performance.now() - begin
  const agenda = Agenda.make()
  let stopped = false
  let awaited = Infinity
  let cancelWait = (): void => {}

  const wait = (): void => {
    const next = agenda.next() ?? Infinity
    if (stopped || next >= awaited) return
    cancelWait()
    awaited = next
    const left = next - now()
    if (left > 0) {
      const timer = setTimeout(work, Math.min(left, longest))
      cancelWait = () => clearTimeout(timer)
    } else {
      const immediate = setImmediate(work)
      cancelWait = () => clearImmediate(immediate)
    }
  }

  /** What events add has to wait, even if it is due at once. */
  const work = (): void => {
    awaited = Infinity
    const due: Array<Agenda.Event> = []
    for (const time = now(); (agenda.next() ?? Infinity) <= time;) due.push(agenda.take()!)
    try {
      for (const event of due) if (!stopped) event.run?.()
    } finally {
      wait()
    }
  }

  return {
    now,
    after: (delay, run) => {
      const cancel = agenda.add(now() + delay, run)
      wait()
      return cancel
    },
    stop: () => {
      stopped = true
      cancelWait()
    }
  }
}
