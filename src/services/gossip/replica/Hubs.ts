/**
 * Through whom nodes distribute: in a star the hub, which is the first node of the list that is not suspected. There is
 * no election: a wrong guess costs messages and nothing else. In a mesh there is none.
 */
import type { NodeId } from "../../../schema/Address.ts"

export type Shape = "star" | "mesh"

export interface Hubs {
  readonly shape: Shape
  readonly suspected: Set<NodeId>
  /** Oneself, if need be. */
  readonly current: () => NodeId | undefined
  readonly isHub: () => boolean
  /** The one that it is while nobody is suspected. */
  readonly usual: NodeId | undefined
  /** Who would be the hub rather than this one; as far as oneself, since nobody looks further. */
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
