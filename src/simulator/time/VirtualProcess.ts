/**
 * One life of a simulated process: Effect's scheduler and clock in virtual time. Whatever the process does is an act (see
 * Acts), so it is late where acts are late; and once it is killed it does nothing more, not even to clean up.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Scheduler from "effect/Scheduler"
import type { SeededRandom } from "../../workloads/SeededRandom.ts"
import * as Acts from "./Acts.ts"
import type { VirtualTime } from "./VirtualTime.ts"

export interface VirtualProcess extends Acts.Acts {
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
}

/**
 * The process sees time in steps of 1/64 ms, the finest that is a binary fraction of a millisecond and a whole number of
 * nanoseconds as well: so arithmetic on it is exact in either unit, and who has slept until a deadline finds that it has
 * passed. Otherwise it may find itself a rounding error before it, sleep for what is left, which is no time at all, and
 * so on for ever.
 */
const stepsPerMillisecond = 64

type Act = (task: () => void) => void

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
  const acts = Acts.make(time)
  const context = Context.empty().pipe(
    Context.add(Scheduler.Scheduler, schedulerOf(time, acts.act)),
    Context.add(Clock.Clock, clockOf(time, acts.act, wallClock)),
    Context.add(Random.Random, random)
  )

  return { ...acts, run: Effect.runForkWith(context) }
}
