/**
 * Through whom nodes send in a star: the hub, which is the first node of the list that is not suspected. Nodes hold no
 * election: a wrong guess costs messages and nothing else. In a mesh there is no hub.
 */
import type { NodeId } from "../../../schema/Address.ts"

export type Shape = "star" | "mesh"

export interface Hubs {
  readonly shape: Shape
  readonly suspected: Set<NodeId>
  /** The hub as this node sees it, which may be this node; undefined in a mesh. */
  readonly current: () => NodeId | undefined
  readonly isHub: () => boolean
  /** The hub while nobody is suspected. */
  readonly usual: NodeId | undefined
  /**
   * The nodes that would be the hub rather than `acting`, as far as this node in the list: a node looks no further than
   * itself.
   */
  readonly before: (acting: NodeId) => ReadonlyArray<NodeId>
}

export const make = (shape: Shape, self: NodeId, members: ReadonlyArray<NodeId>): Hubs => {
  const suspected = new Set<NodeId>()
  const current = (): NodeId | undefined =>
    shape === "mesh" ? undefined : members.find((id) => id === self || !suspected.has(id))
  return {
    shape,
    suspected,
    current,
    isHub: () => current() === self,
    usual: shape === "mesh" ? undefined : members[0],
    before: (acting) => {
      const end = members.findIndex((id) => id === acting || id === self)
      return members.slice(0, end).filter((id) => !suspected.has(id))
    }
  }
}
