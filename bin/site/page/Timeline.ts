/**
 * The whole run as a strip: operations, faults as shades, findings, and the present moment.
 */
import { outcomes, type ReportData } from "../../../src/report/ReportData.ts"
import { el, svg } from "../../page/Dom.ts"
import * as Format from "../../page/Format.ts"
import { faultShades } from "../../page/Frame.ts"

const width = 1000
const height = 70

export interface Timeline {
  readonly element: HTMLElement
  readonly load: (data: ReportData) => void
  readonly move: (time: number) => void
}

const marks = (data: ReportData, x: (time: number) => number): ReadonlyArray<SVGElement> => {
  const accused = new Set(data.evidence.flatMap(({ operations }) => operations))
  return data.operations.map(([start, took, node, , outcome], index) =>
    svg("rect", {
      class: `operation ${outcomes[outcome]}${accused.has(index) ? " accused" : ""}`,
      x: x(start),
      width: Math.max(2, x(start + took) - x(start)),
      y: 6 + (height - 16) * node / Math.max(1, data.nodes.length),
      height: Math.max(2, (height - 24) / Math.max(1, data.nodes.length))
    })
  )
}

export const make = (seek: (time: number) => void): Timeline => {
  const slider = el("input", {
    type: "range",
    min: 0,
    max: 1,
    step: 1,
    value: 0,
    "aria-label": "Moment of the run, in ms"
  })
  slider.addEventListener("input", () => seek(Number(slider.value)))
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" })
  const cursor = svg("line", { class: "now", y1: 0, y2: height })
  let duration = 1
  root.addEventListener("pointerdown", (event) => {
    const box = root.getBoundingClientRect()
    seek(duration * (event.clientX - box.left) / box.width)
  })
  return {
    element: el("div", { class: "timeline" }, root, slider),
    load: (data) => {
      duration = data.duration
      slider.max = String(Math.ceil(duration))
      const x = (time: number): number => width * time / duration
      root.replaceChildren(faultShades(data, x, 0, height), ...marks(data, x), cursor)
    },
    move: (time) => {
      slider.value = String(Math.round(time))
      slider.setAttribute("aria-valuetext", Format.moment(Math.round(time)))
      const at = String(width * time / duration)
      cursor.setAttribute("x1", at)
      cursor.setAttribute("x2", at)
    }
  }
}
