/**
 * The offsets that a life of a node takes for its messages, so that nobody ever takes the same.
 *
 * - **Other nodes.** Node i of N takes for a key the smallest offset ≡ i (mod N) above all offsets of the key that have
 *   been delivered to it. So no two nodes ever take the same, and each takes a higher one than all that it knew of.
 * - **Other lives of the same node.** An earlier life may have taken offsets for messages that nobody got. So a life
 *   that is not its node's first announces a *floor*, {@link reserve} places for each node above all offsets and floors
 *   that have been delivered to it, and takes none below. And a life takes no offset that is as far above all offsets
 *   and floors that every node is known to have. Whatever the earlier life took, the floor of the next is therefore
 *   higher: for what every node had, the next life has got.
 */
import { Offset } from "../schema/KafkaProtocol.ts"

/** How many offsets, for each node, a life may be ahead of what all others have. */
export const reserve = 2 ** 20

export interface KafkaOffsets {
  /** The offset for the next message of a key; undefined while that is too far ahead of the other nodes. */
  readonly next: (key: string) => Offset | undefined
  /** A message with this offset has been delivered. */
  readonly delivered: (key: string, offset: Offset) => void
  /** A floor has been delivered. */
  readonly floorDelivered: (floor: Offset) => void
  /** Every node has a message with this offset, or this floor. */
  readonly stable: (offsetOrFloor: Offset) => void
  /** The highest of all offsets and floors, and of those that are stable; -1 if there is none. */
  readonly highest: () => { readonly highest: number; readonly highestStable: number }
  /** A snapshot says that offsets and floors up to these were delivered, and were stable, before. */
  readonly restore: (highest: { readonly highest: number; readonly highestStable: number }) => void
  /**
   * Raises the floor, below which this life takes no offset, and answers it: the program must announce it to all nodes.
   */
  readonly raiseFloor: () => Offset
}

/** Makes the offsets of the node at this place among so many nodes. */
export const make = (place: number, nodeCount: number): KafkaOffsets => {
  const highestOf = new Map<string, number>() // the highest offset of each key
  let highest = -1 // the highest of all offsets and floors
  let highestStable = -1 // the highest offset or floor that is stable
  let floor = 0 // this life takes no offset below it

  return {
    next: (key) => {
      const least = Math.max(floor, (highestOf.get(key) ?? -1) + 1)
      const offset = Offset.make(least + (place - least % nodeCount + nodeCount) % nodeCount)
      return offset < highestStable + reserve * nodeCount ? offset : undefined
    },
    delivered: (key, offset) => {
      highestOf.set(key, Math.max(offset, highestOf.get(key) ?? -1))
      highest = Math.max(offset, highest)
    },
    floorDelivered: (floor) => {
      highest = Math.max(floor, highest)
    },
    stable: (offsetOrFloor) => {
      highestStable = Math.max(offsetOrFloor, highestStable)
    },
    highest: () => ({ highest, highestStable }),
    restore: (other) => {
      highest = Math.max(other.highest, highest)
      highestStable = Math.max(other.highestStable, highestStable)
    },
    raiseFloor: () => {
      floor = highest + reserve * nodeCount
      return Offset.make(floor)
    }
  }
}
