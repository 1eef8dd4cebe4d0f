/**
 * The neighbours that the bench suggests to each node: Maelstrom's topologies, with the same neighbours in the same
 * order. They are symmetric and connected. As there, a line of one node names no node at all.
 */
import type { NodeId } from "../../schema/Address.ts"
import * as Setting from "../Setting.ts"

export const names = ["line", "grid", "tree", "tree2", "tree3", "tree4", "total"] as const
export type Name = (typeof names)[number]

export const setting = Setting.oneOf(names, {
  help: "Neighbours that broadcast suggests to nodes",
  usual: "grid"
})

export type Topology = { readonly [node: NodeId]: ReadonlyArray<NodeId> }

type Nodes = ReadonlyArray<NodeId>

const byIndex = (nodes: Nodes, neighbours: (index: number) => ReadonlyArray<number>): Topology =>
  Object.fromEntries(
    nodes.map((node, index) => [node, neighbours(index).flatMap((neighbour) => nodes[neighbour] ?? [])])
  )

const line = (nodes: Nodes): Topology => nodes.length < 2 ? {} : byIndex(nodes, (index) => [index - 1, index + 1])

/** Rows of equal length, as nearly a square as possible; the last row may be short, or missing. */
const grid = (nodes: Nodes): Topology => {
  const side = Math.ceil(Math.sqrt(nodes.length))
  return byIndex(nodes, (index) => [
    index + side,
    index - side,
    ...(index + 1) % side > 0 ? [index + 1] : [],
    ...index % side > 0 ? [index - 1] : []
  ])
}

/** Filled level by level, so a node's place says who its parent and its children are. The parent comes first. */
const tree = (branches: number) => (nodes: Nodes): Topology =>
  byIndex(nodes, (index) => [
    ...index > 0 ? [Math.floor((index - 1) / branches)] : [],
    ...Array.from({ length: branches }, (_, child) => index * branches + 1 + child)
  ])

const total = (nodes: Nodes): Topology =>
  byIndex(nodes, (index) => [...nodes.keys()].filter((other) => other !== index))

const topologies: Record<Name, (nodes: Nodes) => Topology> = {
  line,
  grid,
  tree: tree(2),
  tree2: tree(2),
  tree3: tree(3),
  tree4: tree(4),
  total
}

export const make = (name: Name, nodes: ReadonlyArray<NodeId>): Topology => topologies[name](nodes)
