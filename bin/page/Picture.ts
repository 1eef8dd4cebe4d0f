/**
 * The space-time diagram as it is drawn: a picture of a range of time, and where in it everything is.
 *
 * Only what is in the range is drawn. Where there are more messages than could be told apart, each line shows how many
 * were sent and received instead.
 */
import { type ScaleLinear, scaleLinear } from "d3-scale"
import { outcomes, type ReportData, role } from "../../src/report/ReportData.ts"
import * as SpaceTime from "../../src/report/SpaceTime.ts"
import { svg } from "./Dom.ts"
import * as Format from "./Format.ts"
import { timeTicks } from "./Frame.ts"
import { arrowhead, cross, messageClass, operationClass, segment } from "./Marks.ts"
import * as Words from "./Words.ts"

/** What is to be shown, and how. */
export interface View {
  readonly range: SpaceTime.Range
  readonly withClients: boolean
  readonly withServices: boolean
  /** The line that is chosen, if any is. */
  readonly lane: number | undefined
  readonly selected: SpaceTime.Thing | undefined
  /** Operations that a finding is about. */
  readonly accused: ReadonlyArray<number>
  /** What to bring out, if not all. */
  readonly influenced: SpaceTime.Influence | undefined
}

/** Where something was drawn. */
export interface Place extends SpaceTime.Thing {
  readonly x1: number
  readonly y1: number
  readonly x2: number
  readonly y2: number
}

export interface Picture {
  readonly element: SVGSVGElement
  readonly places: ReadonlyArray<Place>
  readonly x: ScaleLinear<number, number>
  /** How many messages are in the range, and whether that is too many to draw each. */
  readonly messages: number
  readonly isCrowded: boolean
}

/** So many messages can be told apart. */
const most = 2500
/** So many can have an arrowhead, and so many a name. */
const mostArrows = 900
const mostNames = 24

/** What stands beside the plot. */
export const gutter = 66
export const right = 14

/** The names of the lines, and on which of them each address is. */
export const lanesOf = (
  { addresses, nodes }: ReportData,
  { withClients, withServices }: Pick<View, "withClients" | "withServices">
) => {
  const services = addresses.filter((address) => role(address) === "service")
  const names = [...withClients ? ["clients"] : [], ...nodes, ...withServices ? services : []]
  return { names, laneOf: addresses.map((address) => names.indexOf(role(address) === "client" ? "clients" : address)) }
}

/** Where things go. */
interface Layout extends ReturnType<typeof lanesOf> {
  readonly x: ScaleLinear<number, number>
  readonly width: number
  readonly top: number
  readonly bottom: number
  readonly laneHeight: number
  /** How far up or down the line of a lane is. */
  readonly lineOf: (lane: number) => number
  /** A moment, but no further out than it takes to be out of sight. */
  readonly clamp: (time: number) => number
}

const layout = (data: ReportData, view: View, width: number): Layout => {
  const { laneOf, names } = lanesOf(data, view)
  const { faults, nodes } = data
  const laneHeight = nodes.length <= 6 ? 54 : nodes.length <= 12 ? 40 : 30
  const strips = new Set(faults.map(({ name }) => name)).size
  const top = 26 + strips * 18 + (strips > 0 ? 4 : 0)
  const x = scaleLinear().domain([view.range.from, view.range.to]).range([gutter, width - right])
  return {
    names,
    laneOf,
    x,
    width,
    top,
    bottom: top + names.length * laneHeight,
    laneHeight,
    lineOf: (lane) => top + (lane + 0.72) * laneHeight,
    clamp: (time) => Math.min(width + 50, Math.max(gutter - 50, x(time)))
  }
}

/** Paths by class name, so that thousands of marks are a handful of elements. */
const strokes = () => {
  const paths = new Map<string, Array<string>>()
  return {
    add: (className: string, d: string): void => {
      const parts = paths.get(className) ?? []
      paths.set(className, parts)
      parts.push(d)
    },
    elements: (): ReadonlyArray<SVGPathElement> =>
      [...paths].map(([className, parts]) =>
        svg("path", { class: className, "data-count": parts.length, d: parts.join("") })
      )
  }
}
type Strokes = ReturnType<typeof strokes>

const emphasis = (among: ReadonlySet<number> | undefined, index: number): string =>
  among === undefined ? "" : among.has(index) ? " in" : " out"

