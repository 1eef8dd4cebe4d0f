import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Acts from "../../../src/simulator/time/Acts.ts"
import * as VirtualProcess from "../../../src/simulator/time/VirtualProcess.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"

/** A process in a world of its own, and a note of what it did at which time. */
const world = () => {
  const time = VirtualTime.make()
  const acts = Acts.make(time)
  const trace: Array<readonly [string, number]> = []
  const note = (label: string) => () => void trace.push([label, time.now()])
  const drain = (): void => assert.strictEqual(time.run(() => false), "deadlock")
  return { time, acts, trace, note, drain }
}

describe("Acts", () => {
  it("without a cost take no time", () => {
    const { acts, drain, note, trace } = world()
    acts.act(note("a"))
    acts.spend(0, note("b"))
    drain()
    assert.deepStrictEqual(trace, [["a", 0], ["b", 0]])
  })

  it("with a cost come at the end of it, and what comes meanwhile comes after that, in order", () => {
    const { acts, drain, note, time, trace } = world()
    time.after(1, () => acts.act(note("first"), 10))
    time.after(2, () => acts.act(note("second"), 5))
    time.after(3, () => acts.act(note("free")))
    time.after(50, () => acts.act(note("idle again"), 1))
    drain()
    assert.deepStrictEqual(trace, [["first", 11], ["second", 16], ["free", 16], ["idle again", 51]])
  })

  it("go on ahead of what waits", () => {
    const { acts, drain, note, trace } = world()
    acts.act(() => {
      acts.spend(3, note("sent"))
      acts.spend(4, note("sent too"))
    }, 10)
    acts.act(note("waits"), 1)
    drain()
    assert.deepStrictEqual(trace, [["sent", 13], ["sent too", 17], ["waits", 18]])
  })

  it("of a busy process are late, its timers too", () => {
    const time = VirtualTime.make()
    const process = VirtualProcess.make(time, SeededRandom.make(0), time.now)
    let woke = 0
    process.run(Effect.andThen(Effect.sleep(10), Effect.sync(() => void (woke = time.now()))))
    time.after(5, () => process.act(() => {}, 20))
    time.run(() => false)
    assert.strictEqual(woke, 25)
  })

  it("are interrupted by a pause, and what they still cost is to come after it", () => {
    const { acts, drain, note, time, trace } = world()
    acts.act(note("under way"), 10)
    acts.act(note("waits"), 10)
    time.after(4, acts.pause)
    time.after(50, () => acts.act(note("came in the pause"), 10))
    time.after(104, acts.resume)
    drain()
    assert.deepStrictEqual(trace, [["under way", 110], ["waits", 120], ["came in the pause", 130]])
  })

  it("end with the process", () => {
    const { acts, drain, note, time, trace } = world()
    acts.act(() => acts.spend(10, note("never sent")), 10)
    acts.act(note("never"), 10)
    time.after(15, acts.kill)
    drain()
    assert.deepStrictEqual(trace, [])
  })

  it("end however their costs round", () => {
    const { acts, drain, time } = world()
    const random = SeededRandom.make(0)
    let done = 0
    for (let i = 0; i < 1000; i++) {
      time.after(random.nextDoubleUnsafe() * 1e5, () => acts.act(() => void done++, random.nextDoubleUnsafe() / 3))
    }
    drain()
    assert.strictEqual(done, 1000)
  })
})
