import { assert, describe, it } from "@effect/vitest"
import type { Gossip, Run } from "../../../../src/schema/ReplicaProtocol.ts"
import { Life } from "../../../../src/schema/ReplicaProtocol.ts"
import { Origin } from "../../../../src/schema/VersionVector.ts"
import * as Log from "../../../../src/services/gossip/replica/Log.ts"
import * as Segment from "../../../../src/services/gossip/replica/Segment.ts"

const [a, b] = [Origin.make("n0.a"), Origin.make("n1.b")]
const life = Life.make("a")
const much = { operations: 1000, bytes: 1e6 }

const make = (origins: ReadonlyArray<Origin>) => {
  const log = Log.make<number>(() => 10)
  origins.forEach((origin, i) => log.append(origin, i))
  return log
}

const runs = (
  message: Partial<Gossip<number>>
): ReadonlyArray<readonly [number, number, ReadonlyArray<number> | undefined]> => {
  const found: Array<readonly [number, number, ReadonlyArray<number> | undefined]> = []
  const segment = Segment.decode({ life, ...message })
  assert.isObject(segment)
  if (typeof segment !== "object" || segment.kind !== "log") throw new Error("no segment of a log")
  Segment.forEachRun(segment, (number, count, contents) => {
    found.push([number, count, contents])
    return true
  })
  return found
}

describe("Segment", () => {
  it("has the numbers of origins, and the content of what is lacked, in runs", () => {
    const log = make([a, b, a, a, a, a, b, b])
    const cut = Segment.cut(log, 1, ({ origin }) => origin === b, much)
    assert.deepStrictEqual(cut.of, [-2, [0, 4], -2, -2] satisfies ReadonlyArray<Run>)
    assert.deepStrictEqual(cut.ops, [2, 3, 4, 5])
    assert.deepStrictEqual(cut.names, [b])
    assert.deepStrictEqual([cut.end, cut.bytes], [8, 40])
    assert.deepStrictEqual(runs({ at: 1, of: cut.of, ops: cut.ops }), [
      [1, 1, undefined],
      [0, 4, [2, 3, 4, 5]],
      [1, 1, undefined],
      [1, 1, undefined]
    ])
  })

  it("has no more than the limits allow, and what costs nothing after it", () => {
    const log = make([a, a, a, b, b, a])
    const few = Segment.cut(log, 0, ({ origin }) => origin === b, { operations: 3, bytes: 1e6 })
    assert.deepStrictEqual([few.ops, few.end], [[0, 1, 2], 5])
    const small = Segment.cut(log, 0, () => false, { operations: 1000, bytes: 15 })
    assert.deepStrictEqual([small.ops, small.end, small.bytes], [[0, 1], 2, 20])
    const none = Segment.cut(log, 3, ({ origin }) => origin === b, { operations: 0, bytes: 0 })
    assert.deepStrictEqual([none.ops, none.end, none.of], [[], 5, [-2, -2]])
    assert.deepStrictEqual(Segment.cutOwn(log, a, 2, { operations: 2, bytes: 1e6 }), { ops: [1, 2], bytes: 20 })
  })

  it("of which the parts do not fit is broken", () => {
    const broken: ReadonlyArray<Partial<Gossip<number>>> = [
      { at: 0, of: [0], ops: [] },
      { at: 0, of: [0], ops: [1, 2] },
      { at: 0, of: [[0, 3]], ops: [1] },
      { at: 0, of: [-1], ops: [1] },
      { of: [0], ops: [1] },
      { ops: [1] },
      { own: 1, at: 0, ops: [1] },
      { own: 1, of: [0], ops: [1] },
      { at: Number.MAX_SAFE_INTEGER, of: [-1] }
    ]
    for (const message of broken) {
      assert.strictEqual(Segment.decode({ life, ...message }), "broken", JSON.stringify(message))
    }
    assert.isUndefined(Segment.decode({ life }))
  })
})
