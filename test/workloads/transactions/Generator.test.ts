import { assert, describe, it } from "@effect/vitest"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import * as Setting from "../../../src/workloads/Setting.ts"
import * as Generator from "../../../src/workloads/transactions/Generator.ts"
import { TxnRwRegisterWorkload } from "../../../src/workloads/transactions/TxnRwRegisterWorkload.ts"
import { history } from "./Histories.ts"

type Operation = readonly ["r", key: number] | readonly ["w", key: number, value: number]

const usual = Setting.usualOf(TxnRwRegisterWorkload.settings)

const draw = (
  count: number,
  settings: Partial<Generator.Settings> = {},
  seed = 0
): ReadonlyArray<ReadonlyArray<Operation>> => {
  const next = Generator.make<Operation>(SeededRandom.make(seed), { ...usual, ...settings }, {
    read: (key) => ["r", key],
    write: (key, value) => ["w", key, value]
  })
  return Array.from({ length: count }, next)
}

describe("transactions at random", () => {
  it("are of 1 to 4 operations, each length as often, half of them reads", () => {
    const transactions = draw(10_000)
    for (const length of [1, 2, 3, 4]) {
      assert.approximately(transactions.filter((txn) => txn.length === length).length, 2500, 200)
    }
    const operations = transactions.flat()
    assert.approximately(operations.filter(([f]) => f === "r").length / operations.length, 0.5, 0.02)
  })

  it("write 1, 2, 3 … to a key, 16 times at the most, and then never touch it again", () => {
    const last = new Map<number, number>()
    for (const operation of draw(10_000).flat()) {
      if (operation[0] === "r") continue
      const [, key, value] = operation
      assert.strictEqual(value, (last.get(key) ?? 0) + 1)
      last.set(key, value)
    }
    assert.strictEqual(Math.max(...last.values()), 16)
    assert.isAbove([...last.values()].filter((count) => count === 16).length, 0.95 * last.size)
  })

  it("use each key of the pool twice as often as the one before", () => {
    const uses = new Map<number, number>()
    for (const [, key] of draw(20_000, { keyCount: 4, maxWritesPerKey: 1e6 }).flat()) {
      uses.set(key, (uses.get(key) ?? 0) + 1)
    }
    assert.lengthOf([...uses], 4)
    for (const key of [1, 2, 3]) assert.approximately(uses.get(key)! / uses.get(key - 1)!, 2, 0.15)
  })

  it("are as they are set", () => {
    const transactions = draw(1000, { keyCount: 1, maxTxnLength: 2, maxWritesPerKey: 3 })
    assert.strictEqual(Math.max(...transactions.map(({ length }) => length)), 2)
    const values = transactions.flat().flatMap((operation) => operation[0] === "w" ? [operation[2]] : [])
    assert.deepStrictEqual(values.slice(0, 7), [1, 2, 3, 1, 2, 3, 1])
  })

  it("are read at the end, every key once, 32 keys at a time", () => {
    const written = history(Array.from({ length: 100 }, (_, i) => `w k${i} 1, r k${i + 1} null`))
    const portions = Generator.portions(written)
    assert.deepStrictEqual(portions.map(({ length }) => length), [32, 32, 32, 5])
    assert.strictEqual(new Set(portions.flat()).size, 101)
  })
})
