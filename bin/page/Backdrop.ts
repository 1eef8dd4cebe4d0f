/**
 * What stands behind operations and messages in the diagram: time, lines of nodes, and faults.
 */
import { type ReportData, role } from "../../src/report/ReportData.ts"
import * as SpaceTime from "../../src/report/SpaceTime.ts"
import { svg } from "./Dom.ts"
import * as Format from "./Format.ts"
import { timeTicks } from "./Frame.ts"
import { gutter, type Layout, right, type View } from "./Layout.ts"
import { cross } from "./Marks.ts"

export const axis = ({ bottom, width, x }: Layout): { readonly lines: SVGGElement; readonly labels: SVGGElement } => {
  const ticks = timeTicks(x, width - gutter)
  const step = (ticks[1] ?? 1) - (ticks[0] ?? 0)
  return {
    lines: svg(
      "g",
      {},
      ...ticks.map((tick) => svg("line", { class: "grid", x1: x(tick), x2: x(tick), y1: 22, y2: bottom }))
    ),
    labels: svg(
      "g",
      {},
      ...ticks.map((tick) => {
        const isLast = x(tick) > width - 30
        return svg(
          "text",
          { class: "tick", x: isLast ? width - 4 : x(tick), y: 14, "text-anchor": isLast ? "end" : "middle" },
          `${Format.seconds(tick, step)} s`
        )
      })
    )
  }
}

/**
 * Faults: a strip above the diagram for each; for a partition also its sides behind the lines, and walls between
 * neighbours that it cuts.
 */
export const faults = ({ faults, nodes }: ReportData, { range }: View, at: Layout): SVGGElement => {
  const { clamp, laneHeight, names, top, width } = at
  const group = svg("g")
  const kinds = [...new Set(faults.map(({ name }) => name))]
  for (const { drops, end, name, nodes: struck, start, what } of faults) {
    if (end < range.from || start > range.to) continue
    const [left, wide] = [clamp(start), Math.max(2, clamp(end) - clamp(start))]
    const y = 24 + 18 * kinds.indexOf(name)
    const from = Math.max(left, gutter)
    const room = Math.floor((Math.min(left + wide, width) - from - 8) / 5.8)
    group.append(svg(
      "g",
      { class: "strip" },
      svg("title", {}, `${what}, ${Format.moment(start)} to ${Format.moment(end)}`),
      svg("rect", { class: `fault ${name}`, x: left, y, width: wide, height: 15, rx: 2 }),
      room > 7 ? svg("text", { x: from + 5, y: y + 11 }, what.slice(0, room)) : undefined
    ))
    const band = (className: string, lane: number): void => {
      const y = top + lane * laneHeight + 1
      group.append(svg("rect", { class: className, x: left, y, width: wide, height: laneHeight - 2 }))
    }
    if (drops === undefined) {
      if (name === "kill" || name === "wipe" || name === "pause") {
        for (const node of struck) band(`struck ${name}`, names.indexOf(node))
      }
      continue
    }
    const sides = SpaceTime.sides(nodes, drops)
    const isSplit = new Set(sides).size > 1
    for (const [i, node] of nodes.entries()) {
      const lane = names.indexOf(node)
      if (isSplit) band(`side side-${sides[i]! % 3}`, lane)
      else if (struck.includes(node)) band("side partial", lane)
      const next = nodes[i + 1]
      if (next === undefined || (drops[node]?.includes(next) !== true && drops[next]?.includes(node) !== true)) continue
      const wall = top + (lane + 1) * laneHeight
      group.append(svg("line", { class: "wall", x1: left, x2: left + wide, y1: wall, y2: wall }))
    }
  }
  return group
}

/** The line of each node, interrupted where the node was dead. */
export const worldLines = (
  { faults }: ReportData,
  { range }: View,
  { clamp, lineOf, names, width }: Layout
): SVGGElement => {
  const group = svg("g")
  for (const [lane, name] of names.entries()) {
    const y = lineOf(lane)
    const who = name === "clients" ? "client" : role(name)
    group.append(svg("line", { class: `world ${who}`, x1: gutter, x2: width - right, y1: y, y2: y }))
    for (const { end, name: fault, nodes: struck, start } of faults) {
      if (fault !== "kill" && fault !== "wipe" || !struck.includes(name) || end < range.from || start > range.to) {
        continue
      }
      group.append(
        svg("line", { class: "dead", x1: clamp(start), x2: clamp(end), y1: y, y2: y }),
        svg("path", { class: "death", d: cross(clamp(start), y) })
      )
    }
  }
  return group
}

export const laneLabels = ({ lane: chosen }: View, { lineOf, names }: Layout): SVGGElement =>
  svg(
    "g",
    {},
    ...names.map((name, lane) =>
      svg(
        "text",
        {
          class: lane === chosen ? "lane chosen" : "lane",
          x: gutter - 10,
          y: lineOf(lane),
          dy: "0.32em",
          "text-anchor": "end"
        },
        name
      )
    )
  )
