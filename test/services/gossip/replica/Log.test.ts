import { assert, describe, it } from "@effect/vitest"
import { Origin } from "../../../../src/schema/VersionVector.ts"
import * as Log from "../../../../src/services/gossip/replica/Log.ts"
import * as SeededRandom from "../../../../src/workloads/SeededRandom.ts"
import { seeds } from "../../../Seeds.ts"

const [a, b, c] = [Origin.make("n0.a"), Origin.make("n1.b"), Origin.make("n2.c")]

/** a1 b1 a2 c1 b2, each of as many bytes as its number. */
const make = () => {
  const log = Log.make<number>((size) => size)
  for (const [origin, operation] of [[a, 1], [b, 2], [a, 3], [c, 4], [b, 5]] as const) log.append(origin, operation)
  return log
}

describe("Log", () => {
  it("numbers operations by origin, and origins by when they first occur", () => {
    const log = make()
    assert.deepStrictEqual([...log.vector], [[a, 2], [b, 2], [c, 1]])
    assert.deepStrictEqual(log.sources.map(({ firstAt, origin }) => [origin, firstAt]), [[a, 0], [b, 1], [c, 3]])
    assert.strictEqual(log.at(2)?.sequence, 2)
    assert.strictEqual(log.find(b, 2)?.operation, 5)
    assert.isUndefined(log.find(b, 3))
  })

  it("knows what somebody lacks first, and what comes before a position", () => {
    const log = make()
    assert.strictEqual(log.firstLacked(new Map()), 0)
    assert.strictEqual(log.firstLacked(new Map([[a, 2], [b, 1]])), 3)
    assert.strictEqual(log.firstLacked(new Map([[a, 1], [b, 2], [c, 1]])), 2)
    assert.strictEqual(log.firstLacked(log.vector), 5)
    assert.deepStrictEqual(log.before(3), [[a, 2], [b, 1]])
    assert.deepStrictEqual(log.before(0), [])
    assert.strictEqual(log.bytesFrom(3), 9)
  })

  it("forgets its front: what is forgotten can be lacked, and not be given", () => {
    const log = make()
    log.forgetTo(3)
    assert.deepStrictEqual([log.first(), log.end()], [3, 5])
    assert.isUndefined(log.at(2))
    assert.isUndefined(log.find(a, 2))
    assert.strictEqual(log.find(b, 2)?.operation, 5)
    assert.isUndefined(log.firstLacked(new Map([[a, 1], [b, 1]])))
    assert.strictEqual(log.firstLacked(new Map([[a, 2], [b, 1]])), 3)
    assert.deepStrictEqual(log.before(4), [[a, 2], [b, 1], [c, 1]])
    assert.deepStrictEqual([log.bytesFrom(3), log.bytesFrom(4), log.bytesFrom(5)], [9, 5, 0])
    assert.strictEqual(log.append(a, 6).sequence, 3)
  })

  it("puts another operation in the place of the last one, whose size counts then", () => {
    const log = make()
    const last = log.at(log.end() - 1)!
    const bytes = log.bytesFrom(0)
    assert.isFalse(log.amend(() => undefined))
    assert.isTrue(log.amend((operation) => operation + 1))
    assert.isTrue(log.amend((operation) => operation + 2))
    assert.strictEqual(log.bytesFrom(0), bytes + 3)
    const amended = log.find(last.origin, last.sequence)!
    assert.deepStrictEqual([amended.operation, log.sizeOf(amended)], [last.operation + 3, log.sizeOf(last) + 3])
    assert.isTrue(log.amend(() => 10))
    log.append(a, 1)
    assert.strictEqual(log.find(last.origin, last.sequence)?.operation, 10)
  })

  it("begins anew with what is forgotten", () => {
    const log = make()
    log.restart([[c, 7], [a, 2]])
    assert.deepStrictEqual([log.epoch(), log.first(), log.end()], [1, 0, 0])
    assert.deepStrictEqual([...log.vector], [[c, 7], [a, 2]])
    assert.isUndefined(log.firstLacked(new Map([[c, 6], [a, 2]])))
    assert.strictEqual(log.append(c, 9).sequence, 8)
    assert.deepStrictEqual(log.before(0), [[c, 7], [a, 2]])
    assert.deepStrictEqual(log.before(1), [[c, 8], [a, 2]])
  })

  it("is right however much it forgets", () => {
    for (const seed of seeds(20)) {
      const random = SeededRandom.make(seed)
      const log = Log.make<number>(() => 1)
      const all: Array<Origin> = []
      for (let i = 0; i < 400; i++) {
        const origin = random.pick([a, b, c])
        all.push(origin)
        log.append(origin, i)
        if (random.chance(0.1)) log.forgetTo(random.below(all.length + 1))
        const position = log.first() + random.below(log.end() - log.first() + 1)
        const counts = new Map<Origin, number>()
        for (const before of all.slice(0, position)) counts.set(before, (counts.get(before) ?? 0) + 1)
        assert.deepStrictEqual(new Map(log.before(position)), counts, `seed ${seed}`)
        assert.strictEqual(log.firstLacked(counts), position === log.end() ? log.end() : position, `seed ${seed}`)
        if (random.chance(0.5)) assert.strictEqual(log.bytesFrom(position), log.end() - position)
      }
    }
  })
})
