/**
 * A chart of points. It shows the words for the point nearest to the pointer.
 */
import type { ReportData } from "../../src/report/ReportData.ts"
import { checkbox, el, svg } from "./Dom.ts"
import { axis, chart, type Hit, type Plot } from "./Frame.ts"

export interface Point {
  readonly time: number
  readonly value: number
  /** Points of a group look alike. */
  readonly group: number
  readonly text: () => string
  readonly choose?: () => void
}

export interface Group {
  readonly className: string
  readonly shape: (x: number, y: number) => string
}

/** Draws one path for each group, with one point for all that share a place to half a pixel. */
const points = (plot: Plot, groups: ReadonlyArray<Group>, all: ReadonlyArray<Point>): void => {
  const seen = groups.map(() => new Set<string>())
  const paths = groups.map((): Array<string> => [])
  const counts = groups.map(() => 0)
  for (const { group, time, value } of all) {
    const [x, y] = [Math.round(plot.x(time) * 2) / 2, Math.round(plot.y(value) * 2) / 2]
    counts[group]!++
    const key = `${x} ${y}`
    if (seen[group]!.has(key)) continue
    seen[group]!.add(key)
    paths[group]!.push(groups[group]!.shape(x, y))
  }
  for (const [i, { className }] of groups.entries()) {
    if (counts[i] === 0) continue
    plot.marks.append(svg("path", { class: `points ${className}`, "data-count": counts[i], d: paths[i]!.join("") }))
  }
}

/** The point nearest to the pointer, if one is near. */
const nearest = (plot: Plot, all: ReadonlyArray<Point>, x: number, y: number): Hit | undefined => {
  const reach = 18
  const [from, to] = [plot.x.invert(x - reach), plot.x.invert(x + reach)]
  let best: Point | undefined
  let least = reach ** 2
  for (const point of all) {
    if (point.time < from || point.time > to) continue
    const distance = (plot.x(point.time) - x) ** 2 + (plot.y(point.value) - y) ** 2
    if (distance > least) continue
    least = distance
    best = point
  }
  return best && {
    x: plot.x(best.time),
    y: plot.y(best.value),
    text: best.text(),
    ...best.choose && { choose: best.choose }
  }
}

/** Whether the largest value is so far above the usual ones that a linear scale would show nothing else. */
export const isWide = (values: ReadonlyArray<number>): boolean => {
  const sorted = values.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  return (sorted.at(-1) ?? 0) > 20 * Math.max(1, median)
}

export const scatter = (
  data: ReportData,
  mount: HTMLElement,
  description: string,
  label: string,
  groups: ReadonlyArray<Group>,
  all: ReadonlyArray<Point>
): void => {
  let logarithmic = isWide(all.map(({ value }) => value))
  const max = all.reduce((max, { value }) => Math.max(max, value), 0)
  const redraw = chart(
    data,
    mount,
    description,
    () => axis(label, max, logarithmic),
    (plot) => points(plot, groups, all),
    (plot, x, y) => nearest(plot, all, x, y)
  )
  mount.append(el(
    "p",
    { class: "controls" },
    checkbox("logarithmic", logarithmic, (checked) => {
      logarithmic = checked
      redraw()
    })
  ))
}
