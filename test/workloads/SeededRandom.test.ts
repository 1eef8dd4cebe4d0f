import { assert, describe, it } from "@effect/vitest"
import * as SeededRandom from "../../src/workloads/SeededRandom.ts"

const draws = (random: SeededRandom.SeededRandom): string =>
  [random.nextDoubleUnsafe(), random.nextDoubleUnsafe()].join(" ")

describe("SeededRandom", () => {
  it("the same seed and labels give the same stream, whatever was drawn before the fork", () => {
    const a = SeededRandom.make(7)
    const b = SeededRandom.make(7)
    b.nextDoubleUnsafe()
    assert.strictEqual(draws(a.fork("x").fork("y")), draws(b.fork("x").fork("y")))
  })

  it("seeds, and forks by whatever labels, are streams of their own", () => {
    const streams = new Map<string, string>()
    const add = (name: string, random: SeededRandom.SeededRandom): void => {
      const drawn = draws(random)
      assert.strictEqual(streams.get(drawn), undefined, `${name} is ${streams.get(drawn)}`)
      streams.set(drawn, name)
    }
    for (let seed = 0; seed < 1000; seed++) {
      const random = SeededRandom.make(seed)
      add(`${seed}`, random)
      for (const label of ["a", "b", "latency", "load"]) add(`${seed} ${label}`, random.fork(label))
      for (let node = 0; node < 5; node++) {
        for (let life = 0; life < 3; life++) {
          add(`${seed} n${node} ${life}`, random.fork(`n${node}`).fork(`life ${life}`))
        }
      }
    }
  })

  it("draws are even: numbers, choices, chances and orders", () => {
    const random = SeededRandom.make(1)
    const count = 60_000
    const counts = Array.from({ length: 6 }, () => 0)
    for (let i = 0; i < count; i++) counts[random.below(6)]!++
    const deviation = Math.sqrt(count * 1 / 6 * 5 / 6)
    for (const n of counts) assert.isBelow(Math.abs(n - count / 6), 5 * deviation)

    const hits = Array.from({ length: count }, () => random.chance(0.2)).filter(Boolean).length
    assert.isBelow(Math.abs(hits - 0.2 * count), 5 * Math.sqrt(count * 0.2 * 0.8))
    assert.isFalse(Array.from({ length: 1000 }, () => random.chance(0)).some(Boolean))

    const orders = new Map<string, number>()
    for (let i = 0; i < count; i++) {
      const order = random.shuffle(["a", "b", "c"]).join("")
      orders.set(order, (orders.get(order) ?? 0) + 1)
    }
    assert.strictEqual(orders.size, 6)
    for (const n of orders.values()) assert.isBelow(Math.abs(n - count / 6), 5 * deviation)
  })

  it("there is nothing to pick from nothing", () => {
    assert.throws(() => SeededRandom.make(1).pick([]))
  })
})
