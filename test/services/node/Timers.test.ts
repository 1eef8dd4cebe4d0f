import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { Timers } from "../../../src/services/node/Timers.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"

const seeds = Array.from({ length: 100 }, (_, seed) => seed)

/** Notes when it runs. */
const noting = (times: Array<number>) => Effect.map(Clock.currentTimeMillis, (now) => void times.push(now))

const logging = (log: Array<string>) =>
  Logger.layer([Logger.make(({ logLevel, message }) => void log.push(`${logLevel} ${message}`))])

describe("Timers", () => {
  it.effect("after: once, after its delay, and not before", () =>
    Effect.gen(function*() {
      const { after } = yield* Timers
      for (const seed of seeds) {
        const random = SeededRandom.make(seed)
        const start = yield* Clock.currentTimeMillis
        const delays = Array.from({ length: 20 }, () => 1 + random.below(100))
        const times: Array<number> = []
        for (const delay of delays) yield* after(delay, noting(times))
        assert.deepStrictEqual(times, [], "nothing at once")
        for (let ms = 0; ms < 200; ms += 10) yield* TestClock.adjust(10)
        const sorted = delays.toSorted((a, b) => a - b)
        assert.deepStrictEqual(times.map((time) => time - start), sorted, `seed ${seed}`)
      }
    }).pipe(Effect.provide(Timers.layer)))

  it.effect("every: again and again, with the interval between the end of one run and the start of the next", () =>
    Effect.gen(function*() {
      const { every } = yield* Timers
      const quick: Array<number> = []
      const slow: Array<number> = []
      yield* every(100, noting(quick))
      yield* every(100, Effect.andThen(noting(slow), Effect.sleep(50)))
      yield* TestClock.adjust(99)
      assert.deepStrictEqual([quick, slow], [[], []])
      for (let ms = 99; ms < 1000; ms++) yield* TestClock.adjust(1)
      assert.deepStrictEqual(quick, [100, 200, 300, 400, 500, 600, 700, 800, 900, 1000])
      assert.deepStrictEqual(slow, [100, 250, 400, 550, 700, 850, 1000])
    }).pipe(Effect.provide(Timers.layer)))

  it.effect("setting one does not wait for it", () =>
    Effect.gen(function*() {
      const { after, every } = yield* Timers
      const before = yield* Clock.currentTimeMillis
      yield* after("1 hour", Effect.never)
      yield* every("1 hour", Effect.never)
      assert.strictEqual(yield* Clock.currentTimeMillis, before)
    }).pipe(Effect.provide(Timers.layer)))

  it.effect("one that waits for ever does not keep others from running", () =>
    Effect.gen(function*() {
      const { after } = yield* Timers
      const times: Array<number> = []
      yield* after(1, Effect.never)
      yield* after(2, noting(times))
      yield* TestClock.adjust(2)
      assert.deepStrictEqual(times, [2])
    }).pipe(Effect.provide(Timers.layer)))

  it.effect("one that dies says so; the others, and the next turn, are not disturbed", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const times: Array<number> = []
      yield* Effect.gen(function*() {
        const { after, every } = yield* Timers
        yield* after(5, Effect.die("boom"))
        yield* every(10, Effect.andThen(noting(times), Effect.die("boom")))
        yield* after(100, noting(times))
        for (let ms = 0; ms < 30; ms += 10) yield* TestClock.adjust(10)
        assert.lengthOf(log.filter((line) => line.startsWith("Error")), 4)
        assert.deepStrictEqual(times, [10, 20, 30])
      }).pipe(Effect.provide(Layer.mergeAll(Timers.layer, logging(log))))
    }))

  it.effect("those of a node that stops are gone, also the ones that are running", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const times: Array<number> = []
      const stopped = yield* Deferred.make<void>()
      yield* Effect.gen(function*() {
        const { after, every } = yield* Timers
        yield* after(10, noting(times))
        yield* every(10, noting(times))
        yield* after(1, Effect.onInterrupt(Effect.never, () => Deferred.succeed(stopped, undefined)))
      }).pipe(Effect.provide(yield* Layer.buildWithScope(Timers.layer, scope)))
      yield* TestClock.adjust(5)
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.await(stopped)
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(times, [])
    }))

  it.effect("they run with what their effect needs", () =>
    Effect.gen(function*() {
      const { after, every } = yield* Timers
      const draws: Array<number> = []
      const drawing = Effect.map(Random.next, (draw) => void draws.push(draw))
      const random = SeededRandom.make(1)
      const expected = Array.from({ length: 3 }, SeededRandom.make(1).nextDoubleUnsafe)
      yield* Effect.provideService(Effect.andThen(after(1, drawing), every(2, drawing)), Random.Random, random)
      for (let ms = 0; ms < 5; ms++) yield* TestClock.adjust(1)
      assert.deepStrictEqual(draws, expected)
    }).pipe(Effect.provide(Timers.layer)))
})
