/**
 * What a reader of the diagram has chosen: an operation or a message, a finding, a line. Also which one comes next.
 */
import type { ReportData } from "../../src/report/ReportData.ts"
import * as SpaceTime from "../../src/report/SpaceTime.ts"
import { lanesOf } from "./Layout.ts"

type Direction = 1 | -1

export interface Choice {
  selected: SpaceTime.Thing | undefined
  /** The finding whose operations are highlighted. */
  highlighted: number | undefined
  lane: number | undefined
  withClients: boolean
  withServices: boolean
  /** Whether the diagram brings out only what can have influenced the selection, or been influenced by it. */
  withInfluence: boolean
  /** What that is, if the diagram brings it out. */
  influenced: SpaceTime.Influence | undefined
}

export const nothing = (): Choice => ({
  selected: undefined,
  highlighted: undefined,
  lane: undefined,
  withClients: false,
  withServices: true,
  withInfluence: false,
  influenced: undefined
})

/** Whether a thing is on the chosen line, or on any visible one if none is chosen. */
const isOnLane = (data: ReportData, choice: Choice, { index, kind }: SpaceTime.Thing): boolean => {
  const { laneOf } = lanesOf(data, choice)
  const ends = kind === "operation"
    ? [data.operations[index]![2]]
    : data.messages[index]!.slice(0, 2) as [number, number]
  const lanes = ends.map((address) => laneOf[address]!)
  return lanes.every((one) => one >= 0) && (choice.lane === undefined || lanes.includes(choice.lane))
}

/** The next or the last thing in time, counted from the selection, else from the beginning of the range. */
export const next = (
  data: ReportData,
  choice: Choice,
  range: SpaceTime.Range,
  kind: SpaceTime.Thing["kind"],
  direction: Direction
): SpaceTime.Thing | undefined => {
  const { selected } = choice
  const all = kind === "operation" ? data.operations : data.messages
  const startOf = (index: number): number => SpaceTime.timeOf(data, { kind, index }).from
  let index: number
  if (selected?.kind === kind) {
    index = selected.index + direction
  } else {
    const now = selected === undefined ? range.from : SpaceTime.timeOf(data, selected).from
    const next = all.findIndex((_, index) => startOf(index) >= now)
    index = (next < 0 ? all.length : next) - (direction < 0 ? 1 : 0)
  }
  while (index >= 0 && index < all.length && !isOnLane(data, choice, { kind, index })) index += direction
  return index >= 0 && index < all.length ? { kind, index } : undefined
}

/** The next one of the highlighted operations. */
export const nextHighlighted = (
  { evidence }: ReportData,
  { highlighted, selected }: Choice,
  direction: Direction
): SpaceTime.Thing | undefined => {
  if (highlighted === undefined) return undefined
  const { operations } = evidence[highlighted]!
  const at = selected?.kind === "operation" ? operations.indexOf(selected.index) : -1
  const index = operations[at < 0 ? 0 : at + direction]
  return index === undefined ? undefined : { kind: "operation", index }
}

/** The range from the beginning of the first operation that a finding is about to the end of the last. */
export const evidenceRange = (data: ReportData, finding: number): SpaceTime.Range => {
  const times = data.evidence[finding]!.operations.map((index) => SpaceTime.timeOf(data, { kind: "operation", index }))
  return { from: Math.min(...times.map(({ from }) => from)), to: Math.max(...times.map(({ to }) => to)) }
}
