import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as Links from "../../bin/nats/Links.ts"
import * as NatsServers from "../../bin/nats/NatsServers.ts"

it.effect("servers are killed one at a time, when they are well, and in the end none is down", () =>
  Effect.gen(function*() {
    const down = new Set<number>()
    const told: Array<string> = []
    const servers: NatsServers.NatsServers = {
      urls: [],
      kill: (i) => Effect.sync(() => void down.add(i)),
      restart: (i) => Effect.sync(() => void down.delete(i)),
      links: Links.local([])
    }
    const well = yield* Deferred.make<void>()
    const torment = yield* Effect.forkChild(
      NatsServers.torment(servers, 1000, Deferred.await(well), (f, server) => {
        told.push(f)
        assert.deepStrictEqual([...down].map((i) => `s${i}`), f === "start-kill-server" ? [server] : [])
      })
    )
    yield* TestClock.adjust("10 seconds")
    assert.deepStrictEqual(told, [])
    yield* Deferred.succeed(well, undefined)
    yield* TestClock.adjust("499 millis")
    assert.deepStrictEqual(told, [])
    yield* TestClock.adjust("60 seconds")
    yield* Fiber.interrupt(torment)
    assert.strictEqual(down.size, 0)
    assert.isAtLeast(told.length, 40)
    for (const [i, f] of told.entries()) assert.strictEqual(f, i % 2 === 0 ? "start-kill-server" : "stop-kill-server")
    assert.strictEqual(told.length % 2, 0)
  }))
