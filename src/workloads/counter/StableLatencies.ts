/**
 * How long it took until what was added to a counter that only grows was in every read: see CounterChecker for what that
 * means, and how close it is.
 *
 * Of each node the adds of all others are gone through once, in the order of their acknowledgement, and its reads once, in
 * that of their beginning: so it takes time in proportion to nodes × adds + reads.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Series } from "../finding/Verdict.ts"
import { elapsed } from "../history/History.ts"
import type { Completed } from "../history/Operations.ts"
import { numberOf, type Reading } from "./Readings.ts"

/** How long each add was missing as seen by the reads of one node. The adds are those of others. */
const latenciesAt = (adds: ReadonlyArray<Completed>, reads: ReadonlyArray<Reading>): ReadonlyArray<number> => {
  /** How much of what others have added is in this read, or in any later one, at the most. */
  const most = reads.map(({ own, value }) => value - own)
  for (let i = most.length - 2; i >= 0; i--) if (most[i + 1]! < most[i]!) most[i] = most[i + 1]!
  let acknowledged = 0n
  let lacking = -1 // the last read that lacks some of the adds that are acknowledged so far
  return adds.map(({ completion, invoke }) => {
    acknowledged += numberOf(invoke)
    while (lacking + 1 < most.length && most[lacking + 1]! < acknowledged) lacking++
    return lacking === -1 ? 0 : elapsed(completion, reads[lacking]!.invoke)
  })
}

const byNode = (reads: ReadonlyArray<Reading>): ReadonlyMap<NodeId | undefined, ReadonlyArray<Reading>> => {
  const found = new Map<NodeId | undefined, Array<Reading>>()
  for (const read of reads) {
    const others = found.get(read.node)
    if (others === undefined) found.set(read.node, [read])
    else others.push(read)
  }
  return found
}

/** Of each add that is not 0, by when it was acknowledged, the longest time that any node lacked it. */
export const points = (adds: ReadonlyArray<Completed>, reads: ReadonlyArray<Reading>): Series["points"] => {
  const ended = adds.filter(({ invoke }) => numberOf(invoke) !== 0n)
    .toSorted((a, b) => a.completion.index - b.completion.index)
  const longest = new Map(ended.map((add) => [add, 0]))
  for (const [node, here] of byNode(reads)) {
    const others = ended.filter(({ invoke }) => invoke.node !== node)
    latenciesAt(others, here.toSorted((a, b) => a.invoke.index - b.invoke.index)).forEach((latency, i) => {
      longest.set(others[i]!, Math.max(latency, longest.get(others[i]!) ?? 0))
    })
  }
  return [...longest].map(([{ completion }, latency]) => [completion.time, latency])
}
