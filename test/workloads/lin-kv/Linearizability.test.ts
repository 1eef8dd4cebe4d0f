import { assert, describe, it } from "@effect/vitest"
import * as Exhaustive from "../../../src/workloads/lin-kv/Exhaustive.ts"
import * as Linearizability from "../../../src/workloads/lin-kv/Linearizability.ts"
import type { Action, Operation } from "../../../src/workloads/lin-kv/RegisterOperation.ts"
import * as Selective from "../../../src/workloads/lin-kv/Selective.ts"
import { seeds } from "../../Seeds.ts"
import * as Histories from "./Histories.ts"
import * as References from "./References.ts"
import * as Satisfiability from "./Satisfiability.ts"

const read = (value: number): Action => ({ type: "read", value })
const differ = (value: number): Action => ({ type: "differ", value })
const write = (value: number): Action => ({ type: "write", value })
const cas = (from: number, to: number): Action => ({ type: "cas", from, to })

const sure = (begin: number, end: number, action: Action): Operation => ({ begin, end, action, certain: true })
const unknown = (begin: number, action: Action): Operation => ({ begin, end: Infinity, action, certain: false })

/** Where it is broken is where the last order ends. */
const judge = (...operations: ReadonlyArray<Operation>): Linearizability.Judgement => {
  const problem = { operations, valueCount: 10 }
  const judgement = Linearizability.judge(problem)
  assert.strictEqual(Selective.judge(problem).type, judgement.type)
  return judgement
}

const linearizable = { type: "linearizable" }
const brokenAt = (at: number) => ({ type: "broken", at })

/** All ways to judge agree with another one. */
const agree = (seeds: ReadonlyArray<number>, most: number, other: typeof References.bruteForce): void => {
  const counts = { linearizable: 0, broken: 0, undecided: 0 }
  for (const seed of seeds) {
    const problem = Histories.varied(seed, most)
    const expected = other(problem) ? "linearizable" : "broken"
    counts[expected]++
    assert.strictEqual(Linearizability.judge(problem).type, expected, `seed ${seed}`)
    assert.strictEqual(Selective.judge(problem).type, expected, `selective, seed ${seed}`)
  }
  assert.isAbove(Math.min(counts.linearizable, counts.broken), 0.1 * seeds.length, JSON.stringify(counts))
}

describe("Linearizability", () => {
  it("nothing happened: there is an order", () => {
    assert.deepStrictEqual<unknown>(judge(), linearizable)
    assert.deepStrictEqual<unknown>(judge(sure(0, 1, read(0))), linearizable)
  })

  it("a read sees the last write, or one that goes on", () => {
    assert.deepStrictEqual<unknown>(judge(sure(0, 1, write(1)), sure(2, 3, read(1))), linearizable)
    assert.deepStrictEqual<unknown>(judge(sure(0, 1, write(1)), sure(2, 3, read(0))), brokenAt(1))
    for (const seen of [1, 2]) {
      assert.deepStrictEqual<unknown>(
        judge(sure(0, 1, write(1)), sure(2, 5, write(2)), sure(3, 4, read(seen))),
        linearizable
      )
    }
  })

  it("two reads do not see two writes in different orders", () => {
    const writes = [sure(0, 10, write(1)), sure(1, 11, write(2))]
    assert.deepStrictEqual<unknown>(judge(...writes, sure(2, 3, read(1)), sure(4, 5, read(2))), linearizable)
    assert.strictEqual(judge(...writes, sure(2, 3, read(1)), sure(4, 5, read(2)), sure(6, 7, read(1))).type, "broken")
  })

  it("a cas happens where its value is, one that finds another value elsewhere", () => {
    assert.deepStrictEqual<unknown>(
      judge(sure(0, 1, write(1)), sure(2, 3, cas(1, 2)), sure(4, 5, read(2))),
      linearizable
    )
    assert.deepStrictEqual<unknown>(judge(sure(0, 1, write(1)), sure(2, 3, cas(2, 3))), brokenAt(1))
    assert.deepStrictEqual<unknown>(judge(sure(0, 1, write(1)), sure(2, 3, differ(2))), linearizable)
    assert.deepStrictEqual<unknown>(judge(sure(0, 1, write(1)), sure(2, 3, differ(1))), brokenAt(1))
    assert.deepStrictEqual<unknown>(
      judge(sure(0, 1, write(1)), sure(2, 5, write(2)), sure(3, 4, differ(1))),
      linearizable
    )
  })

  it("an operation of unknown outcome happens at any time after it began, or never, but not twice", () => {
    const before = [unknown(0, write(1)), sure(1, 2, write(2)), sure(3, 4, read(2)), sure(5, 6, write(3))]
    assert.deepStrictEqual<unknown>(judge(...before, sure(7, 8, read(3))), linearizable)
    assert.deepStrictEqual<unknown>(judge(...before, sure(7, 8, read(1))), linearizable)
    const twice = [...before, sure(7, 8, read(1)), sure(9, 10, write(4)), sure(11, 12, read(1))]
    assert.strictEqual(judge(...twice).type, "broken")
    assert.deepStrictEqual<unknown>(judge(unknown(-1, write(1)), ...twice), linearizable)
    assert.deepStrictEqual<unknown>(judge(sure(0, 1, read(1)), unknown(2, write(1))), brokenAt(0))
  })

  it("what may have happened did so before it ended, or never", () => {
    const doubtful: Operation = { ...sure(0, 1, write(1)), certain: false }
    assert.deepStrictEqual<unknown>(judge(doubtful, sure(2, 3, read(1))), linearizable)
    assert.deepStrictEqual<unknown>(judge(doubtful, sure(2, 3, read(0))), linearizable)
    assert.strictEqual(judge(doubtful, sure(2, 3, read(0)), sure(4, 5, read(1))).type, "broken")
  })

  it("the register may have held any of some values at first", () => {
    const operations = [sure(0, 1, read(1)), sure(2, 3, cas(1, 2))]
    assert.strictEqual(Linearizability.judge({ operations, valueCount: 3 }).type, "broken")
    assert.strictEqual(Linearizability.judge({ operations, valueCount: 3, initial: [0, 1] }).type, "linearizable")
  })

  it("is given up when it has looked at too much", () => {
    const problem = Histories.make(0, {
      operations: 100,
      clients: 10,
      values: 5,
      reads: 0.5,
      writes: 0.2,
      unknown: 0.5
    })
    assert.deepStrictEqual<unknown>(Selective.judge(problem, { limit: 10 }), { type: "undecided" })
    assert.deepStrictEqual<unknown>(Exhaustive.judge(problem), { type: "undecided" })
    assert.deepStrictEqual<unknown>(Linearizability.judge(problem, { limit: 10 }), { type: "undecided" })
    assert.deepStrictEqual<unknown>(Linearizability.judge(problem), linearizable)
  })

  // `SEEDS=100000` compares as many as are to be compared once.
  it("agrees with brute force on small histories of every kind", () => agree(seeds(2000), 8, References.bruteForce))

  // `SEEDS=10000` does.
  it("agrees with a solver of formulas on histories of up to 40 operations", () =>
    agree(seeds(12), 40, Satisfiability.isLinearizable))

  it("finds where the last order ends", () => {
    for (const seed of seeds(500)) {
      const problem = Histories.varied(seed, 8)
      const judgement = Linearizability.judge(problem)
      if (judgement.type !== "broken") continue
      const { end } = problem.operations[judgement.at]!
      assert.isFalse(References.bruteForce(References.until(problem, end)), `seed ${seed}`)
      assert.isTrue(References.bruteForce(References.until(problem, end - 1)), `seed ${seed}`)
    }
  })
})
