/**
 * Operations in the diagram: a bar on the line of its node for each. Bars of operations that overlap in time stand
 * above each other.
 */
import { outcomes, type ReportData } from "../../src/report/ReportData.ts"
import * as SpaceTime from "../../src/report/SpaceTime.ts"
import { svg } from "./Dom.ts"
import { gutter, type Layout, type Place, type View } from "./Layout.ts"
import { operationClass } from "./Marks.ts"
import { emphasis, type Strokes } from "./Strokes.ts"
import * as Words from "./Words.ts"

/** How many operations can have a name. */
const mostNames = 200

/** How many rows of bars a line has room for. */
const mostRows = 3

interface Box {
  readonly left: number
  readonly y: number
  readonly wide: number
}

/** Where bars stand: how tall they are, and where each of them is. */
export const boxes = ({ operations }: ReportData) => {
  const rowOf = SpaceTime.rows(operations)
  const rowCount = Math.min(mostRows, 1 + rowOf.reduce((max, row) => Math.max(max, row), 0))
  return ({ clamp, laneHeight, laneOf, lineOf }: Layout) => {
    const tall = Math.min(10, (laneHeight * 0.68 - 2) / rowCount - 1)
    const box = (index: number): Box => {
      const [start, took, node] = operations[index]!
      const row = Math.min(rowOf[index]!, rowCount - 1)
      const left = clamp(start)
      return {
        left,
        y: lineOf(laneOf[node]!) - 2 - (1 + row) * (tall + 1),
        wide: Math.max(3, clamp(start + took) - left)
      }
    }
    /** The frame around a bar. */
    const frame = (index: number) => {
      const { left, wide, y } = box(index)
      return { x: left - 3, y: y - 3, width: wide + 6, height: tall + 6, rx: 3 }
    }
    return { tall, box, frame }
  }
}

export type Boxes = ReturnType<ReturnType<typeof boxes>>

/** Draws a bar for each visible operation, and puts the names of those that have room into `names`. */
export const bars = (
  data: ReportData,
  visible: ReadonlyArray<number>,
  { influenced }: View,
  { box, tall }: Boxes,
  paths: Strokes,
  names: SVGGElement
): ReadonlyArray<Place> =>
  visible.map((index) => {
    const [, , , kind, result] = data.operations[index]!
    const outcome = outcomes[result]!
    const { left, wide, y } = box(index)
    paths.add(
      `operation ${operationClass(kind, outcome)}${emphasis(influenced?.operations, index)}`,
      `M${left.toFixed(1)},${y.toFixed(1)}h${wide.toFixed(1)}v${tall}h${(-wide).toFixed(1)}z`
    )
    if (wide >= 70 && visible.length <= mostNames && tall >= 7) {
      names.append(svg(
        "text",
        { class: `on ${outcome}`, x: Math.max(left, gutter) + 4, y: y + tall - 1.5 },
        Words.name(data, index).slice(0, Math.floor(wide / 6))
      ))
    }
    return { kind: "operation", index, x1: left, y1: y + tall / 2, x2: left + wide, y2: y + tall / 2 }
  })

/** A line, a frame and a name for an operation that a finding is about, unless it is out of sight. */
export const accusation = (data: ReportData, index: number, at: Layout, { box, frame }: Boxes) => {
  const { left, y } = box(index)
  if (left > at.width || left < gutter - 20) return []
  const text = Words.name(data, index)
  const isLate = left > at.width - 140
  return [
    svg("line", { class: "accused", x1: left, x2: left, y1: 22, y2: at.bottom }),
    svg("rect", { class: "accused", "data-operation": index, ...frame(index) }),
    svg(
      "text",
      { class: "accused", x: isLate ? left - 6 : left + 6, y: y - 6, "text-anchor": isLate ? "end" : "start" },
      text.length > 26 ? `${text.slice(0, 25)}…` : text
    )
  ]
}