const axis = ({ bottom, width, x }: Layout): { readonly lines: SVGGElement; readonly labels: SVGGElement } => {
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

/** A strip above for each, the sides of a partition behind the lines, and walls between neighbours that it cuts. */
const faults = ({ faults, nodes }: ReportData, { range }: View, at: Layout): SVGGElement => {
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
      if (name === "kill" || name === "pause") {
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

/** The line of each, interrupted where it was dead. */
const worldLines = ({ faults }: ReportData, { range }: View, { clamp, lineOf, names, width }: Layout): SVGGElement => {
  const group = svg("g")
  for (const [lane, name] of names.entries()) {
    const y = lineOf(lane)
    const who = name === "clients" ? "client" : role(name)
    group.append(svg("line", { class: `world ${who}`, x1: gutter, x2: width - right, y1: y, y2: y }))
    for (const { end, name: fault, nodes: struck, start } of faults) {
      if (fault !== "kill" || !struck.includes(name) || end < range.from || start > range.to) continue
      group.append(
        svg("line", { class: "dead", x1: clamp(start), x2: clamp(end), y1: y, y2: y }),
        svg("path", { class: "death", d: cross(clamp(start), y) })
      )
    }
  }
  return group
}

const laneLabels = ({ lane: chosen }: View, { lineOf, names }: Layout): SVGGElement =>
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

/** How many were sent (up) and received or dropped (down) on each line, in bins of some pixels. */
const density = ({ messages }: ReportData, visible: ReadonlyArray<number>, at: Layout, paths: Strokes): void => {
  const { laneHeight, laneOf, lineOf, names, width, x } = at
  const binWidth = 4
  const bins = Math.ceil((width - gutter - right) / binWidth)
  const empty = (): Array<number> => Array.from({ length: bins }, () => 0)
  const counts = names.map(() => ({ sent: empty(), received: empty(), dropped: empty() }))
  const note = (of: Array<number>, time: number): void => {
    const bin = Math.floor((x(time) - gutter) / binWidth)
    if (bin >= 0 && bin < bins) of[bin]!++
  }
  for (const index of visible) {
    const message = messages[index]!
    const [src, dest, , sent] = message
    note(counts[laneOf[src]!]!.sent, sent)
    const arrived = SpaceTime.arrival(message)
    if (arrived === undefined) continue
    note(counts[laneOf[dest]!]![SpaceTime.fateOf(message) === "delivered" ? "received" : "dropped"], arrived)
  }
  const peak = counts.reduce(
    (peak, { dropped, received, sent }) =>
      sent.reduce((peak, n, bin) => Math.max(peak, n, received[bin]!, dropped[bin]!), peak),
    1
  )
  for (const [lane, { dropped, received, sent }] of counts.entries()) {
    const bars = (className: string, of: ReadonlyArray<number>, size: number): void => {
      for (const [bin, n] of of.entries()) {
        if (n === 0) continue
        const tall = Math.max(0.75, Math.sqrt(n / peak) * Math.abs(size)) * Math.sign(size)
        paths.add(
          `density ${className}`,
          `M${gutter + bin * binWidth},${lineOf(lane).toFixed(1)}v${tall.toFixed(1)}h${binWidth - 1}v${
            (-tall).toFixed(1)
          }z`
        )
      }
    }
    bars("sent", sent, -laneHeight * 0.5)
    bars("received", received, laneHeight * 0.24)
    bars("dropped", dropped, laneHeight * 0.24)
  }
}

/** The picture of a view, `width` pixels wide. */
export const picture = (data: ReportData): (view: View, width: number) => Picture => {
  const { duration, messages, operations, types } = data
  const messagesIn = SpaceTime.messagesIn(data)
  const operationsIn = SpaceTime.operationsIn(data)
  const rowOf = SpaceTime.rows(operations)
  const rowCount = Math.min(3, 1 + rowOf.reduce((max, row) => Math.max(max, row), 0))
  const usualTime = messages.map(([, , , , took]) => took ?? 0).toSorted((a, b) => a - b)[messages.length >> 1] ?? 0

  /** Where a message's line ends: short of its receiver if it never got there. */
  const way = (index: number, { laneOf, lineOf, x }: Layout): Place => {
    const message = messages[index]!
    const [src, dest, , sent] = message
    const [x1, y1, y2] = [x(sent), lineOf(laneOf[src]!), lineOf(laneOf[dest]!) - (src === dest ? 6 : 0)]
    const x2 = x(SpaceTime.arrival(message) ?? sent)
    const place = { kind: "message", index, x1, y1 } as const
    switch (SpaceTime.fateOf(message)) {
      case "delivered":
        return { ...place, x2, y2 }
      case "under way":
        return { ...place, x2: x(duration), y2 }
      case "lost":
        return { ...place, x2: x(sent + usualTime / 2), y2: (y1 + y2) / 2 }
      default:
        return { ...place, x2: x1 + (x2 - x1) * 0.88, y2: y1 + (y2 - y1) * 0.88 }
    }
  }

  const each = (visible: ReadonlyArray<number>, { influenced }: View, at: Layout, paths: Strokes, names: SVGGElement) =>
    visible.map((index): Place => {
      const place = way(index, at)
      const { x1, x2, y1, y2 } = place
      const type = messages[index]![2]
      const shown = emphasis(influenced?.messages, index)
      const className = `message ${messageClass(type)}${shown}`
      const fate = SpaceTime.fateOf(messages[index]!)
      if (fate === "delivered") {
        paths.add(className, segment(x1, y1, x2, y2))
        if (visible.length <= mostArrows) paths.add(`${className} head`, arrowhead(x1, y1, x2, y2))
      } else if (fate === "under way") {
        paths.add(`${className} unfinished`, segment(x1, y1, x2, y2))
      } else {
        paths.add(`message dropped${shown}`, segment(x1, y1, x2, y2))
        paths.add(`message dropped cross${shown}`, cross(x2, y2))
      }
      const middle = (x1 + x2) / 2
      const isLong = Math.hypot(x2 - x1, y2 - y1) > 70
      if (visible.length <= mostNames && isLong && middle > gutter && middle < at.width - right) {
        names.append(svg("text", { x: middle + 5, y: (y1 + y2) / 2 - 3 }, types[type]!))
      }
      return place
    })

  return (view, width) => {
    const at = layout(data, view, width)
    const { bottom, clamp, laneHeight, laneOf, lineOf, x } = at
    const names = svg("g", { class: "names" })

    const lines = strokes()
    const visible = messagesIn(view.range).filter((index) => {
      const [src, dest] = messages[index]!
      return laneOf[src]! >= 0 && laneOf[dest]! >= 0
    })
    const isCrowded = visible.length > most
    const places = isCrowded ? [] : each(visible, view, at, lines, names)
    if (isCrowded) density(data, visible, at, lines)

    const bars = strokes()
    const tall = Math.min(10, (laneHeight * 0.68 - 2) / rowCount - 1)
    /** A bar on the line of its node, above those that last at the same time. */
    const box = (index: number) => {
      const [start, took, node] = operations[index]!
      const row = Math.min(rowOf[index]!, rowCount - 1)
      const left = clamp(start)
      return {
        left,
        y: lineOf(laneOf[node]!) - 2 - (1 + row) * (tall + 1),
        wide: Math.max(3, clamp(start + took) - left)
      }
    }
    const frame = (index: number) => {
      const { left, wide, y } = box(index)
      return { x: left - 3, y: y - 3, width: wide + 6, height: tall + 6, rx: 3 }
    }
    const isSeen = (index: number): boolean => laneOf[operations[index]![2]]! >= 0
    const visibleOperations = operationsIn(view.range).filter(isSeen)
    for (const index of visibleOperations) {
      const [, , , kind, outcome] = operations[index]!
      const { left, wide, y } = box(index)
      bars.add(
        `operation ${operationClass(kind, outcomes[outcome]!)}${emphasis(view.influenced?.operations, index)}`,
        `M${left.toFixed(1)},${y.toFixed(1)}h${wide.toFixed(1)}v${tall}h${(-wide).toFixed(1)}z`
      )
      places.push({ kind: "operation", index, x1: left, y1: y + tall / 2, x2: left + wide, y2: y + tall / 2 })
      if (wide < 70 || visibleOperations.length > 200 || tall < 7) continue
      names.append(svg(
        "text",
        { class: `on ${outcomes[outcome]}`, x: Math.max(left, gutter) + 4, y: y + tall - 1.5 },
        Words.name(data, index).slice(0, Math.floor(wide / 6))
      ))
    }

    const front = svg("g")
    for (const index of view.accused) {
      const { left, y } = box(index)
      if (!isSeen(index) || left > width || left < gutter - 20) continue
      const text = Words.name(data, index)
      const isLate = left > width - 140
      front.append(
        svg("line", { class: "accused", x1: left, x2: left, y1: 22, y2: bottom }),
        svg("rect", { class: "accused", "data-operation": index, ...frame(index) }),
        svg(
          "text",
          { class: "accused", x: isLate ? left - 6 : left + 6, y: y - 6, "text-anchor": isLate ? "end" : "start" },
          text.length > 26 ? `${text.slice(0, 25)}…` : text
        )
      )
    }
    const { selected } = view
    const chosen = selected && places.find(({ index, kind }) => kind === selected.kind && index === selected.index)
    if (chosen?.kind === "operation") front.append(svg("rect", { class: "selected", ...frame(chosen.index) }))
    if (chosen?.kind === "message") {
      const { x1, x2, y1, y2 } = chosen
      front.append(svg("path", { class: "selected", d: segment(x1, y1, x2, y2) + arrowhead(x1, y1, x2, y2) }))
    }

    const height = bottom + 10
    const { labels, lines: grid } = axis(at)
    const clip = svg("rect", { x: gutter - 5, y: 0, width: Math.max(0, width - gutter + 5), height })
    const element = svg(
      "svg",
      { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
      svg("defs", {}, svg("clipPath", { id: "stage-clip" }, clip)),
      labels,
      svg(
        "g",
        { "clip-path": "url(#stage-clip)" },
        grid,
        faults(data, view, at),
        worldLines(data, view, at),
        svg("g", { style: `--opacity: ${visible.length > 700 ? 0.35 : 0.75}` }, ...lines.elements()),
        svg("g", {}, ...bars.elements()),
        names,
        front
      ),
      laneLabels(view, at)
    )
    return { element, places, x, messages: visible.length, isCrowded }
  }
}
