import { assert, describe, it } from "@effect/vitest"
import { Origin } from "../../../../src/schema/VersionVector.ts"
import * as Frontiers from "../../../../src/services/gossip/replica/Frontiers.ts"
import * as Log from "../../../../src/services/gossip/replica/Log.ts"
import * as Trail from "../../../../src/services/gossip/replica/Trail.ts"

const [a, b] = [Origin.make("n0.a"), Origin.make("n1.b")]

/** A log with these origins' operations, which are numbered from 1. */
const logOf = (...origins: ReadonlyArray<Origin>): Log.Log<number> => {
  const log = Log.make<number>(() => 2)
  origins.forEach((origin, i) => void log.append(origin, i + 1))
  return log
}

const operations = (advance: Frontiers.Advance<number> | undefined): ReadonlyArray<number> =>
  advance?.entries.map(({ operation }) => operation) ?? []

describe("Frontiers", () => {
  it("so many nodes have what the least of the others has, of those that have most", () => {
    const log = logOf(a, b, a, a)
    const reach = (copies: number, confirmed: ReadonlyArray<number>): number =>
      Frontiers.reach(Frontiers.make(copies, true), log, confirmed)
    assert.strictEqual(reach(3, [4, 2]), 2)
    assert.strictEqual(reach(2, [1, 4, 2]), 4)
    assert.strictEqual(reach(3, [1, 4, 2]), 2)
    assert.strictEqual(reach(3, [4]), 0, "nothing is known of the third")
    assert.strictEqual(reach(1, []), 4, "this one has all")
  })

  it("what is inferred is told once, and never taken back", () => {
    const log = logOf(a, b, a, a)
    const frontier = Frontiers.make(3, true)
    assert.deepStrictEqual(operations(Frontiers.infer(frontier, log, 2)), [1, 2])
    assert.isUndefined(Frontiers.infer(frontier, log, 1))
    assert.deepStrictEqual(operations(Frontiers.infer(frontier, log, 4)), [3, 4])
    assert.deepStrictEqual([...frontier.vector], [[a, 3], [b, 1]])
    assert.deepStrictEqual(Frontiers.tell([frontier]), [[3, 4]])
  })

  it("advances in steps", () => {
    const log = logOf(...Array.from({ length: Frontiers.most + 1 }, () => a))
    const frontier = Frontiers.make(3, true)
    const steps = [1, 2, 3].map(() => operations(Frontiers.infer(frontier, log, log.end())).length)
    assert.deepStrictEqual(steps, [Frontiers.most, 1, 0])
  })

  it("what is heard is in the order of another's log, and is told in that of each origin", () => {
    const log = logOf(b, b, a)
    const frontier = Frontiers.make(3, true)
    const trail = Trail.make()
    for (const [origin, count, end] of [[a, 1, 1], [b, 1, 2], [b, 2, 3]] as const) {
      Trail.extend(trail, origin, count, 1, end)
    }
    assert.deepStrictEqual(operations(Frontiers.hear(frontier, log, trail, 2)), [3, 1])
    assert.deepStrictEqual(operations(Frontiers.hear(frontier, log, trail, 3)), [2])
    assert.strictEqual(frontier.position, 0, "that says nothing of this replica's own log")
  })

  it("what was told before is not told again, by whatever way it is learned", () => {
    const log = logOf(a, b, a)
    const frontier = Frontiers.make(3, true)
    assert.deepStrictEqual(operations(Frontiers.adopt(frontier, log, new Map([[a, 2]]))), [1, 3])
    assert.deepStrictEqual(operations(Frontiers.infer(frontier, log, 3)), [2])
    assert.isUndefined(Frontiers.adopt(frontier, log, new Map([[a, 1], [b, 1]])))
  })

  it("of what is forgotten only the count is left", () => {
    const log = logOf(a, b, a)
    log.forgetTo(2)
    const frontier = Frontiers.make(3, true)
    assert.deepStrictEqual(operations(Frontiers.adopt(frontier, log, new Map([[a, 2], [b, 1]]))), [3])
    assert.deepStrictEqual([...frontier.vector], [[a, 2], [b, 1]])
  })
})
