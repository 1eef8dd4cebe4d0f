import type { Timeline } from "../time/Timeline.ts"

export interface RealTime extends Timeline {
  /** Stops time: no event happens any more. */
  readonly stop: () => void
}

/** Node takes a longer delay for 1 ms. */
const longest = 2 ** 31 - 1

/**
 * Real time. Node's timers may fire early by a fraction of a millisecond; these do not. What is due at once happens when
 * the input that is there has been read, not a millisecond later.
 */
export const make = (): RealTime => {
  const begin = performance.now()
  const now = (): number => performance.now() - begin
  const cancels = new Set<() => void>()
  let stopped = false

  return {
    now,
    after: (delay, event) => {
      if (stopped) return () => {}
      const at = now() + delay
      const fire = (): void => {
        const left = at - now()
        if (left > 0) return wait(left)
        cancels.delete(cancel)
        event()
      }
      let cancelTimer = (): void => {}
      const wait = (left: number): void => {
        if (left > 0) {
          const timer = setTimeout(fire, Math.min(left, longest))
          cancelTimer = () => clearTimeout(timer)
        } else {
          const immediate = setImmediate(fire)
          cancelTimer = () => clearImmediate(immediate)
        }
      }
      const cancel = (): void => {
        cancels.delete(cancel)
        cancelTimer()
      }
      cancels.add(cancel)
      wait(delay)
      return cancel
    },
    stop: () => {
      stopped = true
      for (const cancel of cancels) cancel()
    }
  }
}
