/**
 * What one process does, act by act, in virtual time: its fate decides when it does it, and whether.
 *
 * - A killed process never acts again. A paused one does what it would have done meanwhile, in order, when it is resumed.
 * - An act takes no time, unless it is said to take some: then the process is busy first, and acts at the end of that. Who
 *   is busy does what comes meanwhile later, in order; timers that go off are no exception.
 */
import * as MutableList from "effect/MutableList"
import type { VirtualTime } from "./VirtualTime.ts"

export interface Acts {
  /** Does this act when the process has done what came before, and has then been busy with this for so many ms. */
  readonly act: (task: () => void, cost?: number) => void
  /** Is busy for so many ms more than it is already, ahead of what waits; this comes at the end of that. */
  readonly spend: (cost: number, task: () => void) => void
  readonly kill: () => void
  readonly pause: () => void
  readonly resume: () => void
  /** When the process was last resumed, in ms; Infinity while it is paused, -Infinity if it never was. */
  readonly resumedAt: () => number
  readonly isKilled: () => boolean
}

interface Deed {
  readonly task: () => void
  readonly cost: number
}

/** Until when a process is busy, in ms. */
const makeLoad = (time: VirtualTime, onIdle: () => void) => {
  let until = -Infinity
  let isAwaited = false
  return {
    isOver: (): boolean => until <= time.now(),
    /** Makes the process busy for so many ms more; answers how long it is busy from now, in ms. */
    add: (cost: number): number => {
      until = Math.max(until, time.now()) + cost
      return until - time.now()
    },
    /** The process has done nothing since that time. */
    shift: (since: number): void => {
      if (until > since) until += time.now() - since
    },
    /** Calls `onIdle` when it may be over. */
    wait: (): void => {
      if (isAwaited) return
      isAwaited = true
      const expected = until
      time.after(until - time.now(), () => {
        isAwaited = false
        if (until === expected) until = time.now() // the time may be a rounding error before it
        onIdle()
      })
    }
  }
}

export const make = (time: VirtualTime): Acts => {
  let state: "running" | "paused" | "dead" = "running"
  let pausedAt = -Infinity
  let resumedAt = -Infinity
  const waiting = MutableList.make<Deed>()
  let begun: Deed | undefined

  /** Does the next act, if the process is neither paused nor busy. */
  const step = (): boolean => {
    if (state !== "running") return false
    if (!load.isOver()) {
      load.wait()
      return false
    }
    const deed = begun
    begun = undefined
    if (deed !== undefined) {
      deed.task()
      return true
    }
    const next = MutableList.take(waiting)
    if (next === MutableList.Empty) return false
    begun = next
    load.add(next.cost)
    return true
  }
  const work = (): void => {
    while (step());
  }
  const load = makeLoad(time, work)

  const act: Acts["act"] = (task, cost = 0) => {
    if (state === "dead") return
    const isIdle = state === "running" && begun === undefined && waiting.length === 0 && load.isOver()
    if (isIdle && cost === 0) return task()
    MutableList.append(waiting, { task, cost })
    work()
  }

  return {
    act,
    spend: (cost, task) => {
      if (cost === 0) return task()
      time.after(load.add(cost), () => {
        if (state === "running") task()
        else if (state === "paused") MutableList.append(waiting, { task, cost: 0 })
      })
    },
    kill: () => {
      state = "dead"
      MutableList.clear(waiting)
    },
    pause: () => {
      if (state !== "running") return
      state = "paused"
      pausedAt = time.now()
      resumedAt = Infinity
    },
    resume: () => {
      if (state !== "paused") return
      state = "running"
      resumedAt = time.now()
      load.shift(pausedAt)
      for (const { cost, task } of MutableList.takeAll(waiting)) time.soon(() => act(task, cost))
      work()
    },
    resumedAt: () => resumedAt,
    isKilled: () => state === "dead"
  }
}
