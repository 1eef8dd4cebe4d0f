/**
 * The charts over the time of a whole run: latencies, their quantiles, rates.
 */
import { line, stack } from "d3-shape"
import { outcomes, type ReportData } from "../../src/report/ReportData.ts"
import { type Window, windows } from "../../src/report/Windows.ts"
import { checkbox, el, svg, table } from "./Dom.ts"
import * as Format from "./Format.ts"
import { axis, chart, type Hit, type Plot } from "./Frame.ts"
import { glyph, legend, operationClass } from "./Marks.ts"

interface Point {
  readonly time: number
  readonly value: number
  /** Points of a group look alike. */
  readonly group: number
  readonly text: () => string
  readonly choose?: () => void
}

interface Group {
  readonly className: string
  readonly shape: (x: number, y: number) => string
}

/** One path for each group, with each point that has a place of its own to half a pixel. */
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

/** The nearest point, if it is near. */
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

/** Whether the largest is so far above the usual that a linear scale would show nothing else. */
const isWide = (values: ReadonlyArray<number>): boolean => {
  const sorted = values.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  return (sorted.at(-1) ?? 0) > 20 * Math.max(1, median)
}

const scatter = (
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

/** Says so if there is nothing to draw. */
const areAllImmediate = ({ operations }: ReportData, mount: HTMLElement): boolean => {
  if (operations.some(([, took]) => took > 0)) return false
  mount.append(el(
    "p",
    { class: "none" },
    operations.length === 0
      ? "There was no operation."
      : "Every operation ended at the moment it began: nodes answered without asking anyone, and clients are beside them."
  ))
  return true
}

export const latencies = (data: ReportData, mount: HTMLElement, choose: (operation: number) => void): void => {
  const { kinds, operations } = data
  const groups = kinds.flatMap((_, kind) =>
    outcomes.map((outcome): Group => ({ className: operationClass(kind, outcome), shape: glyph(outcome) }))
  )
  const all = operations.map(([time, value, node, kind, outcome, , said, result], index): Point => ({
    time,
    value,
    group: kind * outcomes.length + outcome,
    text: () =>
      `${said === "" ? kinds[kind] : `${kinds[kind]} ${said}`} at ${data.addresses[node]}: ${outcomes[outcome]} in ${
        Format.ms(value)
      }, from ${Format.moment(time)}${outcomes[outcome] === "ok" ? "" : `\n${result}`}`,
    choose: () => choose(index)
  }))
  if (areAllImmediate(data, mount)) return
  mount.append(legend(data))
  scatter(
    data,
    mount,
    `Latency of ${Format.count(operations.length)} operations over the ${
      Format.moment(data.duration)
    } of the run; below, quantiles of it as a table.`,
    "ms",
    groups,
    all
  )
}

export const spread = (data: ReportData, mount: HTMLElement): void => {
  for (const { name, points } of data.series) {
    const all = points.map(([time, value]): Point => ({
      time,
      value,
      group: 0,
      text: () => `known at ${Format.moment(time)}, ${name} ${Format.ms(value)}`
    }))
    scatter(
      data,
      mount,
      `${name} of ${Format.count(points.length)} values.`,
      `${name}, ms`,
      [{ className: "kind-0 ok", shape: glyph("ok") }],
      all
    )
  }
}

const quantileLines = ["median", "p95", "p99", "max"] as const
const quantileNames = { median: "median", p95: "95 %", p99: "99 %", max: "longest" }

const windowText = ({ end, start }: Window): string =>
  `${Format.seconds(start, end - start)}–${Format.seconds(end, end - start)} s`

const windowAt = (all: ReadonlyArray<Window>, time: number): Window | undefined =>
  all.find(({ end, start }) => start <= time && time < end)

const middle = ({ end, start }: Window): number => (start + end) / 2

export const quantiles = (data: ReportData, mount: HTMLElement): void => {
  if (areAllImmediate(data, mount)) return
  const all = windows(data, 60)
  const maxima = all.flatMap(({ quantiles }) => quantiles?.max ?? [])
  const logarithmic = isWide(
    all.flatMap(({ quantiles }) => quantiles === undefined ? [] : [quantiles.median, quantiles.max])
  )
  const keys = quantileLines.map((key) =>
    el(
      "li",
      {},
      svg(
        "svg",
        { width: 22, height: 12, "aria-hidden": "true" },
        svg("path", { class: `quantile ${key}`, d: "M1,6H21" })
      ),
      ` ${quantileNames[key]}`
    )
  )
  mount.append(el("ul", { class: "legend" }, ...keys))
  chart(
    data,
    mount,
    `Latency quantiles over time: ${quantileLines.map((key) => quantileNames[key]).join(", ")}; below as a table.`,
    () => axis("ms", Math.max(0, ...maxima), logarithmic),
    ({ marks, x, y }) => {
      for (const key of quantileLines) {
        const path = line<Window>()
          .defined(({ quantiles }) => quantiles !== undefined)
          .x((window) => x(middle(window)))
          .y(({ quantiles }) => y(quantiles![key]))
        marks.append(svg("path", { class: `quantile ${key}`, d: path(all) ?? "" }))
        // a window between two empty ones has no line
        marks.append(svg("path", {
          class: `quantile dots ${key}`,
          d: all.map((window) =>
            window.quantiles === undefined ? "" : `M${x(middle(window))},${y(window.quantiles[key])}h0`
          )
            .join("")
        }))
      }
    },
    (plot, pointer) => {
      const window = windowAt(all, plot.x.invert(pointer))
      return window?.quantiles && {
        x: plot.x(middle(window)),
        y: plot.y(window.quantiles.median),
        text: `${windowText(window)}: ${
          quantileLines.map((key) => `${quantileNames[key]} ${Format.ms(window.quantiles![key])}`).join(", ")
        }`
      }
    }
  )
  mount.append(el(
    "details",
    {},
    el("summary", {}, "As a table"),
    table(
      "Latencies in ms, by when operations began",
      ["time", ...quantileLines.map((key) => quantileNames[key])],
      windows(data, 20).map((window) => [
        windowText(window),
        ...quantileLines.map((key) => window.quantiles === undefined ? "–" : Format.count(window.quantiles[key]))
      ])
    )
  ))
}

export const rate = (data: ReportData, mount: HTMLElement): void => {
  const { kinds } = data
  if (data.operations.length === 0) {
    mount.append(el("p", { class: "none" }, "There was no operation."))
    return
  }
  const all = windows(data, 60)
  const columns = outcomes.slice(0, 3).flatMap((outcome, o) =>
    kinds.map((kind, k) => ({
      name: `${kind} ${outcome}`,
      className: operationClass(k, outcome),
      of: ({ end, ended, start }: Window): number => (ended[k]?.[o] ?? 0) / (end - start) * 1000
    }))
  ).filter(({ of }) => all.some((window) => of(window) > 0))
  const layers = stack<Window, (typeof columns)[number]>().keys(columns).value((window, { of }) => of(window))([...all])
  const max = Math.max(0, ...layers.at(-1)?.map(([, top]) => top) ?? [])
  mount.append(el(
    "ul",
    { class: "legend" },
    ...columns.map(({ className, name }) =>
      el(
        "li",
        {},
        svg(
          "svg",
          { width: 14, height: 12, "aria-hidden": "true" },
          svg("rect", { class: `bar ${className}`, width: 12, height: 12 })
        ),
        ` ${name}`
      )
    )
  ))
  chart(
    data,
    mount,
    `Operations that ended each second: ${columns.map(({ name }) => name).join(", ")}; below as a table.`,
    () => axis("a second", max, false),
    ({ marks, x, y }) => {
      for (const [i, layer] of layers.entries()) {
        const d = layer.map((point) => {
          const [bottom, top] = point
          if (top === bottom) return ""
          const [left, right] = [x(point.data.start) + 0.5, Math.min(x(point.data.end), x(data.duration)) - 0.5]
          return `M${left},${y(bottom)}V${y(top)}H${Math.max(left + 0.5, right)}V${y(bottom)}Z`
        })
        marks.append(svg("path", { class: `bar ${columns[i]!.className}`, d: d.join("") }))
      }
    },
    (plot, pointer) => {
      const window = windowAt(all, plot.x.invert(pointer))
      const parts = window && columns.filter(({ of }) => of(window) > 0)
      return window && parts && {
        x: plot.x(middle(window)),
        y: plot.y(parts.reduce((sum, { of }) => sum + of(window), 0)),
        text: `${windowText(window)}: ${
          parts.map(({ name, of }) => `${Format.count(of(window))} ${name}`).join(", ") || "none"
        }`
      }
    }
  )
  mount.append(el(
    "details",
    {},
    el("summary", {}, "As a table"),
    table(
      "Operations a second, by when they ended",
      ["time", ...columns.map(({ name }) => name)],
      windows(data, 20).map((window) => [windowText(window), ...columns.map(({ of }) => Format.count(of(window)))])
    )
  ))
}
