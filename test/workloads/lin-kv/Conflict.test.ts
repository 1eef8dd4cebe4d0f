import { assert, describe, it } from "@effect/vitest"
import * as Conflict from "../../../src/workloads/lin-kv/Conflict.ts"
import * as Linearizability from "../../../src/workloads/lin-kv/Linearizability.ts"
import type { Operation } from "../../../src/workloads/lin-kv/RegisterOperation.ts"
import { seeds } from "../../Seeds.ts"
import * as Histories from "./Histories.ts"
import * as References from "./References.ts"

/** The same history, if only these operations are taken for certain. */
const keeping = (problem: Linearizability.Problem, kept: ReadonlyArray<number>): Linearizability.Problem => ({
  ...problem,
  operations: problem.operations.map((operation, index) =>
    kept.includes(index) ? operation : { ...operation, certain: false }
  )
})

/** The conflict of a history that is broken. */
const find = (problem: Linearizability.Problem): Conflict.Conflict | undefined => {
  const judgement = Linearizability.judge(problem)
  return judgement.type === "broken" ? Conflict.find(problem, judgement.at) : undefined
}

/** So many unknown writes of 1, and one more time that 1 is read after another write. */
const exhausting = (writes: number): Linearizability.Problem => {
  const unknown = Array.from({ length: writes }, (_, begin): Operation => ({
    begin,
    end: Infinity,
    action: { type: "write", value: 1 },
    certain: false
  }))
  const certain = Array.from({ length: 2 * writes + 2 }, (_, index): Operation => ({
    begin: writes + 2 * index,
    end: writes + 2 * index + 1,
    action: index % 2 === 0 ? { type: "write", value: 2 } : { type: "read", value: 1 },
    certain: true
  }))
  return { operations: [...unknown, ...certain], valueCount: 3 }
}

describe("Conflict", () => {
  it("has no order, has one without any of its operations, and one of them is the last", () => {
    let conflicts = 0
    for (const seed of seeds(500)) {
      const problem = Histories.varied(seed, 8)
      const conflict = find(problem)
      if (conflict === undefined) continue
      conflicts++
      const { last, operations } = conflict
      assert.include(operations, last, `seed ${seed}`)
      assert.isFalse(References.bruteForce(keeping(problem, operations)), `seed ${seed}`)
      for (const index of operations) {
        const others = operations.filter((other) => other !== index)
        assert.isTrue(References.bruteForce(keeping(problem, others)), `seed ${seed}, without ${index}`)
      }
    }
    assert.isAbove(conflicts, 50)
  })

  it("says what the register can have held when the last one took place", () => {
    for (const seed of seeds(500)) {
      const problem = Histories.varied(seed, 8)
      const conflict = find(problem)
      if (conflict === undefined) continue
      const { last, operations, possible } = conflict
      for (let value = 0; value < problem.valueCount; value++) {
        const core = keeping(problem, operations)
        const read = { ...core.operations[last]!, action: { type: "read", value } } as const
        const holds = References.bruteForce({ ...core, operations: core.operations.with(last, read) })
        assert.strictEqual(possible.includes(value), holds, `seed ${seed}, value ${value}`)
      }
    }
  })

  it("is not found if it is large", () => {
    assert.lengthOf(find(exhausting(20))?.operations ?? [], 41)
    assert.lengthOf(find(exhausting(60))?.operations ?? [], 121)
    assert.strictEqual(Linearizability.judge(exhausting(130)).type, "broken")
    assert.isUndefined(find(exhausting(130)))
  })

  it("is small and close to where it shows, in a long history too", () => {
    for (const seed of seeds(2)) {
      const problem = Histories.make(seed, { operations: 1000, clients: 10, reads: 0.5, writes: 0.5 })
      const at = problem.operations.findLastIndex(({ action, certain }) => certain && action.type === "read")
      const stale = { ...problem.operations[at]!, action: { type: "read", value: 1 } } as const
      const conflict = find({ ...problem, operations: problem.operations.with(at, stale) })
      assert.isDefined(conflict, `seed ${seed}`)
      assert.strictEqual(conflict.last, at, `seed ${seed}`)
      assert.isAtMost(conflict.operations.length, 3, `seed ${seed}`)
      for (const index of conflict.operations) assert.isAbove(index, at - 100, `seed ${seed}`)
    }
  })
})
