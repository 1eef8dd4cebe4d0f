import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as TestClock from "effect/testing/TestClock"
import type { Body } from "../../../src/schema/Envelope.ts"
import type { MessageId } from "../../../src/schema/MessageId.ts"
import * as ProtocolError from "../../../src/schema/ProtocolError.ts"
import * as Calls from "../../../src/services/node/Calls.ts"
import { Timers } from "../../../src/services/node/Timers.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds as seedsOf } from "../../Seeds.ts"

const seeds = seedsOf(100)

/** Gives everybody a turn, until nobody can do anything without help from outside. */
const settle = Effect.repeat(Effect.yieldNow, { times: 5 })

interface Asked {
  readonly id: MessageId
  readonly fiber: Fiber.Fiber<Body, ProtocolError.ProtocolError>
}

/** Calls, and a way to make one and go on. */
const make = Effect.gen(function*() {
  const calls = yield* Calls.make<Body, ProtocolError.ProtocolError>()
  const call = Effect.fnUntraced(function*(timeout: number): Effect.fn.Return<Asked> {
    let id: MessageId | undefined
    const fiber = yield* Effect.forkChild(calls.call(Duration.millis(timeout), (drawn) => {
      id = drawn
    }))
    yield* Effect.yieldNow
    return { id: id ?? assert.fail("nothing was sent"), fiber }
  })
  const reply = (id: MessageId, value: string): boolean => calls.complete(id, Effect.succeed({ value }))
  return { ...calls, call, reply }
})

const describeExit = (exit: Exit.Exit<Body, ProtocolError.ProtocolError> | undefined): string => {
  if (exit === undefined) return "waits"
  if (exit._tag === "Success") return String(exit.value["value"])
  if (Cause.hasInterruptsOnly(exit.cause)) return "interrupted"
  const error = Cause.squash(exit.cause)
  return error instanceof ProtocolError.Timeout ? "timeout" : String(error)
}

/** Timers that are counted. */
const counted = () => {
  const counts = { started: 0, running: 0, most: 0 }
  const layer = Layer.effect(
    Timers,
    Effect.map(Timers, (timers) =>
      Timers.of({
        every: timers.every,
        after: (delay, effect) =>
          Effect.suspend(() => {
            counts.started++
            counts.most = Math.max(counts.most, ++counts.running)
            const running = Effect.sync(() => {
              counts.running--
            })
            return timers.after(delay, Effect.andThen(running, effect))
          })
      }))
  ).pipe(Layer.provide(Timers.layer))
  return { counts, layer }
}

