/**
 * How operations and messages look, in all charts alike: the kind of an operation by its hue, its outcome by its shape
 * and, unless it was ok, by a hue of its own. Hues are Okabe and Ito's, which people tell apart however they see colours.
 */
import { type Outcome, outcomes, type ReportData } from "../../src/bench/report/ReportData.ts"
import { el, svg } from "./Dom.ts"

/** How many hues there are for each; then they come again. */
const operationHues = 4
const messageHues = 6

export const operationClass = (kind: number, outcome: Outcome): string => `${outcome} kind-${kind % operationHues}`
export const messageClass = (type: number): string => `type-${type % messageHues}`

/** ok: a dot, which the round end of a line of no length is; fail: a cross; info and open: a triangle. */
export const glyph = (outcome: Outcome) => (x: number, y: number): string =>
  outcome === "ok"
    ? `M${x},${y}h0`
    : outcome === "fail"
    ? `M${x - 3},${y - 3}l6,6m0,-6l-6,6`
    : `M${x},${y - 4}l4,7h-8z`

const meaning: Readonly<Record<Outcome, string>> = {
  ok: "",
  fail: "failed",
  info: "outcome unknown",
  open: "never ended"
}

/** Of the operations that there are. */
export const legend = ({ faults, kinds, operations }: ReportData): HTMLElement => {
  const key = (className: string, outcome: Outcome, name: string): HTMLLIElement =>
    el(
      "li",
      {},
      svg(
        "svg",
        { width: 14, height: 12, "aria-hidden": "true" },
        svg("path", { class: `points ${className}`, d: glyph(outcome)(7, 6) })
      ),
      ` ${name}`
    )
  const has = new Set(operations.map(([, , , , outcome]) => outcome))
  return el(
    "ul",
    { class: "legend" },
    ...kinds.map((kind, index) => key(operationClass(index, "ok"), "ok", kind)),
    ...outcomes.flatMap((outcome, index) =>
      outcome !== "ok" && has.has(index) ? [key(`${outcome} kind-0`, outcome, meaning[outcome])] : []
    ),
    ...[...new Set(faults.map(({ name }) => name))].map((name) =>
      el(
        "li",
        {},
        svg(
          "svg",
          { width: 14, height: 12, "aria-hidden": "true" },
          svg("rect", { class: `fault ${name}`, width: 14, height: 12 })
        ),
        ` ${name}`
      )
    )
  )
}
