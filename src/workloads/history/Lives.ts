/**
 * The lives of nodes, and what a kill excuses: one rule for all checkers.
 *
 * A kill is in the history as `start-kill` of the nemesis, whose value lists the nodes. What it excuses depends on where
 * nodes keep what they acknowledge:
 *
 * - `durable`: on a disk, or in a bench service. Nothing is excused: a node has one life, however often it is killed.
 * - `replicated`: in the memory of several nodes. A node may forget in its next life what it has shown in this one. The
 *   cluster may not.
 * - `volatile`: in memory, and first of all in its own. What a node was told may be gone if everybody who is known to have
 *   had it was killed later on.
 */
import type { NodeId } from "../../schema/Address.ts"
import { isList } from "../../schema/Json.ts"
import type { Event, History } from "./History.ts"
import { rank } from "./Sorted.ts"

export type Memory = "durable" | "replicated" | "volatile"

export interface Lives {
  /** The number of the life that a node is in at this event, from 0 on. */
  readonly at: (node: NodeId | undefined, event: Event) => number
  /** Its node has been in the same life from the beginning of an operation to its end. */
  readonly isOne: (operation: { readonly invoke: Event; readonly completion: Event }) => boolean
  /** Whoever was asked this, or knows of it by then, still has it at the end of the run. */
  readonly keeps: (invoke: Event) => boolean
}

/** The nodes that a deed of the nemesis is done to, where its value lists them: it lists nothing else. */
export const nodesOf = ({ value }: Event): ReadonlyArray<NodeId> => isList(value) ? value as ReadonlyArray<NodeId> : []

/** A wipe is a kill that takes the disk too. */
export const isKill = ({ f, process }: Event): boolean =>
  process === "nemesis" && (f === "start-kill" || f === "start-wipe")

export const make = (history: History, memory: Memory): Lives => {
  const kills = new Map<NodeId | undefined, Array<number>>()
  for (const event of memory === "durable" ? [] : history) {
    if (!isKill(event)) continue
    for (const node of nodesOf(event)) {
      const others = kills.get(node)
      if (others === undefined) kills.set(node, [event.index])
      else others.push(event.index)
    }
  }
  const at: Lives["at"] = (node, { index }) => {
    const own = kills.get(node)
    return own === undefined ? 0 : rank(own, index)
  }
  return {
    at,
    isOne: ({ completion, invoke }) => at(invoke.node, invoke) === at(invoke.node, completion),
    keeps: ({ index, node }) => memory !== "volatile" || index > (kills.get(node)?.at(-1) ?? -1)
  }
}
