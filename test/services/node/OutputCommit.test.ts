import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Latch from "effect/Latch"
import * as OutputCommit from "../../../src/services/node/OutputCommit.ts"

describe("OutputCommit", () => {
  it.effect("is crowded while too much waits for the disk, of which nothing is lost", () =>
    Effect.gen(function*() {
      const commit = OutputCommit.make()
      const disk = Latch.makeUnsafe(false)
      let isSafe = false
      commit.require(() => isSafe ? undefined : disk.await)
      const waiting = yield* FiberSet.make<void>()
      let said = 0
      const say = commit.say(Effect.sync(() => void said++))
      for (let i = 0; i < OutputCommit.maxWaiting; i++) yield* FiberSet.run(waiting, say)
      yield* Effect.yieldNow
      assert.isUndefined(commit.crowded())
      yield* FiberSet.run(waiting, say)
      yield* Effect.yieldNow
      const hearing = yield* Effect.forkChild(commit.crowded() ?? Effect.die("it is not crowded"))
      yield* Effect.yieldNow
      assert.isUndefined(hearing.pollUnsafe())
      assert.strictEqual(said, 0)

      isSafe = true
      yield* disk.open
      yield* Fiber.join(hearing)
      yield* FiberSet.awaitEmpty(waiting)
      assert.strictEqual(said, OutputCommit.maxWaiting + 1)
      assert.isUndefined(commit.crowded())
    }))
})
