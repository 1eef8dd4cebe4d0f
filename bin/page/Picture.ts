/**
 * The space-time diagram as it is drawn: the picture of a range of time, and where in it everything is.
 *
 * It draws only what is in the range. Where there are more messages than one could tell apart, each line shows how many
 * were sent and received instead.
 */
import type { ScaleLinear } from "d3-scale"
import type { ReportData } from "../../src/report/ReportData.ts"
import * as SpaceTime from "../../src/report/SpaceTime.ts"
import { arrows, density, ways } from "./Arrows.ts"
import { axis, faults, laneLabels, worldLines } from "./Backdrop.ts"
import { accusation, bars, type Boxes, boxes } from "./Bars.ts"
import { svg } from "./Dom.ts"
import { gutter, layout, type Place, type View } from "./Layout.ts"
import { arrowhead, segment } from "./Marks.ts"
import { strokes } from "./Strokes.ts"

export interface Picture {
  readonly element: SVGSVGElement
  readonly places: ReadonlyArray<Place>
  readonly x: ScaleLinear<number, number>
  /** How many messages are in the range, and whether they are too many to draw each. */
  readonly messages: number
  readonly isCrowded: boolean
}

/** How many messages one can tell apart. */
const most = 2500

/** A frame around the selection, if it is in the picture. */
const selection = ({ selected }: View, places: ReadonlyArray<Place>, { frame }: Boxes): SVGElement | undefined => {
  const place = selected && places.find(({ index, kind }) => kind === selected.kind && index === selected.index)
  if (place === undefined) return undefined
  if (place.kind === "operation") return svg("rect", { class: "selected", ...frame(place.index) })
  const { x1, x2, y1, y2 } = place
  return svg("path", { class: "selected", d: segment(x1, y1, x2, y2) + arrowhead(x1, y1, x2, y2) })
}

/** The picture of a view, `width` pixels wide. */
export const picture = (data: ReportData): (view: View, width: number) => Picture => {
  const { messages, operations } = data
  const messagesIn = SpaceTime.messagesIn(data)
  const operationsIn = SpaceTime.operationsIn(data)
  const boxesIn = boxes(data)
  const waysIn = ways(data)

  return (view, width) => {
    const at = layout(data, view, width)
    const isShown = (address: number): boolean => at.laneOf[address]! >= 0
    const names = svg("g", { class: "names" })

    const lines = strokes()
    const visible = messagesIn(view.range).filter((index) => {
      const [src, dest] = messages[index]!
      return isShown(src) && isShown(dest)
    })
    const isCrowded = visible.length > most
    const all = isCrowded ? [] : arrows(data, visible, view, width, waysIn(at), lines, names)
    if (isCrowded) density(data, visible, at, lines)

    const blocks = strokes()
    const standing = boxesIn(at)
    const isSeen = (index: number): boolean => isShown(operations[index]![2])
    const places = [...all, ...bars(data, operationsIn(view.range).filter(isSeen), view, standing, blocks, names)]

    const accused = view.accused.filter(isSeen).flatMap((index) => accusation(data, index, at, standing))
    const front = svg("g", {}, ...accused, selection(view, places, standing))

    const height = at.bottom + 10
    const { labels, lines: grid } = axis(at)
    const clip = svg("rect", { x: gutter - 5, y: 0, width: Math.max(0, width - gutter + 5), height })
    const element = svg(
      "svg",
      { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
      svg("defs", {}, svg("clipPath", { id: "stage-clip" }, clip)),
      labels,
      svg(
        "g",
        { "clip-path": "url(#stage-clip)" },
        grid,
        faults(data, view, at),
        worldLines(data, view, at),
        svg("g", { style: `--opacity: ${visible.length > 700 ? 0.35 : 0.75}` }, ...lines.elements()),
        svg("g", {}, ...blocks.elements()),
        names,
        front
      ),
      laneLabels(view, at)
    )
    return { element, places, x: at.x, messages: visible.length, isCrowded }
  }
}
