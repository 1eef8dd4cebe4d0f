/**
 * What the space-time diagram shows, and where it puts things.
 */
import { type ScaleLinear, scaleLinear } from "d3-scale"
import { type ReportData, role } from "../../src/report/ReportData.ts"
import type * as SpaceTime from "../../src/report/SpaceTime.ts"

/** What the diagram shows, and how. */
export interface View {
  readonly range: SpaceTime.Range
  readonly withClients: boolean
  readonly withServices: boolean
  /** The line that is chosen, if any is. */
  readonly lane: number | undefined
  readonly selected: SpaceTime.Thing | undefined
  /** Operations that a finding is about. */
  readonly accused: ReadonlyArray<number>
  /** What to bring out; undefined for everything. */
  readonly influenced: SpaceTime.Influence | undefined
}

/** Where something was drawn. */
export interface Place extends SpaceTime.Thing {
  readonly x1: number
  readonly y1: number
  readonly x2: number
  readonly y2: number
}

/** The width of what stands left of the plot, in pixels. */
export const gutter = 66
export const right = 14

/** The names of the lines, and on which of them each address is. */
export const lanesOf = (
  { addresses, nodes }: ReportData,
  { withClients, withServices }: Pick<View, "withClients" | "withServices">
) => {
  const services = addresses.filter((address) => role(address) === "service")
  const names = [...withClients ? ["clients"] : [], ...nodes, ...withServices ? services : []]
  return { names, laneOf: addresses.map((address) => names.indexOf(role(address) === "client" ? "clients" : address)) }
}

/** Where things go. */
export interface Layout extends ReturnType<typeof lanesOf> {
  readonly x: ScaleLinear<number, number>
  readonly width: number
  readonly top: number
  readonly bottom: number
  readonly laneHeight: number
  /** The height of a lane's line. */
  readonly lineOf: (lane: number) => number
  /** A moment in the range, or one just outside if it is out of sight. */
  readonly clamp: (time: number) => number
}

export const layout = (data: ReportData, view: View, width: number): Layout => {
  const { laneOf, names } = lanesOf(data, view)
  const { faults, nodes } = data
  const laneHeight = nodes.length <= 6 ? 54 : nodes.length <= 12 ? 40 : 30
  const strips = new Set(faults.map(({ name }) => name)).size
  const top = 26 + strips * 18 + (strips > 0 ? 4 : 0)
  const x = scaleLinear().domain([view.range.from, view.range.to]).range([gutter, width - right])
  return {
    names,
    laneOf,
    x,
    width,
    top,
    bottom: top + names.length * laneHeight,
    laneHeight,
    lineOf: (lane) => top + (lane + 0.72) * laneHeight,
    clamp: (time) => Math.min(width + 50, Math.max(gutter - 50, x(time)))
  }
}
