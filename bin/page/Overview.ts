/**
 * The whole run in a strip, and the window: the part of it that the diagram shows. One can drag the window, draw
 * another one, and move either end by keys.
 */
import { type ScaleLinear, scaleLinear } from "d3-scale"
import { outcomes, type ReportData } from "../../src/report/ReportData.ts"
import type { Range } from "../../src/report/SpaceTime.ts"
import { drawn, el, svg } from "./Dom.ts"
import * as Format from "./Format.ts"
import { faultShades, timeTicks } from "./Frame.ts"

const height = 64
const bottom = 46
const left = 66
const right = 14

/** The width of the bins in which messages are counted, in pixels. */
const binWidth = 3

/** A pointer that moves no further than this, in pixels, has clicked. */
const slack = 3

type Scale = ScaleLinear<number, number>

/** The window: a pane over the strip, and a handle at either end. */
interface Window {
  readonly pane: SVGRectElement
  readonly handles: Readonly<Record<"from" | "to", SVGRectElement>>
  readonly range: () => Range
  readonly move: (now: Range) => void
}

const windowOf = (run: Range, x: Scale): Window => {
  const pane = svg("rect", { class: "pane", y: 2, height: bottom - 2 })
  const handle = (name: string): SVGRectElement =>
    svg("rect", {
      class: "handle",
      y: 8,
      width: 9,
      height: bottom - 14,
      rx: 3,
      tabindex: 0,
      role: "slider",
      "aria-label": name,
      "aria-valuemin": (run.from / 1000).toFixed(3),
      "aria-valuemax": (run.to / 1000).toFixed(3)
    })
  const handles = { from: handle("Beginning of the range"), to: handle("End of the range") }
  let range = run
  const move = (now: Range): void => {
    range = now
    const [left, right] = [x(range.from), x(range.to)]
    pane.setAttribute("x", String(left))
    pane.setAttribute("width", String(Math.max(2, right - left)))
    for (const end of ["from", "to"] as const) {
      handles[end].setAttribute("x", String(x(range[end]) - (end === "from" ? 9 : 0)))
      handles[end].setAttribute("aria-valuenow", (range[end] / 1000).toFixed(3))
      handles[end].setAttribute("aria-valuetext", Format.moment(range[end]))
    }
  }
  return { pane, handles, range: () => range, move }
}

/** By which part of its length the window grows or shrinks at each key. */
const steps: Readonly<Record<string, number>> = {
  ArrowLeft: -0.05,
  ArrowDown: -0.05,
  ArrowRight: 0.05,
  ArrowUp: 0.05,
  PageDown: -0.5,
  PageUp: 0.5
}

const listen = ({ handles, range }: Window, look: (range: Range) => void): void => {
  for (const end of ["from", "to"] as const) {
    handles[end].addEventListener("keydown", (event) => {
      const by = steps[event.key]
      if (by === undefined) return
      event.preventDefault()
      const { from, to } = range()
      const time = range()[end] + by * (to - from)
      if (end === "from" ? time < to : time > from) look({ from, to, [end]: time })
    })
  }
}

/**
 * How many messages were sent, or, without messages, operations asked; above that, when operations ended that were not
 * ok.
 */
const volume = ({ messages, operations }: ReportData, x: Scale, width: number): ReadonlyArray<SVGPathElement> => {
  const bins = Math.max(1, Math.floor((width - left - right) / binWidth))
  const bin = (time: number): number => Math.min(bins - 1, Math.max(0, Math.floor((x(time) - left) / binWidth)))
  const sent = Array.from({ length: bins }, () => 0)
  const wrong = Array.from({ length: bins }, () => 0)
  for (const message of messages) sent[bin(message[3])]!++
  if (messages.length === 0) { for (const [start] of operations) sent[bin(start)]!++ }
  for (const [start, took, , , outcome] of operations) if (outcomes[outcome] !== "ok") wrong[bin(start + took)]!++
  const most = Math.max(1, ...sent)
  const at = (bin: number): number => left + binWidth * bin
  const bars = sent.map((n, i) =>
    n === 0 ? "" : `M${at(i)},${bottom}v${(-Math.max(1, n / most * (bottom - 8))).toFixed(1)}h2.5V${bottom}z`
  )
  const marks = wrong.map((n, i) => n === 0 ? "" : `M${at(i)},2h2.5v5h-2.5z`)
  return [svg("path", { class: "volume", d: bars.join("") }), svg("path", { class: "wrong", d: marks.join("") })]
}

const draw = (data: ReportData, x: Scale, { handles, pane }: Window, width: number): SVGSVGElement => {
  const ticks = timeTicks(x, width - left - right)
  const step = (ticks[1] ?? 1) - (ticks[0] ?? 0)
  const labels = ticks.map((tick) =>
    svg("text", { x: x(tick), y: bottom + 14, "text-anchor": "middle" }, `${Format.seconds(tick, step)} s`)
  )
  return svg(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}` },
    faultShades(data, x, 2, bottom),
    ...volume(data, x, width),
    svg("g", { class: "axis", "aria-hidden": "true" }, ...labels),
    svg(
      "text",
      { class: "side", x: left - 10, y: bottom - 4, "text-anchor": "end", "aria-hidden": "true" },
      data.messages.length > 0 ? "messages" : "asked"
    ),
    pane,
    handles.from,
    handles.to
  )
}

/** Lets a pointer drag either end or the window, or draw a new one. */
const drags = (element: HTMLElement, run: Range, x: Scale, window: Window, look: (range: Range) => void): void => {
  const { handles, pane, range } = window
  let grip: { readonly part: "from" | "to" | "pane" | "new"; readonly time: number; readonly range: Range } | undefined
  const timeAt = (event: PointerEvent): number => x.invert(event.clientX - element.getBoundingClientRect().left)
  const partAt = ({ target }: PointerEvent): NonNullable<typeof grip>["part"] => {
    if (target === handles.from) return "from"
    if (target === handles.to) return "to"
    const { from, to } = range()
    return target === pane && to - from < (run.to - run.from) * 0.98 ? "pane" : "new"
  }
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return
    const part = partAt(event)
    grip = { part, time: timeAt(event), range: range() }
    element.setPointerCapture(event.pointerId)
    if (part !== "from" && part !== "to") event.preventDefault()
  })
  element.addEventListener("pointermove", (event) => {
    if (grip === undefined) return
    const time = timeAt(event)
    const by = time - grip.time
    const { from, to } = grip.range
    if (grip.part === "pane") look({ from: from + by, to: to + by })
    else if (grip.part === "from") look({ from: Math.min(time, to), to })
    else if (grip.part === "to") look({ from, to: Math.max(time, from) })
    else if (Math.abs(x(time) - x(grip.time)) > slack) {
      look({ from: Math.min(time, grip.time), to: Math.max(time, grip.time) })
    }
  })
  element.addEventListener("pointerup", (event) => {
    if (grip?.part === "new" && Math.abs(x(timeAt(event)) - x(grip.time)) <= slack) {
      const { from, to } = range()
      look({ from: grip.time - (to - from) / 2, to: grip.time + (to - from) / 2 })
    }
    grip = undefined
  })
}

export const overview = (data: ReportData, run: Range, look: (range: Range) => void) => {
  const x = scaleLinear().domain([run.from, run.to])
  const window = windowOf(run, x)
  const element = el("div", { class: "overview", role: "group", "aria-label": "The whole run" })
  listen(window, look)
  drags(element, run, x, window, look)
  drawn(element, (width) => {
    x.range([left, width - right])
    element.replaceChildren(draw(data, x, window, width))
    window.move(window.range())
  })
  return { element, move: window.move }
}
