/**
 * The checker of committed offsets. A poll commits the last offset of each key that it shows before it ends; an assign
 * lists what is committed.
 *
 * Maelstrom's checker looks at neither, so none of this counts by its rules. Its documentation asks that who is assigned a
 * key afresh begins right after what was committed, or lower. Of what is here only the second goes against that:
 *
 * - **A commit never goes back** at a node: what it lists is not below what it acknowledged or listed before. Nodes need
 *   not agree at once, since they cannot while they are cut off.
 * - **Nothing is skipped**: what is listed is not above what anybody has polled by then, so that who begins there misses
 *   nothing that nobody has seen. If the outcome of a poll of the key is unknown, nobody can tell. Where nothing was
 *   polled, 0 is as good as nothing: who begins there misses nothing.
 * - **At the end** every node lists at least what any node had acknowledged.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Event } from "../history/History.ts"
import type { Lives, Memory } from "../history/Lives.ts"
import { type Completed, type Operation, type Operations, walk } from "../history/Operations.ts"
import { asked, end, isAssign, isPoll, keysOf, polled } from "./KafkaHistory.ts"

/** Somebody has acknowledged this offset, or listed it. */
export interface Promised {
  readonly offset: number
  readonly event: Event
}

/** The offset that a node listed for a key, and the promises that it must not fall short of. */
export interface Listing {
  readonly key: string
  readonly node: NodeId
  /** The offset; -1 if the node listed none. */
  readonly listed: number
  readonly list: Event
  /** What the node had promised when the client asked, if the node has lived since. */
  readonly own: Promised | undefined
  /** As far as polls go that had begun when it answered. */
  readonly polled: Promised | undefined
  /** How far a poll went is not known. */
  readonly isUncertain: boolean
  /** What anybody had promised when the first was asked at the end. */
  readonly atEnd: Promised | undefined
}

type Floors = Map<string, Promised>

const raise = (floors: Floors, key: string, offset: number, event: Event): void => {
  if (offset > (floors.get(key)?.offset ?? -1)) floors.set(key, { offset, event })
}

/** Raises each floor to at least what the poll answered. */
const raiseAll = (floors: Floors, completion: Event): void => {
  const answer = polled(completion)
  for (const key in answer) {
    const next = end(0, answer[key])
    if (next > 0) raise(floors, key, next - 1, completion)
  }
}

/** What nodes have promised, each in the life that it is in. */
const promises = (lives: Lives) => {
  const all = new Map<NodeId, { readonly life: number; readonly floors: Floors }>()
  return {
    of: (node: NodeId, event: Event): Floors => {
      const life = lives.at(node, event)
      const known = all.get(node)
      if (known?.life === life) return known.floors
      const floors: Floors = new Map()
      all.set(node, { life, floors })
      return floors
    },
    /** What the nodes that live have promised. */
    living: (event: Event): ReadonlyArray<Floors> =>
      [...all].flatMap(([node, { floors, life }]) => lives.at(node, event) === life ? [floors] : [])
  }
}

/** Listings, in the order in which nodes answered them. */
export const listings = (operations: Operations, lives: Lives, memory: Memory): ReadonlyArray<Listing> => {
  const found: Array<Listing> = []
  const promised = promises(lives)
  const acknowledged: Floors = new Map()
  const attempted: Floors = new Map()
  const uncertain = new Set<string>()
  const owns = new Map<Operation, ReadonlyArray<Promised | undefined>>()
  let atEnd: Floors | undefined

  const beginAssign = (operation: Operation, node: NodeId): void => {
    const { invoke } = operation
    const own = promised.of(node, invoke)
    owns.set(operation, keysOf(invoke).map((key) => own.get(key)))
    if (invoke.f !== "final-assign" || atEnd !== undefined) return
    atEnd = new Map(memory === "volatile" ? [] : acknowledged)
    for (const floors of promised.living(invoke)) {
      for (const [key, { event, offset }] of floors) raise(atEnd, key, offset, event)
    }
  }
  const endAssign = (operation: Completed, node: NodeId): void => {
    const { completion: list, invoke } = operation
    const isOneLife = lives.isOne(operation)
    for (const [i, key] of keysOf(invoke).entries()) {
      const listed = asked(list)[key] ?? -1
      found.push({
        key,
        node,
        listed,
        list,
        own: isOneLife ? owns.get(operation)![i] : undefined,
        polled: attempted.get(key),
        isUncertain: uncertain.has(key),
        atEnd: invoke.f === "final-assign" ? atEnd?.get(key) : undefined
      })
      // an offset that stands for nothing is no promise
      if (isOneLife && (listed > 0 || attempted.has(key))) raise(promised.of(node, list), key, listed, list)
    }
    owns.delete(operation)
  }
  const beginPoll = ({ completion, invoke }: Operation): void => {
    if (completion?.type === "ok") raiseAll(attempted, completion)
    else for (const key of Object.keys(asked(invoke))) uncertain.add(key)
  }
  const endPoll = (operation: Completed, node: NodeId): void => {
    raiseAll(acknowledged, operation.completion)
    if (lives.isOne(operation)) raiseAll(promised.of(node, operation.completion), operation.completion)
  }

  walk(operations, {
    begin: (operation) => {
      const { invoke } = operation
      if (invoke.node === undefined) return
      if (isAssign(invoke)) beginAssign(operation, invoke.node)
      else if (isPoll(invoke)) beginPoll(operation)
    },
    end: (operation) => {
      const { completion, invoke } = operation
      if (invoke.node === undefined || completion.type !== "ok") return
      if (isAssign(invoke)) endAssign(operation, invoke.node)
      else if (isPoll(invoke)) endPoll(operation, invoke.node)
    }
  })
  return found
}

/** **Went back**: listed below what the node itself had promised before it was asked. */
export const back = ({ listed, own }: Listing): Promised | undefined =>
  own !== undefined && listed < own.offset ? own : undefined

/** **Ahead**: listed above all that anybody has polled, so that who begins there misses what is between. */
export const isAhead = ({ isUncertain, listed, polled }: Listing): boolean =>
  listed > (polled?.offset ?? 0) && !isUncertain

/** **Missing at the end**: listed below what anybody had promised, when everybody should know of it. */
export const missing = (listing: Listing): Promised | undefined => {
  const { atEnd, listed } = listing
  return atEnd !== undefined && listed < atEnd.offset && back(listing) === undefined ? atEnd : undefined
}