describe("Calls", () => {
  it.effect("a call fails with a timeout at its deadline, not before", () =>
    Effect.gen(function*() {
      const { call, size } = yield* make
      for (const timeout of [1, 10, 1000, 0.5]) {
        const { fiber } = yield* call(timeout)
        yield* TestClock.adjust(timeout * 0.9)
        assert.strictEqual(describeExit(fiber.pollUnsafe()), "waits", `${timeout} ms`)
        yield* TestClock.adjust(timeout * 0.1)
        assert.strictEqual(describeExit(fiber.pollUnsafe()), "timeout", `${timeout} ms`)
        assert.strictEqual(size(), 0)
      }
    }).pipe(Effect.provide(Timers.layer)))

  it.effect("replies find their calls in whatever order they come", () =>
    Effect.gen(function*() {
      for (const seed of seeds) {
        const random = SeededRandom.make(seed)
        const { call, reply, size } = yield* make
        const asked: Array<Asked> = []
        for (let i = 0; i < 20; i++) asked.push(yield* call(random.pick([100, 200])))
        for (const { id } of random.shuffle(asked)) assert.isTrue(reply(id, `to ${id}`))
        yield* settle
        for (const { fiber, id } of asked) {
          assert.strictEqual(describeExit(fiber.pollUnsafe()), `to ${id}`, `seed ${seed}`)
        }
        assert.strictEqual(size(), 0)
      }
    }).pipe(Effect.provide(Timers.layer)))

  it.effect("a reply is taken once, and only from a call that waits", () =>
    Effect.gen(function*() {
      const { call, reply, size } = yield* make
      const { fiber, id } = yield* call(100)
      assert.isTrue(reply(id, "first"))
      assert.strictEqual(size(), 0)
      assert.isFalse(reply(id, "second"))
      yield* settle
      assert.isFalse(reply(id, "third"))
      assert.strictEqual(describeExit(fiber.pollUnsafe()), "first")

      const late = yield* call(100)
      yield* TestClock.adjust(100)
      assert.isFalse(reply(late.id, "late"))

      const interrupted = yield* call(100)
      yield* Fiber.interrupt(interrupted.fiber)
      assert.isFalse(reply(interrupted.id, "nobody waits"))
      yield* TestClock.adjust(100)
      assert.strictEqual(size(), 0)
    }).pipe(Effect.provide(Timers.layer)))

  it.effect("an error that is replied is the error of the call", () =>
    Effect.gen(function*() {
      const { call, complete } = yield* make
      for (const code of [0, 11, 13, 20, 22, 4711]) {
        const { fiber, id } = yield* call(100)
        const error = ProtocolError.fromBody({ code, text: "no" })
        assert.isTrue(complete(id, Effect.fail(error)))
        const failure = yield* Effect.flip(Fiber.join(fiber))
        assert.strictEqual(failure, error)
      }
    }).pipe(Effect.provide(Timers.layer)))

  it.effect("a reply may come while the request is being sent", () =>
    Effect.gen(function*() {
      const { call, complete, size } = yield* Calls.make<Body, ProtocolError.ProtocolError>()
      const body = yield* call(Duration.seconds(1), (id) => {
        assert.isTrue(complete(id, Effect.succeed({ value: "at once" })))
      })
      assert.deepStrictEqual(body, { value: "at once" })
      assert.strictEqual(size(), 0)
    }).pipe(Effect.provide(Timers.layer)))

  it.effect("a call may be followed by the next one without end", () =>
    Effect.gen(function*() {
      const { call, size } = yield* Calls.make<Body, ProtocolError.ProtocolError>()
      let calls = 0
      const again = Effect.suspend(() => call(Duration.millis(10), () => void calls++))
      const fiber = yield* Effect.forkChild(Effect.forever(Effect.ignore(again)))
      for (let i = 1; i <= 100; i++) {
        yield* settle
        assert.strictEqual(calls, i)
        yield* TestClock.adjust(10)
      }
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(size(), 0)
    }).pipe(Effect.provide(Timers.layer)))

  it.effect("whatever comes in whatever order, each call ends once, as it should, and nothing is left", () =>
    Effect.gen(function*() {
      const timeouts = [7, 50, 1000]
      for (const seed of seeds) {
        const random = SeededRandom.make(seed)
        const { counts, layer } = counted()
        yield* Effect.gen(function*() {
          const { call, reply, size } = yield* make
          const all: Array<Asked & { readonly deadline: number; expected: string }> = []
          let now = 0
          const waiting = () => all.filter(({ expected }) => expected === "waits")
          for (let step = 0; step < 60; step++) {
            const some = all.length === 0 ? undefined : random.pick(all)
            const action = random.below(5)
            if (action <= 1) {
              const timeout = random.pick(timeouts)
              all.push({ ...yield* call(timeout), deadline: now + timeout, expected: "waits" })
            } else if (action === 2 && some !== undefined) {
              const awaited = some.expected === "waits"
              assert.strictEqual(reply(some.id, `step ${step}`), awaited, `seed ${seed}, step ${step}`)
              if (awaited) some.expected = `step ${step}`
            } else if (action === 3 && some !== undefined) {
              // A reply that has been handed over has ended the call, even if its fiber has not had its turn.
              yield* settle
              yield* Fiber.interrupt(some.fiber)
              if (some.expected === "waits") some.expected = "interrupted"
            } else if (action === 4) {
              const passing = random.pick([1, 5, 30, 400])
              now += passing
              yield* TestClock.adjust(passing)
              for (const late of waiting()) if (late.deadline <= now) late.expected = "timeout"
            }
            assert.strictEqual(size(), waiting().length, `seed ${seed}, step ${step}`)
          }
          yield* TestClock.adjust(1000)
          for (const late of waiting()) late.expected = "timeout"
          for (const { expected, fiber, id } of all) {
            assert.strictEqual(describeExit(fiber.pollUnsafe()), expected, `seed ${seed}, call ${id}`)
          }
          assert.strictEqual(size(), 0, `seed ${seed}`)
          yield* TestClock.adjust(1000)
          assert.strictEqual(counts.running, 0, `seed ${seed}: timers are left`)
          assert.isAtMost(counts.most, timeouts.length, `seed ${seed}: more timers than timeouts`)
        }).pipe(Effect.provide(layer), Effect.scoped)
      }
    }))

  it.effect("calls that are answered in time share one timer a timeout", () =>
    Effect.gen(function*() {
      const { counts, layer } = counted()
      yield* Effect.gen(function*() {
        const { call, reply, size } = yield* make
        for (let i = 0; i < 1000; i++) {
          for (const timeout of [300, 500]) {
            const { id } = yield* call(timeout)
            reply(id, "")
          }
        }
        assert.strictEqual(size(), 0)
        assert.strictEqual(counts.started, 2)
        yield* TestClock.adjust(500)
        assert.strictEqual(counts.running, 0)

        for (let ms = 0; ms < 1000; ms++) {
          const { id } = yield* call(100)
          yield* TestClock.adjust(1)
          reply(id, "")
        }
        assert.isAtMost(counts.started, 2 + 1000 / 99 + 1, "one at a time, at its oldest deadline")
      }).pipe(Effect.provide(layer))
    }))

  it.effect("ids are those of nobody else, not even of a former life of the node", () =>
    Effect.gen(function*() {
      const ids = new Set<number>()
      for (const seed of seeds) {
        const { call, reply } = yield* Effect.provideService(make, Random.Random, SeededRandom.make(seed))
        for (let i = 0; i < 20; i++) {
          const { id } = yield* call(100)
          assert.isTrue(Number.isSafeInteger(id) && id >= 0, `seed ${seed}: ${id}`)
          assert.isFalse(ids.has(id), `seed ${seed}: ${id} has been used before`)
          ids.add(id)
          reply(id, "")
        }
      }
    }).pipe(Effect.provide(Timers.layer)))
})
