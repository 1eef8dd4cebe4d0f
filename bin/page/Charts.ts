/**
 * The charts over the time of a whole run: latencies, their quantiles, rates.
 */
import { line, stack } from "d3-shape"
import { outcomes, type ReportData } from "../../src/report/ReportData.ts"
import { type Window, windows } from "../../src/report/Windows.ts"
import { el, svg, table } from "./Dom.ts"
import * as Format from "./Format.ts"
import { axis, chart, type Hit, type Plot } from "./Frame.ts"
import { glyph, legend, operationClass } from "./Marks.ts"
import { type Group, isWide, type Point, scatter } from "./Scatter.ts"

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

/** The entries of a legend, each with what its mark looks like. */
const keys = (entries: ReadonlyArray<readonly [name: string, width: number, mark: SVGElement]>): HTMLElement =>
  el(
    "ul",
    { class: "legend" },
    ...entries.map(([name, width, mark]) =>
      el("li", {}, svg("svg", { width, height: 12, "aria-hidden": "true" }, mark), ` ${name}`)
    )
  )

/** A row for each window of time. */
const asTable = (
  data: ReportData,
  caption: string,
  columns: ReadonlyArray<readonly [name: string, cell: (window: Window) => string]>
): HTMLElement =>
  el(
    "details",
    {},
    el("summary", {}, "As a table"),
    table(
      caption,
      ["time", ...columns.map(([name]) => name)],
      windows(data, 20).map((window) => [windowText(window), ...columns.map(([, cell]) => cell(window))])
    )
  )

const drawQuantiles = ({ marks, x, y }: Plot, all: ReadonlyArray<Window>): void => {
  for (const key of quantileLines) {
    const path = line<Window>()
      .defined(({ quantiles }) => quantiles !== undefined)
      .x((window) => x(middle(window)))
      .y(({ quantiles }) => y(quantiles![key]))
    const dots = all.map((window) =>
      window.quantiles === undefined ? "" : `M${x(middle(window))},${y(window.quantiles[key])}h0`
    )
    marks.append(
      svg("path", { class: `quantile ${key}`, d: path(all) ?? "" }),
      svg("path", { class: `quantile dots ${key}`, d: dots.join("") }) // a window between two empty ones has no line
    )
  }
}

export const quantiles = (data: ReportData, mount: HTMLElement): void => {
  if (areAllImmediate(data, mount)) return
  const all = windows(data, 60)
  const maxima = all.flatMap(({ quantiles }) => quantiles?.max ?? [])
  const logarithmic = isWide(
    all.flatMap(({ quantiles }) => quantiles === undefined ? [] : [quantiles.median, quantiles.max])
  )
  mount.append(keys(quantileLines.map((key) => {
    const mark = svg("path", { class: `quantile ${key}`, d: "M1,6H21" })
    return [quantileNames[key], 22, mark]
  })))
  chart(
    data,
    mount,
    `Latency quantiles over time: ${quantileLines.map((key) => quantileNames[key]).join(", ")}; below as a table.`,
    () => axis("ms", Math.max(0, ...maxima), logarithmic),
    (plot) => drawQuantiles(plot, all),
    (plot, pointer) => {
      const window = windowAt(all, plot.x.invert(pointer))
      if (window?.quantiles === undefined) return undefined
      const { quantiles } = window
      const parts = quantileLines.map((key) => `${quantileNames[key]} ${Format.ms(quantiles[key])}`)
      return {
        x: plot.x(middle(window)),
        y: plot.y(quantiles.median),
        text: `${windowText(window)}: ${parts.join(", ")}`
      }
    }
  )
  mount.append(asTable(
    data,
    "Latencies in ms, by when operations began",
    quantileLines.map((key) => [
      quantileNames[key],
      ({ quantiles }) => quantiles === undefined ? "–" : Format.count(quantiles[key])
    ])
  ))
}

/** Operations of one kind and outcome. */
interface Column {
  readonly name: string
  readonly className: string
  /** How many ended each second. */
  readonly of: (window: Window) => number
}

/** The columns for kinds and outcomes that occur. */
const columnsOf = ({ kinds }: ReportData, all: ReadonlyArray<Window>): ReadonlyArray<Column> =>
  outcomes.slice(0, 3).flatMap((outcome, o) =>
    kinds.map((kind, k): Column => ({
      name: `${kind} ${outcome}`,
      className: operationClass(k, outcome),
      of: ({ end, ended, start }) => (ended[k]?.[o] ?? 0) / (end - start) * 1000
    }))
  ).filter(({ of }) => all.some((window) => of(window) > 0))

const rateAt = (
  { x, y }: Plot,
  all: ReadonlyArray<Window>,
  columns: ReadonlyArray<Column>,
  pointer: number
): Hit | undefined => {
  const window = windowAt(all, x.invert(pointer))
  if (window === undefined) return undefined
  const parts = columns.filter(({ of }) => of(window) > 0)
  return {
    x: x(middle(window)),
    y: y(parts.reduce((sum, { of }) => sum + of(window), 0)),
    text: `${windowText(window)}: ${
      parts.map(({ name, of }) => `${Format.count(of(window))} ${name}`).join(", ") || "none"
    }`
  }
}

export const rate = (data: ReportData, mount: HTMLElement): void => {
  if (data.operations.length === 0) {
    mount.append(el("p", { class: "none" }, "There was no operation."))
    return
  }
  const all = windows(data, 60)
  const columns = columnsOf(data, all)
  const layers = stack<Window, Column>().keys(columns).value((window, { of }) => of(window))([...all])
  const max = Math.max(0, ...layers.at(-1)?.map(([, top]) => top) ?? [])
  mount.append(keys(columns.map(({ className, name }) => {
    const mark = svg("rect", { class: `bar ${className}`, width: 12, height: 12 })
    return [name, 14, mark]
  })))
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
    (plot, pointer) => rateAt(plot, all, columns, pointer)
  )
  mount.append(asTable(
    data,
    "Operations a second, by when they ended",
    columns.map(({ name, of }) => [name, (window) => Format.count(of(window))])
  ))
}
