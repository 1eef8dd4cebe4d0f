/**
 * The whole run in a strip, and the part of it that the diagram shows: a window that can be dragged, drawn anew, and
 * moved by keys at both its ends.
 */
import { scaleLinear } from "d3-scale"
import { outcomes, type ReportData } from "../../src/report/ReportData.ts"
import type { Range } from "../../src/report/SpaceTime.ts"
import { drawn, el, svg } from "./Dom.ts"
import * as Format from "./Format.ts"
import { faultShades, timeTicks } from "./Frame.ts"

const height = 64
const bottom = 46

export const overview = (data: ReportData, beginning: number, look: (range: Range) => void) => {
  const { duration, messages, operations } = data
  const x = scaleLinear().domain([beginning, duration])
  let range: Range = { from: beginning, to: duration }

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
      "aria-valuemin": (beginning / 1000).toFixed(3),
      "aria-valuemax": (duration / 1000).toFixed(3)
    })
  const handles = { from: handle("Beginning of the range"), to: handle("End of the range") }

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

  for (const end of ["from", "to"] as const) {
    handles[end].addEventListener("keydown", (event) => {
      const length = range.to - range.from
      const by =
        { ArrowLeft: -0.05, ArrowDown: -0.05, ArrowRight: 0.05, ArrowUp: 0.05, PageDown: -0.5, PageUp: 0.5 }[event.key]
      if (by === undefined) return
      event.preventDefault()
      const time = range[end] + by * length
      if (end === "from" ? time < range.to : time > range.from) look({ ...range, [end]: time })
    })
  }

  const element = el("div", { class: "overview", role: "group", "aria-label": "The whole run" })
  drawn(element, (width) => {
    x.range([66, width - 14])
    const bins = Math.max(1, Math.floor((width - 80) / 3))
    const bin = (time: number): number => Math.min(bins - 1, Math.max(0, Math.floor((x(time) - 66) / 3)))
    const sent = Array.from({ length: bins }, () => 0)
    const wrong = Array.from({ length: bins }, () => 0)
    for (const message of messages) sent[bin(message[3])]!++
    if (messages.length === 0) { for (const [start] of operations) sent[bin(start)]!++ }
    for (const [start, took, , , outcome] of operations) if (outcomes[outcome] !== "ok") wrong[bin(start + took)]!++
    const most = Math.max(1, ...sent)
    const bars = sent.map((n, i) =>
      n === 0 ? "" : `M${66 + 3 * i},${bottom}v${(-Math.max(1, n / most * (bottom - 8))).toFixed(1)}h2.5V${bottom}z`
    )
    const marks = wrong.map((n, i) => n === 0 ? "" : `M${66 + 3 * i},2h2.5v5h-2.5z`)
    const ticks = timeTicks(x, width - 80)
    const step = (ticks[1] ?? 1) - (ticks[0] ?? 0)
    element.replaceChildren(svg(
      "svg",
      { width, height, viewBox: `0 0 ${width} ${height}` },
      faultShades(data, x, 2, bottom),
      svg("path", { class: "volume", d: bars.join("") }),
      svg("path", { class: "wrong", d: marks.join("") }),
      svg(
        "g",
        { class: "axis", "aria-hidden": "true" },
        ...ticks.map((tick) =>
          svg("text", { x: x(tick), y: bottom + 14, "text-anchor": "middle" }, `${Format.seconds(tick, step)} s`)
        )
      ),
      svg(
        "text",
        { class: "side", x: 56, y: bottom - 4, "text-anchor": "end", "aria-hidden": "true" },
        messages.length > 0 ? "messages" : "asked"
      ),
      pane,
      handles.from,
      handles.to
    ))
    move(range)
  })

  let grip: { readonly part: "from" | "to" | "pane" | "new"; readonly time: number; readonly range: Range } | undefined
  const timeAt = (event: PointerEvent): number => x.invert(event.clientX - element.getBoundingClientRect().left)
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return
    const part = event.target === handles.from
      ? "from"
      : event.target === handles.to
      ? "to"
      : event.target === pane && range.to - range.from < (duration - beginning) * 0.98
      ? "pane"
      : "new"
    grip = { part, time: timeAt(event), range }
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
    else if (Math.abs(x(time) - x(grip.time)) > 3) {
      look({ from: Math.min(time, grip.time), to: Math.max(time, grip.time) })
    }
  })
  element.addEventListener("pointerup", (event) => {
    if (grip?.part === "new" && Math.abs(x(timeAt(event)) - x(grip.time)) <= 3) {
      const half = (range.to - range.from) / 2
      look({ from: grip.time - half, to: grip.time + half })
    }
    grip = undefined
  })
  return { element, move }
}
