import { assert, describe, it } from "@effect/vitest"
import { NodeId } from "../../../src/schema/Address.ts"
import * as Topology from "../../../src/workloads/broadcast/Topology.ts"

const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 25, 26]

const cluster = (size: number): ReadonlyArray<NodeId> => Array.from({ length: size }, (_, i) => NodeId.make(`n${i}`))

const make = (name: Topology.Name, size: number) => Topology.make(name, cluster(size))

const neighbours = (topology: Topology.Topology, node: NodeId): ReadonlyArray<NodeId> => topology[node] ?? []

const links = (topology: Topology.Topology): number => Object.values(topology).flat().length / 2

/** How many hops away the farthest node is, in all directions: -1 if there is no way. */
const eccentricity = (topology: Topology.Topology, nodes: ReadonlyArray<NodeId>, from: NodeId): number => {
  const reached = new Set([from])
  let hops = 0
  for (let frontier = [from]; reached.size < nodes.length; hops++) {
    frontier = frontier.flatMap((node) => neighbours(topology, node)).filter((node) => !reached.has(node))
    if (frontier.length === 0) return -1
    for (const node of frontier) reached.add(node)
  }
  return hops
}

const everySize = (check: (name: Topology.Name, size: number, of: string) => void): void => {
  for (const name of Topology.names) for (const size of sizes) check(name, size, `${name} of ${size}`)
}

describe("Topology", () => {
  it("names every node, except in a line of one, as Maelstrom does", () => {
    everySize((name, size, of) =>
      assert.deepStrictEqual(Object.keys(make(name, size)), name === "line" && size === 1 ? [] : [...cluster(size)], of)
    )
    for (const name of Topology.names) assert.deepStrictEqual(make(name, 0), {})
  })

  it("links both ways, no node with itself, no two nodes twice, and all of them in the end", () => {
    everySize((name, size, of) => {
      const topology = make(name, size)
      const nodes = cluster(size)
      for (const node of nodes) {
        const linked = neighbours(topology, node)
        assert.notInclude(linked, node, of)
        assert.strictEqual(new Set(linked).size, linked.length, of)
        for (const neighbour of linked) assert.include(neighbours(topology, neighbour), node, of)
        assert.isAtLeast(eccentricity(topology, nodes, node), 0, of)
      }
    })
  })

  it("has as many links, and is as wide, as its kind", () => {
    const of25 = (name: Topology.Name) => {
      const topology = make(name, 25)
      const degrees = Object.values(topology).map((linked) => linked.length)
      const widths = cluster(25).map((node) => eccentricity(topology, cluster(25), node))
      return { links: links(topology), mostNeighbours: Math.max(...degrees), width: Math.max(...widths) }
    }
    assert.deepStrictEqual(of25("line"), { links: 24, mostNeighbours: 2, width: 24 })
    assert.deepStrictEqual(of25("grid"), { links: 40, mostNeighbours: 4, width: 8 })
    assert.deepStrictEqual(of25("tree2"), { links: 24, mostNeighbours: 3, width: 8 })
    assert.deepStrictEqual(of25("tree3"), { links: 24, mostNeighbours: 4, width: 6 })
    assert.deepStrictEqual(of25("tree4"), { links: 24, mostNeighbours: 5, width: 5 })
    assert.deepStrictEqual(of25("total"), { links: 300, mostNeighbours: 24, width: 1 })
  })

  it("lists the neighbours that Maelstrom lists, in the same order", () => {
    const listed = (name: Topology.Name, size: number) =>
      Object.values(make(name, size)).map((linked) => linked.join(" ").replaceAll("n", ""))
    assert.deepStrictEqual(listed("line", 2), ["1", "0"])
    assert.deepStrictEqual(listed("line", 4), ["1", "0 2", "1 3", "2"])
    // 0 1 2
    // 3 4 5
    // 6 7
    assert.deepStrictEqual(listed("grid", 8), ["3 1", "4 2 0", "5 1", "6 0 4", "7 1 5 3", "2 4", "3 7", "4 6"])
    assert.deepStrictEqual(listed("grid", 5), ["3 1", "4 2 0", "1", "0 4", "1 3"])
    assert.deepStrictEqual(listed("grid", 2), ["1", "0"])
    assert.deepStrictEqual(listed("tree2", 6), ["1 2", "0 3 4", "0 5", "1", "1", "2"])
    assert.deepStrictEqual(listed("tree", 6), listed("tree2", 6))
    assert.deepStrictEqual(listed("tree3", 6), ["1 2 3", "0 4 5", "0", "0", "1", "1"])
    assert.deepStrictEqual(listed("tree4", 6), ["1 2 3 4", "0 5", "0", "0", "0", "1"])
    assert.deepStrictEqual(listed("total", 3), ["1 2", "0 2", "0 1"])
  })
})
