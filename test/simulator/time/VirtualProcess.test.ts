import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/testing/TestClock"
import * as VirtualProcess from "../../../src/simulator/time/VirtualProcess.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"

const seeds = Array.from({ length: 100 }, (_, seed) => seed)

type Trace = Array<readonly [string, number]>

/** A process alone in the world, and the means to note what it does when. */
const world = (options: { readonly seed?: number; readonly interleaved?: boolean } = {}) => {
  const random = SeededRandom.make(options.seed ?? 0)
  const time = VirtualTime.make(options.interleaved === true ? random.fork("interleaving") : undefined)
  const clock = { offset: 0 }
  const process = VirtualProcess.make(time, random, () => time.now() + clock.offset)
  const trace: Trace = []
  const note = (label: string) => Effect.sync(() => void trace.push([label, time.now()]))
  const drain = (): void => assert.strictEqual(time.run(() => false), "deadlock")
  return { time, clock, process, trace, note, drain }
}

/** Notes `label` again and again, first at once. */
const beat = (note: (label: string) => Effect.Effect<void>, label: string, interval: number, times: number) =>
  Effect.repeat(note(label), { schedule: Schedule.spaced(interval), times: times - 1 })

describe("VirtualProcess", () => {
  describe("runs Effect in virtual time", () => {
    it("sleeps so long, and no time passes while it works", () => {
      const { drain, note, process, trace } = world()
      process.run(Effect.gen(function*() {
        yield* note("begin")
        yield* Effect.sleep("1 day")
        yield* note("a day later")
        yield* Effect.sleep(0)
        for (let i = 0; i < 10_000; i++) yield* Effect.void
        yield* note("no time passed")
        yield* Effect.sleep(0.25)
        yield* note("a quarter of a millisecond later")
      }))
      drain()
      const day = 86_400_000
      assert.deepStrictEqual(trace, [
        ["begin", 0],
        ["a day later", day],
        ["no time passed", day],
        ["a quarter of a millisecond later", day + 0.25]
      ])
    })

    it("whoever has slept until a deadline finds that it has passed, just now, at whatever time it began", () => {
      const left: Array<number> = []
      for (const seed of seeds) {
        const { drain, process, time } = world()
        const random = SeededRandom.make(seed)
        const sleepUntilDeadline = (millis: number) =>
          Effect.gen(function*() {
            const { monotonicTimeNanos } = yield* Clock.Clock
            const deadline = Number(yield* monotonicTimeNanos) / 1e6 + millis
            const exactly = (yield* monotonicTimeNanos) + BigInt(Math.floor(millis * 1e6))
            yield* Effect.sleep(millis)
            left.push(deadline - Number(yield* monotonicTimeNanos) / 1e6)
            left.push(Number(exactly - (yield* monotonicTimeNanos)) / 1e6)
          })
        for (const millis of [1000, 100, 0.1, 1 / 3, 33.333, random.nextDoubleUnsafe() * 1000]) {
          time.after(random.nextDoubleUnsafe() * 100_000, () => process.run(sleepUntilDeadline(millis)))
        }
        drain()
      }
      assert.lengthOf(left, seeds.length * 12)
      assert.isAtMost(Math.max(...left), 0, "not before it")
      assert.isAtLeast(Math.min(...left), -1 / 64, "and not long after it")
    })

    it("times out, and interrupts what took too long, which may clean up", () => {
      const { drain, note, process, time, trace } = world()
      const slow = Effect.sleep(100).pipe(Effect.andThen(note("never")), Effect.onInterrupt(() => note("interrupted")))
      process.run(Effect.gen(function*() {
        assert.isTrue(Option.isNone(yield* Effect.timeoutOption(slow, 30)))
        yield* note("timed out")
        assert.isTrue(Option.isSome(yield* Effect.timeoutOption(Effect.sleep(20), 30)))
        yield* note("in time")
      }))
      drain()
      assert.deepStrictEqual(trace, [["interrupted", 30], ["timed out", 30], ["in time", 50]])
      assert.strictEqual(time.now(), 50, "what was interrupted is not waited for")
    })

    it("follows a schedule, its jitter included", () => {
      const retries = (seed: number): ReadonlyArray<number> => {
        const { drain, note, process, trace } = world({ seed })
        const failing = Effect.andThen(note("try"), Effect.fail("no"))
        const schedule = Schedule.exponential(100).pipe(Schedule.jittered)
        process.run(Effect.ignore(Effect.retry(failing, { schedule, times: 4 })))
        drain()
        return trace.map(([, at]) => at)
      }
      for (const seed of seeds) {
        const times = retries(seed)
        assert.deepStrictEqual(retries(seed), times, `seed ${seed}`)
        assert.lengthOf(times, 5, `seed ${seed}`)
        times.slice(1).forEach((at, i) => {
          const share = (at - times[i]!) / (100 * 2 ** i)
          assert.isTrue(share >= 0.799 && share <= 1.201, `${share} of the delay, seed ${seed}`)
        })
      }
      assert.isAbove(new Set(seeds.map((seed) => String(retries(seed)))).size, seeds.length * 0.99)
    })

    it("draws its chance from the seed", () => {
      const draws = (seed: number): ReadonlyArray<number> => {
        const { drain, process } = world({ seed })
        const drawn: Array<number> = []
        process.run(Effect.gen(function*() {
          for (let i = 0; i < 5; i++) drawn.push(yield* Random.next)
        }))
        drain()
        return drawn
      }
      for (const seed of seeds) {
        const expected = SeededRandom.make(seed)
        assert.deepStrictEqual(
          draws(seed),
          Array.from({ length: 5 }, () => expected.nextDoubleUnsafe()),
          `seed ${seed}`
        )
      }
    })

    it("sleeps for ever without a timer: the world is in deadlock and says so", () => {
      const { drain, process, time } = world()
      process.run(Effect.sleep(Infinity))
      process.run(Effect.never)
      drain()
      assert.strictEqual(time.now(), 0)
    })

    it("lets every fiber have its turn, also beside one that works for long without waiting", () => {
      const { drain, note, process, trace } = world()
      const long = Effect.forEach(Array.from({ length: 10_000 }), () => Effect.void, { discard: true })
      process.run(Effect.andThen(long, note("long")))
      process.run(note("short"))
      drain()
      assert.deepStrictEqual(trace, [["short", 0], ["long", 0]])
    })
  })

  /** Fibers that sleep, time out, retry, race, wait for each other, and are interrupted. Ends after 1 s. */
  const program = (note: (label: string) => Effect.Effect<void>) =>
    Effect.gen(function*() {
      const queue = yield* Queue.unbounded<number>()
      const ready = yield* Deferred.make<string>()

      const consumer = Queue.take(queue).pipe(
        Effect.tap((n) => note(`took ${n}`)),
        Effect.delay(7),
        Effect.forever
      )
      const producer = Effect.forEach([1, 2, 3, 4], (n) => Effect.andThen(Effect.sleep(n * 10), Queue.offer(queue, n)))
      const failing = Effect.andThen(note("try"), Effect.fail("no"))
      const all = [
        beat(note, "beat", 50, 6),
        beat(note, "other beat", 50, 4), // always at the same instant as the first
        consumer,
        producer,
        Effect.andThen(Deferred.await(ready), note("ready")),
        Effect.andThen(Effect.sleep(50), Deferred.succeed(ready, "go")),
        Effect.ignore(Effect.retry(failing, { schedule: Schedule.exponential(30), times: 3 })),
        Effect.race(Effect.as(Effect.sleep(40), "tortoise"), Effect.as(Effect.sleep(33), "hare")).pipe(
          Effect.flatMap((winner) => note(`${winner} won`))
        ),
        Effect.sleep(500).pipe(
          Effect.onInterrupt(() => note("interrupted")),
          Effect.timeoutOption(90),
          Effect.andThen(note("timed out"))
        )
      ]
      const fibers = yield* Effect.forEach(all, (effect) => Effect.forkChild(effect))
      yield* Effect.sleep(1000)
      yield* Effect.forEach(fibers, Fiber.interrupt)
      yield* note("end")
    })

  const inVirtualTime = (options: { readonly seed?: number; readonly interleaved?: boolean } = {}): Trace => {
    const { drain, note, process, trace } = world(options)
    process.run(program(note))
    drain()
    return trace
  }

  it.effect("agrees with Effect's own TestClock, task for task", () =>
    Effect.gen(function*() {
      const trace: Trace = []
      const note = (label: string) => Effect.map(Clock.currentTimeMillis, (now) => void trace.push([label, now]))
      const fiber = yield* Effect.forkChild(program(note))
      yield* TestClock.adjust(1000)
      yield* Fiber.join(fiber)
      assert.isAbove(trace.length, 20)
      assert.deepStrictEqual(inVirtualTime(), trace)
    }))

  it("interleaved, does the same at the same times, in an order that follows from the seed", () => {
    const sorted = (trace: Trace) => trace.map(String).toSorted()
    const inOrder = inVirtualTime()
    let otherwise = 0
    for (const seed of seeds) {
      const trace = inVirtualTime({ seed, interleaved: true })
      assert.deepStrictEqual(inVirtualTime({ seed, interleaved: true }), trace, `seed ${seed}`)
      assert.deepStrictEqual(sorted(trace), sorted(inOrder), `seed ${seed}`)
      if (String(trace) !== String(inOrder)) otherwise++
    }
    assert.isAbove(otherwise, 0)
  })

  describe("the wall clock", () => {
    it("is the one it is given, to the program, which does not see the true time but as monotonic time", () => {
      const { clock, drain, process, time } = world()
      const seen: Array<readonly [number, bigint, bigint]> = []
      const look = Effect.gen(function*() {
        const { monotonicTimeNanos } = yield* Clock.Clock
        seen.push([yield* Clock.currentTimeMillis, yield* Clock.currentTimeNanos, yield* monotonicTimeNanos])
      })
      process.run(look.pipe(Effect.andThen(Effect.sleep(100)), Effect.andThen(look)))
      time.after(50, () => {
        clock.offset = -60_000
      })
      drain()
      assert.deepStrictEqual(seen, [[0, 0n, 0n], [-59_900, -59_900_000_000n, 100_000_000n]])
    })

    it("disturbs nothing that sleeps or times out when it jumps", () => {
      const undisturbed = inVirtualTime()
      for (const seed of seeds) {
        const random = SeededRandom.make(seed)
        const { clock, drain, note, process, time, trace } = world()
        process.run(program(note))
        for (let i = 0; i < 20; i++) {
          time.after(random.below(1000) + 0.5, () => {
            clock.offset = random.below(120_000) - 60_000
          })
        }
        drain()
        assert.deepStrictEqual(trace, undisturbed, `seed ${seed}`)
      }
    })
  })

  describe("kill", () => {
    it("ends everything at once: nothing runs any more, not even to clean up", () => {
      for (const interleaved of [false, true]) {
        for (const seed of seeds) {
          const { drain, note, process, time, trace } = world({ seed, interleaved })
          const fiber = process.run(Effect.ensuring(program(note), note("cleaned up")))
          const at = SeededRandom.make(seed).below(999) + 0.5
          time.after(at, process.kill)
          time.after(at + 1, () => process.act(() => trace.push(["acted", time.now()])))
          drain()
          const lived = inVirtualTime({ seed, interleaved }).filter(([, time]) => time < at)
          assert.deepStrictEqual(trace, lived, `killed at ${at}, seed ${seed}`)
          assert.isUndefined(fiber.pollUnsafe(), `seed ${seed}`)
        }
      }
    })

    it("strikes also a task that could run now, and a process that is paused", () => {
      const { drain, note, process, time, trace } = world()
      process.run(Effect.andThen(Effect.yieldNow, note("too late")))
      process.kill()
      drain()

      const paused = world()
      paused.process.run(Effect.andThen(Effect.sleep(1), paused.note("while paused")))
      paused.process.run(Effect.andThen(Effect.sleep(5), paused.note("after it was resumed")))
      paused.process.pause()
      paused.time.after(2, paused.process.kill)
      paused.time.after(3, paused.process.resume)
      paused.drain()
      assert.deepStrictEqual([trace, paused.trace, time.now()], [[], [], 0])
    })
  })

  describe("pause", () => {
    it("postpones what would have happened until it is resumed, and keeps its order", () => {
      const { drain, note, process, time, trace } = world()
      process.run(beat(note, "beat", 50, 4))
      for (const at of [60, 70, 80, 160]) {
        time.after(at, () => process.act(() => trace.push([`message of ${at}`, time.now()])))
      }
      process.run(Effect.andThen(Effect.sleep(75), note("timer of 75")))
      time.after(55, process.pause)
      time.after(130, process.resume)
      drain()
      assert.deepStrictEqual(trace, [
        ["beat", 0],
        ["beat", 50],
        ["message of 60", 130],
        ["message of 70", 130],
        ["timer of 75", 130],
        ["message of 80", 130],
        ["beat", 130],
        ["message of 160", 160],
        ["beat", 180]
      ])
    })

    it("loses nothing and doubles nothing, whenever it strikes, however often", () => {
      for (const seed of seeds) {
        const random = SeededRandom.make(seed)
        const { drain, process, time } = world()
        const asked: Array<readonly [number, number]> = []
        const happened: Array<readonly [number, number]> = []
        for (let i = 0; i < 100; i++) {
          const at = random.below(1000)
          asked.push([at, i])
          time.after(at, () => process.act(() => happened.push([at, i])))
        }
        for (let i = 0; i < 10; i++) {
          const at = random.below(1000)
          time.after(at, process.pause)
          time.after(at + random.below(200), process.resume)
        }
        time.after(2000, process.resume)
        drain()
        assert.deepStrictEqual(happened, asked.toSorted(([a], [b]) => a - b), `seed ${seed}`)
      }
    })

    it("is remembered for good, unless it hit nothing", () => {
      const { process } = world()
      assert.strictEqual(process.resumedAt(), -Infinity)
      process.resume()
      assert.strictEqual(process.resumedAt(), -Infinity)
      process.pause()
      assert.strictEqual(process.resumedAt(), Infinity)
      process.resume()
      assert.strictEqual(process.resumedAt(), 0)

      const dead = world().process
      dead.kill()
      dead.pause()
      assert.strictEqual(dead.resumedAt(), -Infinity)
    })
  })
})
