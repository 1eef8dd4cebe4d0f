/**
 * One life of a simulated process: Effect's scheduler and clock in virtual time, and what can befall a process.
 *
 * Whatever the process does is an act. A killed process never acts again, not even to clean up; a paused one does what
 * it would have done meanwhile, in order, when it is resumed.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Scheduler from "effect/Scheduler"
import type { SeededRandom } from "../../workloads/SeededRandom.ts"
import type { VirtualTime } from "./VirtualTime.ts"

export interface VirtualProcess {
  readonly act: (task: () => void) => void
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
  readonly kill: () => void
  readonly pause: () => void
  readonly resume: () => void
  /** When it was last resumed, in ms; Infinity while it is paused, -Infinity before. */
  readonly resumedAt: () => number
  readonly isKilled: () => boolean
}

/**
 * The process sees time in steps of 1/64 ms, the finest that is a binary fraction of a millisecond and a whole number of
 * nanoseconds as well: so arithmetic on it is exact in either unit, and who has slept until a deadline finds that it has
 * passed. Otherwise it may find itself a rounding error before it, sleep for what is left, which is no time at all, and
 * so on for ever.
 */
const stepsPerMillisecond = 64

/** Whatever a process does is done through this. */
type Act = VirtualProcess["act"]

const schedulerOf = (time: VirtualTime, act: Act): Scheduler.Scheduler => {
  const dispatcher: Scheduler.SchedulerDispatcher = {
    scheduleTask: (task) => time.soon(() => act(task)),
    flush: () => {}
  }
  return {
    executionMode: "async",
    shouldYield: (fiber) => fiber.currentOpCount >= fiber.cache.maxOpsBeforeYield,
    makeDispatcher: () => dispatcher
  }
}

/** Nanoseconds of a time in ms. It is mostly asked more than once at the same instant, so the last answer is kept. */
const toNanos = (): (millis: number) => bigint => {
  let asked = 0
  let answer = 0n
  return (millis) => {
    if (millis !== asked) {
      asked = millis
      answer = BigInt(Math.round(millis * 1e6))
    }
    return answer
  }
}

const clockOf = (time: VirtualTime, act: Act, wallClock: () => number): Clock.Clock => {
  const now = (): number => Math.round(time.now() * stepsPerMillisecond) / stepsPerMillisecond
  const nanos = toNanos()
  return {
    currentTimeMillisUnsafe: wallClock,
    currentTimeMillis: Effect.sync(wallClock),
    currentTimeNanosUnsafe: () => nanos(wallClock()),
    currentTimeNanos: Effect.sync(() => nanos(wallClock())),
    monotonicTimeNanosUnsafe: () => nanos(now()),
    monotonicTimeNanos: Effect.sync(() => nanos(now())),
    sleep: (duration) => {
      const millis = Duration.toMillis(duration)
      if (millis <= 0) return Effect.yieldNow
      if (!Number.isFinite(millis)) return Effect.never
      return Effect.callback<void>((resume) => {
        const wake = Math.ceil((now() + millis) * stepsPerMillisecond) / stepsPerMillisecond
        const cancel = time.after(wake - time.now(), () => act(() => resume(Effect.void)))
        return Effect.sync(cancel)
      })
    }
  }
}

/** `wallClock` is what the process takes for the time of day, in ms; sleeping goes by the true time. */
export const make = (time: VirtualTime, random: SeededRandom, wallClock: () => number): VirtualProcess => {
  let state: "running" | "paused" | "dead" = "running"
  let resumedAt = -Infinity
  let backlog: Array<() => void> = []

  const act: Act = (task) => {
    if (state === "running") task()
    else if (state === "paused") backlog.push(task)
  }

  const context = Context.empty().pipe(
    Context.add(Scheduler.Scheduler, schedulerOf(time, act)),
    Context.add(Clock.Clock, clockOf(time, act, wallClock)),
    Context.add(Random.Random, random)
  )

  return {
    act,
    run: Effect.runForkWith(context),
    kill: () => {
      state = "dead"
      backlog = []
    },
    pause: () => {
      if (state !== "running") return
      state = "paused"
      resumedAt = Infinity
    },
    resume: () => {
      if (state !== "paused") return
      state = "running"
      resumedAt = time.now()
      const missed = backlog
      backlog = []
      for (const task of missed) time.soon(() => act(task))
    },
    resumedAt: () => resumedAt,
    isKilled: () => state === "dead"
  }
}
