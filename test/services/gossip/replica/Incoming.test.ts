import { assert, describe, it } from "@effect/vitest"
import { Life } from "../../../../src/schema/ReplicaProtocol.ts"
import { Origin } from "../../../../src/schema/VersionVector.ts"
import * as Incoming from "../../../../src/services/gossip/replica/Incoming.ts"
import * as Log from "../../../../src/services/gossip/replica/Log.ts"
import * as Segment from "../../../../src/services/gossip/replica/Segment.ts"
import * as SeededRandom from "../../../../src/workloads/SeededRandom.ts"
import { seeds } from "../../../Seeds.ts"

const [a, b] = [Origin.make("n0.a"), Origin.make("n1.b")]

/** Somebody who takes what comes. */
const make = () => {
  const vector = new Map<Origin, number>()
  const delivered: Array<number> = []
  const opened: Array<number> = []
  const receiver: Incoming.Receiver<number> = {
    vector,
    opened: (position) => void opened.push(position),
    deliver: (origin, operation) => {
      vector.set(origin, (vector.get(origin) ?? 0) + 1)
      delivered.push(operation)
    },
    passed: () => {}
  }
  const incoming = Incoming.make<number>()
  Incoming.begin(incoming, Life.make("a"))
  const take = (segment: Segment.Segment<number>) => Incoming.take(incoming, a, segment, receiver)
  return { vector, delivered, opened, incoming, receiver, take }
}

const segment = (
  at: number,
  of: Segment.OfLog<number>["of"],
  ops: ReadonlyArray<number>,
  more: Partial<Segment.OfLog<number>> = {}
) => {
  const length = of.reduce<number>((sum, run) => sum + (typeof run === "number" ? 1 : run[1]), 0)
  return { kind: "log", epoch: 0, at, end: at + length, base: undefined, names: [], of, ops, ...more } as const
}

describe("Incoming", () => {
  it("takes a log in order, and passes over what it has", () => {
    const { delivered, incoming, take } = make()
    assert.strictEqual(take(segment(2, [0], [3], {})), "waiting")
    assert.strictEqual(take(segment(0, [0, 1], [1, 2], { names: [a, b] })), "taken")
    assert.strictEqual(take(segment(1, [1, 0], [2, 3])), "taken")
    assert.strictEqual(take(segment(0, [0, 1], [1, 2], { names: [a, b] })), "taken")
    assert.deepStrictEqual(delivered, [1, 2, 3])
    assert.strictEqual(incoming.position, 3)
    assert.strictEqual(Incoming.countOf(incoming, a), 2)
  })

  it("waits for what is to come from elsewhere", () => {
    const { delivered, incoming, receiver, take } = make()
    const late = segment(0, [0, [-2, 3], 0], [1, 5], { names: [a, b] })
    assert.strictEqual(take(late), "waiting")
    assert.deepStrictEqual([delivered, incoming.position, incoming.missing], [[1], 1, b])
    receiver.deliver(b, 2)
    receiver.deliver(b, 3)
    assert.strictEqual(take(late), "waiting")
    assert.strictEqual(incoming.position, 3)
    receiver.deliver(b, 4)
    assert.strictEqual(take(late), "taken")
    assert.deepStrictEqual([delivered, incoming.missing], [[1, 2, 3, 4, 5], undefined])
  })

  it("begins in the middle once it has what comes before", () => {
    const { delivered, opened, take, vector } = make()
    const middle = segment(7, [0, 1], [4, 5], { base: [[a, 3], [b, 4]] })
    assert.strictEqual(take(middle), "waiting")
    vector.set(a, 3)
    vector.set(b, 4)
    assert.strictEqual(take(middle), "taken")
    assert.deepStrictEqual([delivered, opened], [[4, 5], [7]])
  })

  it("begins anew with the next epoch, and takes nothing of an earlier one", () => {
    const { delivered, incoming, take, vector } = make()
    take(segment(0, [0, 0], [1, 2], { names: [a] }))
    vector.set(b, 1)
    assert.strictEqual(take(segment(0, [1], [3], { epoch: 1, base: [[b, 1], [a, 2]] })), "taken")
    assert.deepStrictEqual([incoming.epoch, incoming.position], [1, 1])
    assert.strictEqual(take(segment(2, [0], [9])), "taken")
    assert.deepStrictEqual(delivered, [1, 2, 3])
    assert.strictEqual(take(segment(5, [0], [9], { epoch: 1 })), "waiting")
  })

  it("takes the peer's own operations by number", () => {
    const { delivered, take } = make()
    assert.strictEqual(take({ kind: "own", first: 2, ops: [2] }), "waiting")
    assert.strictEqual(take({ kind: "own", first: 1, ops: [1] }), "taken")
    assert.strictEqual(take({ kind: "own", first: 1, ops: [1, 2, 3] }), "taken")
    assert.strictEqual(take({ kind: "own", first: 4, ops: [] }), "taken")
    assert.strictEqual(take({ kind: "own", first: 5, ops: [] }), "waiting")
    assert.deepStrictEqual(delivered, [1, 2, 3])
  })

  it("numbers origins in the order in which they occur, and refuses those that have no number", () => {
    const { incoming, take } = make()
    assert.strictEqual(take(segment(0, [0], [1])), "broken")
    assert.strictEqual(take(segment(0, [1], [1], { names: [a] })), "broken")
    assert.strictEqual(take(segment(0, [0, 1], [1, 2], { names: [a, b] })), "taken")
    assert.strictEqual(take(segment(1, [1, 0], [2, 3], { names: [b] })), "taken")
    assert.deepStrictEqual(incoming.sources, [{ origin: a, count: 2 }, { origin: b, count: 1 }])
  })

  it("says up to where it holds what waits", () => {
    const { incoming } = make()
    for (const at of [5, 3, 9]) Incoming.hold(incoming, segment(at, [[0, 2]], [1, 1]))
    incoming.position = 4
    assert.strictEqual(Incoming.heldTo(incoming), 7)
    for (let i = 0; i < 200; i++) Incoming.hold(incoming, segment(i, [0], [1]))
    assert.lengthOf(incoming.held, 100)
  })

  it("gets all of a log, however it is cut, lost, doubled and shuffled", () => {
    for (const seed of seeds(30)) {
      const random = SeededRandom.make(seed)
      const log = Log.make<number>(() => 1)
      for (let i = 0; i < 100; i++) log.append(random.pick([a, b]), i)
      const { delivered, incoming, take } = make()
      for (let i = 0; i < 2000 && incoming.position < log.end(); i++) {
        const from = random.below(log.end())
        const limits = { operations: 1 + random.below(20), bytes: 1000 }
        const { end, names, of, ops } = Segment.cut(log, from, () => false, limits)
        take({
          kind: "log",
          epoch: 0,
          at: from,
          end,
          base: random.chance(0.5) ? log.before(from) : undefined,
          names,
          of,
          ops
        })
      }
      assert.deepStrictEqual(delivered, Array.from({ length: 100 }, (_, i) => i), `seed ${seed}`)
    }
  })
})
