import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as Contention from "../../../src/services/log/Contention.ts"

/** How long an effect takes, in ms, at most `limit`. */
const duration = Effect.fnUntraced(function*(effect: Effect.Effect<void>, limit: number) {
  const fiber = yield* Effect.forkChild(effect)
  yield* TestClock.adjust(0)
  for (let millis = 0; millis <= limit; millis++) {
    if (fiber.pollUnsafe() !== undefined) return millis
    yield* TestClock.adjust(1)
  }
  yield* Fiber.interrupt(fiber)
  return Infinity
})

describe("Contention", () => {
  it("a node is alone from when it sees the root unmoved until an attempt fails, for whatever reason", () => {
    const contention = Contention.make()
    assert.isFalse(contention.isAlone())
    for (const fail of [contention.failed, () => void contention.lost(10)]) {
      contention.sawUnmoved()
      assert.isTrue(contention.isAlone())
      contention.won(10)
      assert.isTrue(contention.isAlone())
      fail()
      assert.isFalse(contention.isAlone())
    }
  })

  it.effect("after a failure it makes way, once, for as long as two attempts take", () =>
    Effect.gen(function*() {
      const contention = Contention.make()
      contention.won(20)
      assert.strictEqual(yield* duration(contention.makeWay, 100), 40)
      assert.strictEqual(yield* duration(contention.makeWay, 100), 0)
    }))

  it.effect("alone, it makes way for one attempt after every sixth", () =>
    Effect.gen(function*() {
      const contention = Contention.make()
      contention.sawUnmoved()
      const waits: Array<number> = []
      for (let i = 0; i < 12; i++) {
        contention.won(20)
        waits.push(yield* duration(contention.makeWay, 100))
      }
      assert.deepStrictEqual(waits, [0, 0, 0, 0, 0, 20, 0, 0, 0, 0, 0, 20])
    }))

  it.effect("whoever has lost waits for a part of the time that its attempt took", () =>
    Effect.gen(function*() {
      const contention = Contention.make()
      const waits: Array<number> = []
      for (let i = 0; i < 30; i++) waits.push(yield* duration(contention.lost(50), 100))
      assert.isAtMost(Math.max(...waits), 50)
      assert.isAbove(new Set(waits).size, 5)
    }))
})
