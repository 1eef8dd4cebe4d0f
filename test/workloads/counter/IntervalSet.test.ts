import { assert, describe, it } from "@effect/vitest"
import * as IntervalSet from "../../../src/workloads/counter/IntervalSet.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"

describe("IntervalSet", () => {
  it("sums are what all subsets of the terms come to, in as few intervals as there can be", () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = SeededRandom.make(seed)
      const spread = random.pick([2, 10, 60])
      const terms = Array.from({ length: random.below(8) }, () => BigInt(random.below(2 * spread) - spread))
      const definite = BigInt(random.below(100))
      const all = terms.reduce<ReadonlyArray<bigint>>((sums, term) => [...sums, ...sums.map((s) => s + term)], [
        definite
      ])
      const expected = new Set(all)
      const set = IntervalSet.sums(definite, terms)
      const [least, most] = [set[0]![0] - 3n, set.at(-1)![1] + 3n]
      for (let value = least; value <= most; value++) {
        assert.strictEqual(IntervalSet.has(set, value), expected.has(value), `${value}, seed ${seed}`)
      }
      const runs = [...expected].filter((value) => !expected.has(value - 1n))
      assert.lengthOf(set, runs.length, `seed ${seed}`)
    }
  })

  it("are few for a thousand small terms, and exact for large ones", () => {
    const small = IntervalSet.sums(7n, Array.from({ length: 1000 }, (_, i) => BigInt(i % 10) - 5n))
    assert.deepStrictEqual(small, [[-1493n, 1007n]])
    const limit = 2n ** 53n
    assert.deepStrictEqual(IntervalSet.sums(limit, [limit, -1n]), [[limit - 1n, limit], [2n * limit - 1n, 2n * limit]])
  })
})
