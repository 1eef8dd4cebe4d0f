/**
 * What stands above the diagram: buttons that move its range, fields for the range in numbers, and checkboxes.
 */
import type { Range } from "../../src/report/SpaceTime.ts"
import { button, el } from "./Dom.ts"
import type { Viewport } from "./Viewport.ts"

/** How many times as long the range is after a zoom in. */
export const zoomStep = 0.6

export const toolbar = (viewport: Viewport, ...checks: ReadonlyArray<HTMLElement | undefined>) => {
  const { look, pan, wholeRun, zoom } = viewport
  const bound = (name: string): HTMLInputElement =>
    el("input", { type: "number", step: "any", inputmode: "decimal", "aria-label": `${name}, in seconds` })
  const [from, to] = [bound("from"), bound("to")]
  const typed = (): void => {
    const wanted = { from: Number(from.value) * 1000, to: Number(to.value) * 1000 }
    if (wanted.to > wanted.from) look(wanted)
  }
  from.addEventListener("change", typed)
  to.addEventListener("change", typed)
  return {
    element: el(
      "div",
      { class: "toolbar", role: "group", "aria-label": "Range of the diagram" },
      button("−", () => zoom(1 / zoomStep), { "aria-label": "Zoom out", title: "Zoom out (−)" }),
      button("+", () => zoom(zoomStep), { "aria-label": "Zoom in", title: "Zoom in (+)" }),
      button("◀", () => pan(-0.3), { "aria-label": "Earlier", title: "Earlier (←)" }),
      button("▶", () => pan(0.3), { "aria-label": "Later", title: "Later (→)" }),
      button("Whole run", wholeRun, { title: "Whole run (0)" }),
      el("span", { class: "range" }, from, " to ", to, " s"),
      el("span", { class: "checks" }, ...checks)
    ),
    show: (range: Range): void => {
      const decimals = Math.min(6, Math.max(1, Math.ceil(-Math.log10((range.to - range.from) / 1000)) + 2))
      from.value = (range.from / 1000).toFixed(decimals)
      to.value = (range.to / 1000).toFixed(decimals)
    }
  }
}
