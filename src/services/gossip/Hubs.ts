/**
 * Through whom nodes distribute: in a star the hub, which is the first node of the list that is not suspected. There is
 * no election: a wrong guess costs messages and nothing else. In a mesh there is none.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Link } from "./Link.ts"

export type Shape = "star" | "mesh"

export interface Hubs {
  readonly shape: Shape
  readonly suspected: Set<NodeId>
  /** Oneself, if need be. */
  readonly current: () => NodeId | undefined
  /** Whether the peer gets from this node what others publish, unasked. */
  readonly leads: (link: Link<unknown>) => boolean
  /** Who would be the hub rather than this one; as far as oneself, since nobody looks further. */
  readonly before: (acting: NodeId) => ReadonlyArray<NodeId>
}

export const make = (shape: Shape, self: NodeId, ids: ReadonlyArray<NodeId>): Hubs => {
  const suspected = new Set<NodeId>()
  const current = (): NodeId | undefined =>
    shape === "mesh" ? undefined : ids.find((id) => id === self || !suspected.has(id))
  return {
    shape,
    suspected,
    current,
    leads: (link) => shape === "star" && (link.child || current() === self),
    before: (acting) => {
      const end = ids.findIndex((id) => id === acting || id === self)
      return ids.slice(0, end).filter((id) => !suspected.has(id))
    }
  }
}
