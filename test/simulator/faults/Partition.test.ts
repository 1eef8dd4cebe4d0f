import { assert, describe, it } from "@effect/vitest"
import { NodeId } from "../../../src/schema/Address.ts"
import * as Partition from "../../../src/simulator/faults/Partition.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds as seedsOf } from "../../Seeds.ts"

const seeds = seedsOf(40)
const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 25]

interface Cut {
  readonly nodes: ReadonlyArray<NodeId>
  readonly grudge: Partition.Grudge
  readonly hears: (receiver: NodeId, sender: NodeId) => boolean
  /** For an assertion's message. */
  readonly of: string
}

const cut = (kind: Partition.Kind, size: number, seed: number): Cut => {
  const nodes = Array.from({ length: size }, (_, i) => NodeId.make(`n${i}`))
  const grudge = Partition.make(kind, nodes, SeededRandom.make(seed))
  const hears = (receiver: NodeId, sender: NodeId) => grudge.get(receiver)?.has(sender) !== true
  return { nodes, grudge, hears, of: `${kind} of ${size}, seed ${seed}` }
}

const cuts = (kind: Partition.Kind, ofSizes: ReadonlyArray<number>): ReadonlyArray<Cut> =>
  ofSizes.flatMap((size) => seeds.map((seed) => cut(kind, size, seed)))

const heardBy = ({ hears, nodes }: Cut, receiver: NodeId): ReadonlyArray<NodeId> =>
  nodes.filter((sender) => hears(receiver, sender))

const heardByAll = (cut: Cut): ReadonlyArray<ReadonlyArray<NodeId>> => cut.nodes.map((node) => heardBy(cut, node))

const isSymmetric = ({ hears, nodes }: Cut): boolean =>
  nodes.every((a) => nodes.every((b) => hears(a, b) === hears(b, a)))

/** The smaller side, after a proof that there are exactly two, of which neither hears the other. */
const smallerSide = (cut: Cut): ReadonlyArray<NodeId> => {
  const { hears, nodes, of } = cut
  const [side = []] = heardByAll(cut).toSorted((a, b) => a.length - b.length)
  const inSide = new Set(side)
  assert.isTrue(nodes.every((a) => nodes.every((b) => hears(a, b) === (inSide.has(a) === inSide.has(b)))), of)
  return side
}

const majority = (size: number) => Math.floor(size / 2) + 1

describe("Partition", () => {
  it("lists only drops, of other nodes of the cluster, and follows from the seed", () => {
    for (const kind of Partition.kinds) {
      for (const { grudge, nodes, of } of cuts(kind, sizes)) {
        for (const [receiver, dropped] of grudge) {
          assert.include(nodes, receiver, of)
          assert.isAbove(dropped.size, 0, of)
          assert.isFalse(dropped.has(receiver), of)
          assert.isTrue([...dropped].every((sender) => nodes.includes(sender)), of)
        }
      }
      assert.deepStrictEqual(cut(kind, 9, 1).grudge, cut(kind, 9, 1).grudge, kind)
      assert.notDeepEqual(cut(kind, 9, 1).grudge, cut(kind, 9, 2).grudge, kind)
    }
  })

  it("cuts nothing where there is nothing to cut", () => {
    const intact = [
      ...Partition.kinds.flatMap((kind) => cuts(kind, [0, 1])),
      ...cuts("minority-third", [2, 3]),
      ...cuts("majorities-ring", [2])
    ]
    for (const { grudge, of } of intact) assert.strictEqual(grudge.size, 0, of)
  })

  it("one: a node alone, each in its turn", () => {
    const loners = new Set<NodeId>()
    for (const cut of cuts("one", sizes.filter((size) => size >= 2))) {
      const side = smallerSide(cut)
      assert.strictEqual(side.length, 1, cut.of)
      if (cut.nodes.length === 5) side.forEach((node) => loners.add(node))
    }
    assert.strictEqual(loners.size, 5)
  })

  it("minority-third: fewer than a third, but no fewer than that", () => {
    for (const [size, minority] of [[4, 1], [5, 1], [6, 1], [7, 2], [9, 2], [10, 3], [25, 8]] as const) {
      for (const cut of cuts("minority-third", [size])) assert.strictEqual(smallerSide(cut).length, minority, cut.of)
    }
  })

  it("majority: two halves, of an odd number the smaller one cut off", () => {
    for (const [size, minority] of [[2, 1], [3, 1], [4, 2], [5, 2], [9, 4], [25, 12]] as const) {
      for (const cut of cuts("majority", [size])) assert.strictEqual(smallerSide(cut).length, minority, cut.of)
    }
  })

  it("majorities-ring of three: a cycle, each hears only its predecessor", () => {
    for (const cut of cuts("majorities-ring", [3])) {
      const heard = cut.nodes.map((node) => heardBy(cut, node).filter((other) => other !== node))
      assert.isTrue(heard.every((others) => others.length === 1), cut.of)
      assert.strictEqual(new Set(heard.flat()).size, 3, cut.of)
    }
  })

  it("majorities-ring of four and five: exactly a majority for each, all different, both ways", () => {
    for (const cut of cuts("majorities-ring", [4, 5])) {
      const heard = heardByAll(cut)
      for (const nodes of heard) assert.strictEqual(nodes.length, majority(cut.nodes.length), cut.of)
      assert.strictEqual(new Set(heard.map(String)).size, cut.nodes.length, cut.of)
      assert.isTrue(isSymmetric(cut), cut.of)
    }
    const rings = seeds.map((seed) => JSON.stringify(heardByAll(cut("majorities-ring", 5, seed))))
    assert.strictEqual(new Set(rings).size, 12, "every ring of five")
  })

  it("majorities-ring of more: a majority for each, with at most one node to spare, both ways", () => {
    for (const cut of cuts("majorities-ring", sizes.filter((size) => size > 5))) {
      for (const node of cut.nodes) {
        const toSpare = heardBy(cut, node).length - majority(cut.nodes.length)
        assert.isTrue(toSpare === 0 || toSpare === 1, `${node}: ${cut.of}`)
      }
      assert.isTrue(isSymmetric(cut), cut.of)
    }
  })

  it("one-way: some, but not all, cannot hear the rest, and are heard by everyone", () => {
    const counts = new Set<number>()
    for (const { grudge, hears, nodes, of } of cuts("one-way", sizes.filter((size) => size >= 2))) {
      const deaf = new Set(grudge.keys())
      assert.isTrue(deaf.size > 0 && deaf.size < nodes.length, of)
      assert.isTrue(nodes.every((a) => nodes.every((b) => hears(a, b) === (!deaf.has(a) || deaf.has(b)))), of)
      if (nodes.length === 5) counts.add(deaf.size)
    }
    assert.deepStrictEqual([...counts].toSorted(), [1, 2, 3, 4])
  })
})
