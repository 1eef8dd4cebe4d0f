import { assert, describe, it } from "@effect/vitest"
import { quantile, quantiles, rank } from "../../../src/workloads/history/Sorted.ts"

describe("Sorted", () => {
  it("rank: how many are below", () => {
    assert.deepStrictEqual([0, 1, 2, 3, 9, 10].map((value) => rank([1, 3, 3, 9], value)), [0, 0, 1, 1, 3, 4])
    assert.strictEqual(rank([], 5), 0)
  })

  it("quantile: the value at the place that Jepsen takes", () => {
    assert.strictEqual(quantile([], 0.5), 0)
    assert.deepStrictEqual([0, 0.49, 0.5, 0.99, 1].map((q) => quantile([1, 2, 3, 4], q)), [1, 2, 3, 4, 4])
  })

  it("quantiles: at Maelstrom's points, whatever the order of the values", () => {
    assert.isUndefined(quantiles([]))
    assert.deepStrictEqual(quantiles([9, 1, 5]), { "0": 1, "0.5": 5, "0.95": 9, "0.99": 9, "1": 9 })
  })
})
