import { assert, describe, it } from "@effect/vitest"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds as seedsOf } from "../../Seeds.ts"

const seeds = seedsOf(40)

const never = () => false

/** Runs until nothing is left to happen. */
const drain = (time: VirtualTime.VirtualTime): void => assert.strictEqual(time.run(never), "deadlock")

describe("VirtualTime", () => {
  it("begins at 0 and jumps from event to event, in the order of their times", () => {
    const time = VirtualTime.make()
    const trace: Array<readonly [string, number]> = []
    for (const delay of [30, 10, 20.5]) time.after(delay, () => trace.push([`after ${delay}`, time.now()]))
    assert.strictEqual(time.now(), 0)
    drain(time)
    assert.deepStrictEqual(trace, [["after 10", 10], ["after 20.5", 20.5], ["after 30", 30]])
    assert.strictEqual(time.now(), 30)
  })

  it("does what was asked for at the same time in the order in which it was asked for", () => {
    for (const seed of seeds) {
      const random = SeededRandom.make(seed)
      const time = VirtualTime.make()
      const asked: Array<{ readonly due: number; readonly order: number }> = []
      const happened: typeof asked = []
      const ask = (): void => {
        const delay = random.below(10)
        const event = { due: time.now() + delay, order: asked.length }
        asked.push(event)
        time.after(delay, () => {
          assert.strictEqual(time.now(), event.due, `seed ${seed}`)
          happened.push(event)
          if (asked.length < 300) { for (let i = random.below(4); i > 0; i--) ask() }
        })
      }
      for (let i = 0; i < 50; i++) ask()
      drain(time)
      // A sort is stable, so it leaves events of the same time in the order in which they were asked for.
      assert.deepStrictEqual(happened, asked.toSorted((a, b) => a.due - b.due), `seed ${seed}`)
    }
  })

  it("takes a delay that is over already for none, and never goes back", () => {
    const time = VirtualTime.make()
    const trace: Array<readonly [string, number]> = []
    time.after(5, () => {
      time.after(0, () => trace.push(["at once", time.now()]))
      time.after(-100, () => trace.push(["long ago", time.now()]))
      time.after(1, () => trace.push(["later", time.now()]))
    })
    drain(time)
    assert.deepStrictEqual(trace, [["at once", 5], ["long ago", 5], ["later", 6]])
  })

  it("runs every task of an instant, and those that they bring about, before time moves on", () => {
    const time = VirtualTime.make()
    const trace: Array<string> = []
    const task = (name: string, then: () => void = () => {}) => () => {
      trace.push(`${name} at ${time.now()}`)
      then()
    }
    time.after(1, task("event", () => time.soon(task("its task"))))
    time.after(1, task("second event"))
    time.soon(task("first", () => {
      time.soon(task("third"))
      time.after(0, task("event at once"))
    }))
    time.soon(task("second"))
    drain(time)
    assert.deepStrictEqual(trace, [
      "first at 0",
      "second at 0",
      "third at 0",
      "event at once at 0",
      "event at 1",
      "its task at 1",
      "second event at 1"
    ])
  })

  it("does not do what was taken back, even at the last moment, nor twice what was taken back too late", () => {
    for (const seed of seeds) {
      const random = SeededRandom.make(seed)
      const time = VirtualTime.make()
      const happened: Array<number> = []
      const cancelled = new Set<number>()
      const cancels = Array.from({ length: 40 }, (_, i) =>
        time.after(random.below(20), () => {
          happened.push(i)
          if (random.chance(0.5)) return
          const victim = random.below(40)
          if (!happened.includes(victim)) cancelled.add(victim)
          cancels[victim]?.()
          cancels[victim]?.()
        }))
      drain(time)
      const expected = Array.from({ length: 40 }, (_, i) => i).filter((i) => !cancelled.has(i))
      assert.deepStrictEqual(happened.toSorted((a, b) => a - b), expected, `seed ${seed}`)
    }
  })

  it("is in deadlock when nothing can happen any more, and not while anything can", () => {
    const time = VirtualTime.make()
    assert.strictEqual(time.run(never), "deadlock")
    let done = false
    time.after(7, () => {
      done = true
    })
    assert.strictEqual(time.run(() => done), "done")
    assert.strictEqual(time.run(never), "deadlock")
    time.after(3, () => {})()
    assert.strictEqual(time.run(never), "deadlock", "what was taken back cannot happen")
    assert.strictEqual(time.now(), 7, "time stood still")
  })

  it("stops as soon as it is done, and leaves the rest for later", () => {
    const time = VirtualTime.make()
    const trace: Array<number> = []
    for (const delay of [1, 2, 3, 4]) time.after(delay, () => trace.push(delay))
    assert.strictEqual(time.run(() => trace.length === 2), "done")
    assert.deepStrictEqual([trace, time.now()], [[1, 2], 2])
    drain(time)
    assert.deepStrictEqual(trace, [1, 2, 3, 4])
  })

  it("does no more than its budget, and the same in slices as at once", () => {
    /** Tasks and events that beget each other for a while. */
    const world = (seed: number) => {
      const random = SeededRandom.make(seed)
      const time = VirtualTime.make(seed % 2 === 0 ? undefined : random.fork("interleaving"))
      const trace: Array<readonly [number, number]> = []
      const beget = (): void => {
        const name = random.below(1000)
        const act = (): void => {
          trace.push([name, time.now()])
          if (trace.length < 200) { for (let i = random.below(3); i > 0; i--) beget() }
        }
        if (random.chance(0.5)) time.soon(act)
        else time.after(random.below(3), act)
      }
      for (let i = 0; i < 20; i++) beget()
      return { time, trace }
    }
    for (const seed of seeds) {
      const atOnce = world(seed)
      drain(atOnce.time)
      for (const budget of [1, 7]) {
        const { time, trace } = world(seed)
        for (;;) {
          const before = trace.length
          const state = time.run(never, budget)
          assert.isAtMost(trace.length - before, budget, `seed ${seed}`)
          if (state === "deadlock") break
          assert.strictEqual(state, "more", `seed ${seed}`)
          assert.strictEqual(trace.length - before, budget, `seed ${seed}`)
        }
        assert.deepStrictEqual(trace, atOnce.trace, `seed ${seed}, budget ${budget}`)
      }
    }
  })

  it("interleaving: every order of the tasks of an instant occurs, equally often, and none is lost", () => {
    const orders = new Map<string, number>()
    const runs = 6000
    for (let seed = 0; seed < runs; seed++) {
      const time = VirtualTime.make(SeededRandom.make(seed))
      const trace: Array<string> = []
      for (const task of ["a", "b", "c"]) time.soon(() => trace.push(task))
      drain(time)
      const order = trace.join("")
      orders.set(order, (orders.get(order) ?? 0) + 1)
    }
    assert.sameMembers([...orders.keys()], ["abc", "acb", "bac", "bca", "cab", "cba"])
    const deviation = Math.sqrt(runs * 1 / 6 * 5 / 6)
    for (const [order, count] of orders) assert.isBelow(Math.abs(count - runs / 6), 5 * deviation, order)
  })

  it("interleaving: changes the order of tasks, never that of events", () => {
    for (const seed of seeds) {
      const time = VirtualTime.make(SeededRandom.make(seed))
      const trace: Array<number> = []
      for (let i = 0; i < 20; i++) time.after(i % 2, () => trace.push(i))
      drain(time)
      const expected = Array.from({ length: 20 }, (_, i) => i).toSorted((a, b) => a % 2 - b % 2)
      assert.deepStrictEqual(trace, expected, `seed ${seed}`)
    }
  })

  it("is in livelock when time stands still for ever, in tasks or in events, and not in a long run", () => {
    const tasks = VirtualTime.make()
    const again = (): void => tasks.soon(again)
    again()
    assert.strictEqual(tasks.run(never), "livelock")

    const events = VirtualTime.make()
    const once = (): void => void events.after(0, once)
    once()
    assert.strictEqual(events.run(never), "livelock")

    const long = VirtualTime.make()
    let turns = 0
    const turn = (): void => void (turns++ < 1.1 * VirtualTime.livelockAfter && long.after(0.001, turn))
    turn()
    assert.strictEqual(long.run(never), "deadlock")
  })
})
