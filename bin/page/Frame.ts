/**
 * What all charts over the time of a run have in common: the axes, the faults behind the marks, and the words for the
 * mark under the pointer.
 */
import { type ScaleLinear, scaleLinear } from "d3-scale"
import type { ReportData } from "../../src/report/ReportData.ts"
import { drawn, el, svg } from "./Dom.ts"
import * as Format from "./Format.ts"

export type Scale = (value: number) => number

export interface Axis {
  readonly label: string
  readonly scale: Scale
  readonly ticks: ReadonlyArray<number>
  readonly format: (value: number) => string
}

export interface Plot {
  readonly x: ScaleLinear<number, number>
  readonly y: Scale
  readonly width: number
  readonly height: number
  /** Where marks go. */
  readonly marks: SVGGElement
}

export const margin = { top: 12, right: 24, bottom: 34, left: 68 }
const height = 230

/** A logarithmic scale with a 0: up to 1 it is linear, and that part is as tall as a decade above. */
const log = (value: number): number => value < 1 ? Math.max(0, value) : 1 + Math.log10(value)

/**
 * An axis from 0 to `max`. Where the largest value is far above the usual ones, only a logarithmic scale shows small
 * differences.
 */
export const axis = (label: string, max: number, logarithmic: boolean): Axis => {
  const top = max > 0 ? max : 1
  const range: [number, number] = [height - margin.bottom, margin.top]
  if (!logarithmic) {
    const scale = scaleLinear().domain([0, top]).nice(5).range(range)
    return { label, scale, ticks: scale.ticks(5), format: Format.count }
  }
  const linear = scaleLinear().domain([0, log(top * 2)]).range(range)
  const decades = Array.from({ length: Math.floor(Math.log10(Math.max(1, top))) + 1 }, (_, i) => 10 ** i)
  const ticks = decades.length > 3 ? decades : decades.flatMap((decade) => [1, 2, 5].map((n) => n * decade))
  return {
    label: `${label}, logarithmic`,
    scale: (value) => linear(log(value)),
    ticks: [0, ...ticks.filter((tick) => tick <= top)],
    format: Format.count
  }
}

/** Moments to mark on an axis of time, in ms: round numbers, as close as people can still read. */
export const timeTicks = (x: ScaleLinear<number, number>, width: number): ReadonlyArray<number> =>
  x.ticks(Math.max(2, Math.floor(width / 90)))

/** Faults as shades from top to bottom. */
export const faultShades = (data: ReportData, x: Scale, top: number, bottom: number): SVGGElement =>
  svg(
    "g",
    { class: "faults" },
    ...data.faults.map(({ end, name, start, what }) =>
      svg(
        "rect",
        { class: `fault ${name}`, x: x(start), y: top, width: Math.max(1, x(end) - x(start)), height: bottom - top },
        svg("title", {}, `${what}, ${Format.moment(start)} to ${Format.moment(end)}`)
      )
    )
  )

const timeAxis = (x: ScaleLinear<number, number>, width: number, top: number, bottom: number): SVGGElement => {
  const ticks = timeTicks(x, width)
  const step = (ticks[1] ?? 1) - (ticks[0] ?? 0)
  return svg(
    "g",
    { class: "axis", "aria-hidden": "true" },
    ...ticks.flatMap((tick) => [
      svg("line", { class: "grid", x1: x(tick), x2: x(tick), y1: top, y2: bottom }),
      svg("text", { x: x(tick), y: bottom + 16, "text-anchor": "middle" }, `${Format.seconds(tick, step)} s`)
    ])
  )
}

/** What is under the pointer: words for it, and where it is. */
export interface Hit {
  readonly x: number
  readonly y: number
  readonly text: string
  readonly choose?: () => void
}

/** A chart that is drawn again whenever its width changes. The returned function draws it once more. */
export const chart = (
  data: ReportData,
  container: HTMLElement,
  description: string,
  axisOf: () => Axis,
  draw: (plot: Plot) => void,
  hit: (plot: Plot, x: number, y: number) => Hit | undefined = () => undefined
): () => void => {
  const figure = el("div", { class: "chart" })
  const tip = el("div", { class: "tip", "aria-hidden": "true", hidden: true })
  container.append(figure)
  return drawn(figure, (width) => {
    const { format, label, scale: y, ticks } = axisOf()
    const x = scaleLinear().domain([0, data.duration]).range([margin.left, width - margin.right])
    const bottom = height - margin.bottom
    const marks = svg("g", { class: "marks" })
    const cursor = svg("circle", { class: "cursor", r: 6, visibility: "hidden" })
    const root = svg(
      "svg",
      { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": description },
      faultShades(data, x, margin.top, bottom),
      timeAxis(x, width - margin.left - margin.right, margin.top, bottom),
      svg(
        "g",
        { class: "axis", "aria-hidden": "true" },
        ...ticks.flatMap((tick) => [
          svg("line", { class: "grid", x1: margin.left, x2: width - margin.right, y1: y(tick), y2: y(tick) }),
          svg("text", { x: margin.left - 8, y: y(tick), dy: "0.32em", "text-anchor": "end" }, format(tick))
        ]),
        svg(
          "text",
          {
            class: "label",
            transform: `translate(13 ${(margin.top + bottom) / 2}) rotate(-90)`,
            "text-anchor": "middle"
          },
          label
        )
      ),
      marks,
      cursor
    )
    const plot: Plot = { x, y, width, height, marks }
    draw(plot)
    let at: Hit | undefined
    const point = (event: PointerEvent | undefined): void => {
      const box = root.getBoundingClientRect()
      at = event && hit(plot, event.clientX - box.left, event.clientY - box.top)
      tip.hidden = at === undefined
      cursor.setAttribute("visibility", at === undefined ? "hidden" : "visible")
      root.style.cursor = at?.choose === undefined ? "" : "pointer"
      if (at === undefined) return
      cursor.setAttribute("cx", String(at.x))
      cursor.setAttribute("cy", String(at.y))
      tip.textContent = at.text
      place(tip, at.x, at.y, width)
    }
    root.addEventListener("pointermove", point)
    root.addEventListener("pointerleave", () => point(undefined))
    root.addEventListener("click", () => at?.choose?.())
    figure.replaceChildren(root, tip)
  })
}

/** Puts the tip beside a point, on the side that has room. */
export const place = (tip: HTMLElement, x: number, y: number, width: number): void => {
  tip.style.top = `${y + 12}px`
  tip.style.left = x < width / 2 ? `${x + 12}px` : "auto"
  tip.style.right = x < width / 2 ? "auto" : `${width - x + 12}px`
}
