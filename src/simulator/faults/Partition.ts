/**
 * Ways to cut a network: for each node, whose messages it drops.
 *
 * The first four kinds are those that Maelstrom's nemesis picks from, with the same sizes and the same odds. As there,
 * `minority-third` cuts nothing among three nodes or fewer, `majorities-ring` nothing among two or fewer, and among
 * three `majorities-ring` is a cycle in which each node hears only its predecessor. `one-way` is ours: Maelstrom cuts
 * four or more nodes in both directions only, and a node that can send but not hear is where acknowledgements go wrong.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { SeededRandom } from "../../workloads/SeededRandom.ts"

/** Receiver → the senders whose messages it drops. A node that drops nothing is not a key: healed is the empty map. */
export type Grudge = ReadonlyMap<NodeId, ReadonlySet<NodeId>>

export const maelstromKinds = ["one", "minority-third", "majority", "majorities-ring"] as const

export const kinds = [...maelstromKinds, "one-way"] as const
export type Kind = (typeof kinds)[number]

type Nodes = ReadonlyArray<NodeId>

/** The fewest nodes that are more than half. */
const majority = (nodes: Nodes): number => Math.floor(nodes.length / 2) + 1

const cutWhere = (nodes: Nodes, drops: (receiver: NodeId, sender: NodeId) => boolean): Grudge => {
  const grudge = new Map<NodeId, ReadonlySet<NodeId>>()
  for (const receiver of nodes) {
    const dropped = nodes.filter((sender) => drops(receiver, sender))
    if (dropped.length > 0) grudge.set(receiver, new Set(dropped))
  }
  return grudge
}

/** Neither side hears the other. */
const split = (nodes: Nodes, side: ReadonlySet<NodeId>): Grudge =>
  cutWhere(nodes, (receiver, sender) => side.has(receiver) !== side.has(sender))

/** One side does not hear the other, but is heard by it. */
const deafen = (nodes: Nodes, deaf: ReadonlySet<NodeId>): Grudge =>
  cutWhere(nodes, (receiver, sender) => deaf.has(receiver) && !deaf.has(sender))

/** Each node hears the majority around it on a ring: from three nodes on no two the same one. */
const ring = (nodes: Nodes): Grudge => {
  const size = majority(nodes)
  const twice = [...nodes, ...nodes]
  const heard = new Map<NodeId, ReadonlySet<NodeId>>()
  nodes.forEach((_, start) => {
    const arc = twice.slice(start, start + size)
    const [middle] = arc.slice(Math.floor(size / 2))
    if (middle !== undefined) heard.set(middle, new Set(arc))
  })
  return cutWhere(nodes, (receiver, sender) => heard.get(receiver)?.has(sender) !== true)
}

/**
 * Links the two nodes with the fewest links until every node hears a majority. For many sizes no exact ring exists, so
 * some nodes hear more than a bare majority, and two may hear the same one.
 */
const web = (nodes: Nodes, random: SeededRandom): Grudge => {
  const heard = new Map(nodes.map((node) => [node, new Set([node])] as const))
  for (;;) {
    const [least, ...others] = random.shuffle([...heard]).toSorted(([, a], [, b]) => a.size - b.size)
    if (least === undefined || least[1].size >= majority(nodes)) break
    const other = others.find(([node]) => !least[1].has(node))
    if (other === undefined) throw new Error("a node that hears everyone hears a majority")
    least[1].add(other[0])
    other[1].add(least[0])
  }
  return cutWhere(nodes, (receiver, sender) => heard.get(receiver)?.has(sender) !== true)
}

export const make = (kind: Kind, nodes: Nodes, random: SeededRandom): Grudge => {
  const shuffled = random.shuffle(nodes)
  const first = (count: number): ReadonlySet<NodeId> => new Set(shuffled.slice(0, count))
  switch (kind) {
    case "one":
      return split(nodes, first(1))
    case "minority-third": // fewer than a third
      return split(nodes, first(Math.floor((nodes.length - 1) / 3)))
    case "majority":
      return split(nodes, first(Math.floor(nodes.length / 2)))
    case "majorities-ring":
      return nodes.length <= 5 ? ring(shuffled) : web(nodes, random)
    case "one-way":
      return deafen(nodes, first(1 + random.below(nodes.length - 1)))
  }
}
