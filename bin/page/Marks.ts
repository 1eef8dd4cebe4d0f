/**
 * How operations and messages look, in all charts alike: the kind of an operation by its hue, its outcome by its shape
 * and, unless it was ok, by a hue of its own. Hues are Okabe and Ito's, which people tell apart however they see colours.
 */
import { type Outcome, outcomes, type ReportData, role } from "../../src/report/ReportData.ts"
import { fateOf } from "../../src/report/SpaceTime.ts"
import { el, svg } from "./Dom.ts"

/** How many hues there are for operations, and for messages; further kinds use the first ones again. */
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

/** The two strokes of an arrowhead that arrives at the second point. */
export const arrowhead = (x1: number, y1: number, x2: number, y2: number): string => {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length]
  const [bx, by] = [x2 - 7 * ux, y2 - 7 * uy]
  return `M${(bx - 3 * uy).toFixed(1)},${(by + 3 * ux).toFixed(1)}L${x2.toFixed(1)},${y2.toFixed(1)}L${
    (bx + 3 * uy).toFixed(1)
  },${(by - 3 * ux).toFixed(1)}`
}

export const cross = (x: number, y: number): string => `M${x - 3.5},${y - 3.5}l7,7m0,-7l-7,7`

export const segment = (x1: number, y1: number, x2: number, y2: number): string =>
  `M${x1.toFixed(1)},${y1.toFixed(1)}L${x2.toFixed(1)},${y2.toFixed(1)}`

const meaning: Readonly<Record<Outcome, string>> = {
  ok: "",
  fail: "failed",
  info: "outcome unknown",
  open: "never ended"
}

/** The legend of the operations that occur. */
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

/** The legend of the diagram, which has the types of visible messages as well. */
export const diagramLegend = (data: ReportData, withClients: boolean, withServices: boolean): HTMLElement => {
  const element = legend(data)
  const isSeen = (address: number): boolean => {
    const who = role(data.addresses[address]!)
    return who === "node" || (who === "client" ? withClients : withServices)
  }
  const seen = new Set(data.messages.flatMap(([src, dest, type]) => isSeen(src) && isSeen(dest) ? [type] : []))
  const isDropped = data.messages.some((message) => !["delivered", "under way"].includes(fateOf(message)))
  for (const [type, name] of data.types.entries()) {
    if (!seen.has(type)) continue
    element.append(el(
      "li",
      {},
      svg(
        "svg",
        { width: 22, height: 12, "aria-hidden": "true" },
        svg("path", { class: `message ${messageClass(type)}`, d: "M1,10L18,3" }),
        svg("path", { class: `message ${messageClass(type)} head`, d: arrowhead(1, 10, 20, 2) })
      ),
      ` ${name}`
    ))
  }
  if (isDropped) {
    element.append(
      el(
        "li",
        {},
        svg(
          "svg",
          { width: 22, height: 12, "aria-hidden": "true" },
          svg("path", { class: "message dropped", d: "M1,10L14,5" }),
          svg("path", { class: "message dropped cross", d: cross(15, 5) })
        ),
        " dropped"
      )
    )
  }
  return element
}
