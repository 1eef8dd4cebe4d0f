/**
 * The space-time diagram, and all that moves it: pointer, keys, an overview of the whole run, and what findings are about.
 *
 * Only what is in the range is drawn. Where there are more messages than could be told apart, each line shows how many
 * were sent and received instead.
 */
import { scaleLinear } from "d3-scale"
import { outcomes, type ReportData, role } from "../../src/bench/report/ReportData.ts"
import * as SpaceTime from "../../src/bench/report/SpaceTime.ts"
import { button, checkbox, drawn, el, list, svg } from "./Dom.ts"
import * as Format from "./Format.ts"
import { place, timeTicks } from "./Frame.ts"
import { legend, messageClass, operationClass } from "./Marks.ts"
import { overview } from "./Overview.ts"

export interface Diagram {
  /** Selects an operation and goes there. */
  readonly showOperation: (index: number) => void
  /** Highlights what a finding is about and goes there. */
  readonly showEvidence: (index: number) => void
}

/** So many messages can be told apart. */
const most = 2500
/** So many can have an arrowhead, and so many a name. */
const mostArrows = 900
const mostNames = 24

/** The shortest range, in ms. */
const shortest = 0.01

const gutter = 66
const right = 14

interface Selection {
  readonly kind: "operation" | "message"
  readonly index: number
}

interface Lane {
  readonly name: string
  readonly y: number
}

/** Where something was drawn. */
interface Place {
  readonly selection: Selection
  readonly x1: number
  readonly y1: number
  readonly x2: number
  readonly y2: number
}

const distanceTo = ({ x1, x2, y1, y2 }: Place, x: number, y: number): number => {
  const [dx, dy] = [x2 - x1, y2 - y1]
  const along = Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)))
  return Math.hypot(x1 + along * dx - x, y1 + along * dy - y)
}

/** The two strokes of an arrowhead that arrives at the second point. */
const arrowhead = (x1: number, y1: number, x2: number, y2: number): string => {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length]
  const [bx, by] = [x2 - 7 * ux, y2 - 7 * uy]
  return `M${(bx - 3 * uy).toFixed(1)},${(by + 3 * ux).toFixed(1)}L${x2.toFixed(1)},${y2.toFixed(1)}L${
    (bx + 3 * uy).toFixed(1)
  },${(by - 3 * ux).toFixed(1)}`
}

const cross = (x: number, y: number): string => `M${x - 3.5},${y - 3.5}l7,7m0,-7l-7,7`

const segment = (x1: number, y1: number, x2: number, y2: number): string =>
  `M${x1.toFixed(1)},${y1.toFixed(1)}L${x2.toFixed(1)},${y2.toFixed(1)}`

/** Paths by class name, so that thousands of marks are a handful of elements. */
const strokes = () => {
  const paths = new Map<string, { parts: Array<string>; count: number }>()
  return {
    add: (className: string, d: string): void => {
      const path = paths.get(className) ?? { parts: [], count: 0 }
      paths.set(className, path)
      path.parts.push(d)
      path.count++
    },
    elements: (): ReadonlyArray<SVGPathElement> =>
      [...paths].map(([className, { count, parts }]) =>
        svg("path", { class: className, "data-count": count, d: parts.join("") })
      )
  }
}

export const diagram = (data: ReportData, mount: HTMLElement): Diagram => {
  const { addresses, duration, evidence, faults, kinds, messages, nodes, operations, types } = data
  const messagesIn = SpaceTime.messagesIn(data)
  const operationsIn = SpaceTime.operationsIn(data)
  const rowOf = SpaceTime.rows(operations)
  const rowCount = Math.min(3, 1 + rowOf.reduce((max, row) => Math.max(max, row), 0))
  const services = addresses.filter((address) => role(address) === "service")
  const beginning = Math.min(0, messages[0]?.[3] ?? 0)
  const usualTime = messages.map(([, , , , took]) => took ?? 0).toSorted((a, b) => a - b)[messages.length >> 1] ?? 0

  let range = SpaceTime.firstRange(data)
  let selected: Selection | undefined
  let highlighted: number | undefined
  let lane = -1
  let withClients = false
  let withServices = true
  let withInfluence = false
  let influenced: SpaceTime.Influence | undefined
  let places: ReadonlyArray<Place> = []
  let widthDrawn = 600

  // What is said of things

  /** What was asked. */
  const nameOf = (index: number): string => {
    const [, , , kind, , , said] = operations[index]!
    return said === "" ? kinds[kind]! : `${kinds[kind]} ${said}`
  }

  const operationInWords = (index: number): string => {
    const [start, took, node, , outcome] = operations[index]!
    const end = outcomes[outcome] === "open" ? "never ended" : `${outcomes[outcome]} after ${Format.ms(took)}`
    return `${nameOf(index)} at ${addresses[node]}, ${Format.moment(start)}, ${end}`
  }

  const messageInWords = (index: number): string => {
    const [src, dest, type, sent, took, , size] = messages[index]!
    const fate = SpaceTime.fateOf(messages[index]!)
    const end = fate === "delivered" ? `delivered after ${Format.ms(took ?? 0)}` : fateInWords[fate]
    return `${types[type]}, ${addresses[src]} to ${addresses[dest]}, ${Format.moment(sent)}, ${end}, ${
      Format.bytes(size)
    }`
  }

  const fateInWords = {
    delivered: "delivered",
    cut: "dropped by a partition",
    lost: "lost on its way",
    nobody: "dropped: nobody there",
    "under way": "still under way at the end"
  }

  const inWords = ({ index, kind }: Selection): string =>
    kind === "operation" ? operationInWords(index) : messageInWords(index)

  /** The reply to a message, or what it replies to. */
  const partner = (index: number): number | undefined => {
    const [src, dest, , sent, , , , id, msgId, inReplyTo] = messages[index]!
    const isReply = inReplyTo !== null
    const found = messages.findIndex((other) =>
      other[0] === dest && other[1] === src && other[7] !== id
      && (isReply
        ? other[8] === inReplyTo && other[3] <= sent
        : msgId !== null && other[9] === msgId && other[3] >= sent)
    )
    return found < 0 ? undefined : found
  }

  const timeOf = ({ index, kind }: Selection): SpaceTime.Range => {
    if (kind === "operation") {
      const [start, took] = operations[index]!
      return { from: start, to: start + took }
    }
    const message = messages[index]!
    return { from: message[3], to: SpaceTime.arrival(message) ?? message[3] }
  }

  // What there is to see: the stage

  const stage = el("div", {
    class: "stage",
    tabindex: 0,
    role: "application",
    "aria-roledescription": "space-time diagram",
    "aria-label": `Space-time diagram of ${nodes.length} ${nodes.length === 1 ? "node" : "nodes"}`,
    "aria-describedby": "diagram-keys"
  })
  const tip = el("div", { class: "tip", "aria-hidden": "true", hidden: true })
  const status = el("p", { class: "status", role: "status" })
  const details = el("div", { class: "inspector" })
  const highlights = el("div", { class: "highlights" })
  const hidden = el("p", { class: "note", hidden: true })
  const from = el("input", { type: "number", step: "any", inputmode: "decimal", "aria-label": "from, in seconds" })
  const to = el("input", { type: "number", step: "any", inputmode: "decimal", "aria-label": "to, in seconds" })

  const x = scaleLinear()

  const lanesOf = (): {
    readonly lanes: ReadonlyArray<Lane>
    readonly laneOf: ReadonlyArray<number>
    readonly height: number
  } => {
    const names = [
      ...withClients ? ["clients"] : [],
      ...nodes,
      ...withServices ? services : []
    ]
    const height = nodes.length <= 6 ? 54 : nodes.length <= 12 ? 40 : 30
    const laneOf = addresses.map((address) => names.indexOf(role(address) === "client" ? "clients" : address))
    return { lanes: names.map((name, index) => ({ name, y: (index + 0.72) * height })), laneOf, height }
  }

  const draw = (width: number): void => {
    widthDrawn = width
    const { height: laneHeight, laneOf, lanes } = lanesOf()
    const faultNames = [...new Set(faults.map(({ name }) => name))]
    const top = 26 + faultNames.length * 18 + (faultNames.length > 0 ? 4 : 0)
    const bottom = top + lanes.length * laneHeight
    const height = bottom + 10
    x.domain([range.from, range.to]).range([gutter, width - right])
    const clamp = (time: number): number => Math.min(width + 50, Math.max(gutter - 50, x(time)))
    const lineOf = (index: number): number => top + lanes[index]!.y
    const laneNamed = new Map(lanes.map(({ name }, index) => [name, index]))

    const back = svg("g")
    const moments = svg("g")
    const ticks = timeTicks(x, width - gutter)
    const step = (ticks[1] ?? 1) - (ticks[0] ?? 0)
    for (const tick of ticks) {
      back.append(svg("line", { class: "grid", x1: x(tick), x2: x(tick), y1: 22, y2: bottom }))
      const isLast = x(tick) > width - 30
      moments.append(svg(
        "text",
        { class: "tick", x: isLast ? width - 4 : x(tick), y: 14, "text-anchor": isLast ? "end" : "middle" },
        `${Format.seconds(tick, step)} s`
      ))
    }

    // faults: a strip above, sides of a partition behind the lines, walls between neighbours that it cuts
    for (const { drops, end, name, nodes: struck, start, what } of faults) {
      if (end < range.from || start > range.to) continue
      const [left, wide] = [clamp(start), Math.max(2, clamp(end) - clamp(start))]
      const y = 24 + 18 * faultNames.indexOf(name)
      back.append(svg(
        "g",
        { class: "strip" },
        svg("title", {}, `${what}, ${Format.moment(start)} to ${Format.moment(end)}`),
        svg("rect", { class: `fault ${name}`, x: left, y, width: wide, height: 15, rx: 2 }),
        wide > 60
          ? svg(
            "text",
            { x: Math.max(left, gutter) + 5, y: y + 11 },
            what.slice(0, Math.floor((Math.min(left + wide, width) - Math.max(left, gutter) - 8) / 5.8))
          )
          : undefined
      ))
      const band = (className: string, index: number): void => {
        back.append(svg("rect", {
          class: className,
          x: left,
          y: top + index * laneHeight + 1,
          width: wide,
          height: laneHeight - 2
        }))
      }
      if (drops !== undefined) {
        const sides = SpaceTime.sides(nodes, drops)
        const isSplit = new Set(sides).size > 1
        for (const [i, node] of nodes.entries()) {
          const index = laneNamed.get(node)
          if (index === undefined) continue
          if (isSplit) band(`side side-${sides[i]! % 3}`, index)
          else if (struck.includes(node)) band("side partial", index)
          const next = nodes[i + 1]
          if (next === undefined || (drops[node]?.includes(next) !== true && drops[next]?.includes(node) !== true)) {
            continue
          }
          const wall = top + (index + 1) * laneHeight
          back.append(svg("line", { class: "wall", x1: left, x2: left + wide, y1: wall, y2: wall }))
        }
      } else if (name === "kill" || name === "pause") {
        for (const node of struck) {
          const index = laneNamed.get(node)
          if (index !== undefined) band(`struck ${name}`, index)
        }
      }
    }

    for (const [index, { name }] of lanes.entries()) {
      const y = lineOf(index)
      back.append(
        svg("line", {
          class: `world ${role(name === "clients" ? "c" : name)}`,
          x1: gutter,
          x2: width - right,
          y1: y,
          y2: y
        })
      )
      for (const { end, name: fault, nodes: struck, start } of faults) {
        if (fault !== "kill" || !struck.includes(name) || end < range.from || start > range.to) continue
        back.append(
          svg("line", { class: "dead", x1: clamp(start), x2: clamp(end), y1: y, y2: y }),
          svg("path", { class: "death", d: cross(clamp(start), y) })
        )
      }
    }

    // messages
    const drawnPlaces: Array<Place> = []
    const visible = messagesIn(range).filter((index) => {
      const [src, dest] = messages[index]!
      return laneOf[src]! >= 0 && laneOf[dest]! >= 0
    })
    const lines = strokes()
    const names = svg("g", { class: "names" })
    const emphasis = (set: ReadonlySet<number> | undefined, index: number): string =>
      set === undefined ? "" : set.has(index) ? " in" : " out"
    if (visible.length <= most) {
      for (const index of visible) {
        const message = messages[index]!
        const [src, dest, type, sent] = message
        const fate = SpaceTime.fateOf(message)
        const arrived = SpaceTime.arrival(message)
        const [x1, y1, whole] = [x(sent), lineOf(laneOf[src]!), lineOf(laneOf[dest]!)]
        const className = `message ${messageClass(type)}${emphasis(influenced?.messages, index)}`
        let [x2, y2] = [x(arrived ?? sent), whole]
        if (fate === "under way") x2 = x(duration)
        if (fate === "lost") [x2, y2] = [x(sent + usualTime / 2), (y1 + whole) / 2]
        if (fate === "cut" || fate === "nobody") [x2, y2] = [x1 + (x2 - x1) * 0.88, y1 + (y2 - y1) * 0.88]
        if (src === dest) y2 -= 6
        drawnPlaces.push({ selection: { kind: "message", index }, x1, y1, x2, y2 })
        if (fate === "delivered") {
          lines.add(className, segment(x1, y1, x2, y2))
          if (visible.length <= mostArrows) lines.add(`${className} head`, arrowhead(x1, y1, x2, y2))
        } else if (fate === "under way") {
          lines.add(`${className} unfinished`, segment(x1, y1, x2, y2))
        } else {
          lines.add(`message dropped${emphasis(influenced?.messages, index)}`, segment(x1, y1, x2, y2))
          lines.add(`message dropped cross${emphasis(influenced?.messages, index)}`, cross(x2, y2))
        }
        const isLong = Math.hypot(x2 - x1, y2 - y1) > 70
        const middle = (x1 + x2) / 2
        if (visible.length <= mostNames && isLong && middle > gutter && middle < width - right) {
          names.append(svg("text", { x: middle + 5, y: (y1 + y2) / 2 - 3 }, types[type]!))
        }
      }
    } else {
      const binWidth = 4
      const bins = Math.ceil((width - gutter - right) / binWidth)
      const counts = lanes.map(() => ({
        sent: Array.from({ length: bins }, () => 0),
        received: Array.from({ length: bins }, () => 0),
        dropped: Array.from({ length: bins }, () => 0)
      }))
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
      const peak = Math.max(
        1,
        ...counts.flatMap(({ dropped, received, sent }) => sent.map((n, i) => Math.max(n, received[i]! + dropped[i]!)))
      )
      const [up, down] = [laneHeight * 0.5, laneHeight * 0.24]
      for (const [index, { dropped, received, sent }] of counts.entries()) {
        const y = lineOf(index)
        const bar = (className: string, bin: number, n: number, offset: number, size: number): void => {
          if (n === 0) return
          const tall = Math.max(0.75, Math.sqrt(n / peak) * Math.abs(size)) * Math.sign(size)
          lines.add(
            `density ${className}`,
            `M${gutter + bin * binWidth},${(y + offset).toFixed(1)}v${tall.toFixed(1)}h${binWidth - 1}v${
              (-tall).toFixed(1)
            }z`
          )
        }
        for (let bin = 0; bin < bins; bin++) {
          bar("sent", bin, sent[bin]!, 0, -up)
          bar("received", bin, received[bin]!, 0, down)
          bar("dropped", bin, dropped[bin]!, 0, down)
        }
      }
    }
    hidden.hidden = visible.length <= most
    hidden.textContent = `${
      Format.count(visible.length)
    } messages are in this range, too many to draw each: the bars show how many were sent (above a line) and received (below it). Zoom in to see them.`

    // operations
    const bars = strokes()
    const barHeight = Math.min(10, (laneHeight * 0.68 - 2) / rowCount - 1)
    const visibleOperations = operationsIn(range).filter((index) => laneOf[operations[index]![2]]! >= 0)
    const box = (index: number): readonly [x: number, y: number, width: number] => {
      const [start, took, node] = operations[index]!
      const left = clamp(start)
      return [
        left,
        lineOf(laneOf[node]!) - 2 - (1 + Math.min(rowOf[index]!, rowCount - 1)) * (barHeight + 1),
        Math.max(3, clamp(start + took) - left)
      ]
    }
    for (const index of visibleOperations) {
      const [, , , kind, outcome] = operations[index]!
      const [left, y, wide] = box(index)
      bars.add(
        `operation ${operationClass(kind, outcomes[outcome]!)}${emphasis(influenced?.operations, index)}`,
        `M${left.toFixed(1)},${y.toFixed(1)}h${wide.toFixed(1)}v${barHeight}h${(-wide).toFixed(1)}z`
      )
      drawnPlaces.push({
        selection: { kind: "operation", index },
        x1: left,
        y1: y + barHeight / 2,
        x2: left + wide,
        y2: y + barHeight / 2
      })
      if (wide > 70 && visibleOperations.length < 200 && barHeight >= 7) {
        names.append(
          svg(
            "text",
            { class: `on ${outcomes[outcome]}`, x: Math.max(left, gutter) + 4, y: y + barHeight - 1.5 },
            nameOf(index).slice(0, Math.floor(wide / 6))
          )
        )
      }
    }
    places = drawnPlaces

    // what is meant
    const front = svg("g")
    const accused = highlighted === undefined ? [] : evidence[highlighted]!.operations
    for (const index of accused) {
      const [start, , node] = operations[index]!
      if (laneOf[node]! < 0 || x(start) > width || clamp(start) < gutter - 20) continue
      const [left, y, wide] = box(index)
      const text = nameOf(index)
      const atEnd = left > width - 140
      front.append(
        svg("line", { class: "accused", x1: left, x2: left, y1: 22, y2: bottom }),
        svg("rect", {
          class: "accused",
          "data-operation": index,
          x: left - 3,
          y: y - 3,
          width: wide + 6,
          height: barHeight + 6,
          rx: 3
        }),
        svg(
          "text",
          { class: "accused", x: atEnd ? left - 6 : left + 6, y: y - 6, "text-anchor": atEnd ? "end" : "start" },
          text.length > 26 ? `${text.slice(0, 25)}…` : text
        )
      )
    }
    if (selected !== undefined) {
      const at = places.find(({ selection }) => selection.kind === selected?.kind && selection.index === selected.index)
      if (at !== undefined && selected.kind === "operation") {
        const [left, y, wide] = box(selected.index)
        front.append(
          svg("rect", { class: "selected", x: left - 3, y: y - 3, width: wide + 6, height: barHeight + 6, rx: 3 })
        )
      } else if (at !== undefined) {
        front.append(svg("path", {
          class: "selected",
          d: segment(at.x1, at.y1, at.x2, at.y2) + arrowhead(at.x1, at.y1, at.x2, at.y2)
        }))
      }
    }

    const labels = svg("g", { class: "lanes" })
    for (const [index, { name }] of lanes.entries()) {
      labels.append(svg("text", {
        class: index === lane ? "lane chosen" : "lane",
        x: gutter - 10,
        y: lineOf(index),
        dy: "0.32em",
        "text-anchor": "end"
      }, name))
    }

    stage.querySelector("svg")?.remove()
    stage.prepend(svg(
      "svg",
      { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
      svg(
        "defs",
        {},
        svg(
          "clipPath",
          { id: "stage-clip" },
          svg("rect", { x: gutter - 5, y: 0, width: Math.max(0, width - gutter + 5), height })
        )
      ),
      moments,
      svg(
        "g",
        { "clip-path": "url(#stage-clip)" },
        back,
        svg("g", { class: "messages", style: `--opacity: ${visible.length > 700 ? 0.35 : 0.75}` }, ...lines.elements()),
        svg("g", { class: "operations" }, ...bars.elements()),
        names,
        front
      ),
      labels
    ))
    overviewOf.move(range)
    const decimals = Math.min(6, Math.max(1, Math.ceil(-Math.log10((range.to - range.from) / 1000)) + 2))
    from.value = (range.from / 1000).toFixed(decimals)
    to.value = (range.to / 1000).toFixed(decimals)
  }

  const redraw = drawn(stage, draw)
  const legendMount = el("div")
  const showLegend = (): void => legendMount.replaceChildren(legendOf(data, withClients, withServices))
  showLegend()
  let isDue = false
  const soon = (): void => {
    if (isDue) return
    isDue = true
    requestAnimationFrame(() => {
      isDue = false
      redraw()
    })
  }

  // Where to look

  const look = (wanted: SpaceTime.Range): void => {
    const whole = duration - beginning
    const length = Math.min(whole, Math.max(shortest, wanted.to - wanted.from))
    const start = Math.min(duration - length, Math.max(beginning, wanted.from))
    range = { from: start, to: start + length }
    soon()
  }
  const pan = (share: number): void => {
    const by = share * (range.to - range.from)
    look({ from: range.from + by, to: range.to + by })
  }
  /** Makes the range so many times as long, around a moment. */
  const zoom = (factor: number, around = (range.from + range.to) / 2): void => {
    const length = Math.max(shortest, (range.to - range.from) * factor)
    const share = (around - range.from) / (range.to - range.from)
    look({ from: around - share * length, to: around + (1 - share) * length })
  }
  const wholeRun = (): void => look({ from: beginning, to: duration })
  const bringIntoView = (selection: Selection): void => {
    const { from, to } = timeOf(selection)
    if (from >= range.from && to <= range.to) return soon()
    const length = Math.max(range.to - range.from, (to - from) * 1.5)
    const middle = (from + to) / 2
    look({ from: middle - length / 2, to: middle + length / 2 })
  }

  // What is selected

  const updateInfluence = (): void => {
    if (!withInfluence || selected === undefined) {
      influenced = undefined
      return
    }
    const { index, kind } = selected
    if (kind === "operation") {
      influenced = SpaceTime.influence(data, operations[index]![2], timeOf(selected))
      return
    }
    const [src, dest] = messages[index]!
    const { from, to } = timeOf(selected)
    const before = SpaceTime.influence(data, src, { from: Infinity, to: from })
    const after = SpaceTime.influence(data, dest, { from: to, to: -Infinity })
    influenced = {
      messages: new Set([...before.messages, index, ...after.messages]),
      operations: new Set([...before.operations, ...after.operations])
    }
  }

  const describe = (): void => {
    if (selected === undefined) return details.replaceChildren()
    if (selected.kind === "operation") {
      const [start, took, node, kind, outcome, process, said, result] = operations[selected.index]!
      const isOpen = outcomes[outcome] === "open"
      details.replaceChildren(
        el("h3", {}, `${kinds[kind]} at ${addresses[node]}`),
        list([
          ["asked", said === "" ? "–" : said],
          ["outcome", outcomes[outcome]!],
          [outcomes[outcome] === "ok" ? "answer" : "why", result === "" ? "–" : result],
          ["from", Format.moment(start)],
          ["to", isOpen ? "never ended" : Format.moment(start + took)],
          ["took", isOpen ? "–" : Format.ms(took)],
          ["process", String(process)]
        ])
      )
      return
    }
    const message = messages[selected.index]!
    const [src, dest, type, sent, took, , size, id, msgId, inReplyTo, body] = message
    const other = partner(selected.index)
    const arrived = SpaceTime.arrival(message)
    details.replaceChildren(
      el("h3", {}, `${types[type]}, ${addresses[src]} to ${addresses[dest]}`),
      list([
        ["fate", fateInWords[SpaceTime.fateOf(message)]],
        ["sent", Format.moment(sent)],
        ...arrived === undefined
          ? []
          : [["ended", Format.moment(arrived)] as const, ["took", Format.ms(took ?? 0)] as const],
        ["size", Format.bytes(size)],
        [
          "message",
          `${id}${msgId === null ? "" : `, msg_id ${msgId}`}${inReplyTo === null ? "" : `, in_reply_to ${inReplyTo}`}`
        ],
        ...body === undefined ? [] : [["body", body] as const]
      ])
    )
    if (other !== undefined) {
      details.append(
        el(
          "p",
          {},
          button(
            inReplyTo === null ? "Its reply" : "What it replies to",
            () => select({ kind: "message", index: other })
          )
        )
      )
    }
  }

  const select = (selection: Selection | undefined): void => {
    selected = selection
    updateInfluence()
    describe()
    status.textContent = selection === undefined ? "" : inWords(selection)
    if (selection === undefined) soon()
    else bringIntoView(selection)
  }

  const highlight = (index: number | undefined): void => {
    highlighted = index
    for (const element of document.querySelectorAll("[data-evidence]")) {
      element.setAttribute("aria-pressed", String(element.getAttribute("data-evidence") === String(index)))
    }
    if (index === undefined) {
      highlights.replaceChildren()
      return soon()
    }
    const { about, finding, operations: accused } = evidence[index]!
    highlights.replaceChildren(
      el("h3", {}, `Finding ${finding + 1}, ${about}`),
      el("p", { class: "finding" }, data.findings[finding] ?? ""),
      el(
        "ol",
        {},
        ...accused.map((operation) =>
          el("li", {}, button(operationInWords(operation), () => select({ kind: "operation", index: operation })))
        )
      ),
      button("Clear", () => highlight(undefined))
    )
    const times = accused.map((operation) => timeOf({ kind: "operation", index: operation }))
    const start = Math.min(...times.map(({ from }) => from))
    const end = Math.max(...times.map(({ to }) => to))
    const margin = Math.max(5, (end - start) * 0.12)
    look({ from: start - margin, to: end + margin })
  }

  /** The next, or the one before, in time: from what is selected, else from the beginning of the range. */
  const stepThrough = (kind: Selection["kind"], direction: 1 | -1, among?: ReadonlyArray<number>): void => {
    const { laneOf } = lanesOf()
    const isSeen = kind === "operation"
      ? (index: number): boolean => lane < 0 || laneOf[operations[index]![2]] === lane
      : (index: number): boolean => {
        const [src, dest] = messages[index]!
        return laneOf[src]! >= 0 && laneOf[dest]! >= 0 && (lane < 0 || laneOf[src] === lane || laneOf[dest] === lane)
      }
    const count = kind === "operation" ? operations.length : messages.length
    const all = among ?? Array.from({ length: count }, (_, index) => index)
    const startOf = (index: number): number => timeOf({ kind, index }).from
    const current = selected?.kind === kind ? all.indexOf(selected.index) : -1
    let at = current
    if (current < 0) {
      const now = selected === undefined ? range.from : timeOf(selected).from
      const next = among === undefined ? all.findIndex((index) => startOf(index) >= now) : 0
      at = direction > 0 ? (next < 0 ? all.length : next) - 1 : next < 0 ? all.length : next
    }
    for (at += direction; at >= 0 && at < all.length; at += direction) {
      if (among !== undefined || isSeen(all[at]!)) return select({ kind, index: all[at]! })
    }
  }

  // Keys and pointers

  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => pan(-0.1),
    ArrowRight: () => pan(0.1),
    "Shift+ArrowLeft": () => pan(-0.5),
    "Shift+ArrowRight": () => pan(0.5),
    ArrowUp: () => moveLane(-1),
    ArrowDown: () => moveLane(1),
    Home: () => look({ from: beginning, to: beginning + range.to - range.from }),
    End: () => look({ from: duration - (range.to - range.from), to: duration }),
    "+": () => zoom(0.6),
    "=": () => zoom(0.6),
    "-": () => zoom(1 / 0.6),
    "0": wholeRun,
    n: () => stepThrough("operation", 1),
    p: () => stepThrough("operation", -1),
    m: () => stepThrough("message", 1),
    M: () => stepThrough("message", -1),
    f: () => stepThrough("operation", 1, evidence[highlighted ?? -1]?.operations ?? []),
    F: () => stepThrough("operation", -1, evidence[highlighted ?? -1]?.operations ?? []),
    e: () => evidence.length > 0 ? highlight(((highlighted ?? -1) + 1) % evidence.length) : undefined,
    i: () => {
      influence.querySelector("input")?.click()
    },
    Escape: () => {
      lane = -1
      highlight(undefined)
      select(undefined)
    }
  }

  const moveLane = (by: number): void => {
    const { lanes } = lanesOf()
    lane = Math.max(-1, Math.min(lanes.length - 1, lane + by))
    status.textContent = lane < 0 ? "all lines" : lanes[lane]!.name
    soon()
  }

  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const isArrow = event.key.startsWith("Arrow")
    const act = keys[isArrow && event.shiftKey ? `Shift+${event.key}` : event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  })

  stage.addEventListener("wheel", (event) => {
    const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey
    if (!event.ctrlKey && !event.metaKey && !isSideways) return // the page scrolls
    event.preventDefault()
    if (isSideways) return pan((event.deltaX || event.deltaY) / widthDrawn)
    zoom(
      Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY * 0.004))),
      x.invert(event.clientX - stage.getBoundingClientRect().left)
    )
  }, { passive: false })

  const hit = (event: MouseEvent): Selection | undefined => {
    const box = stage.getBoundingClientRect()
    const [px, py] = [event.clientX - box.left, event.clientY - box.top]
    let best: Selection | undefined
    let least = 7
    for (const at of places) {
      // an operation is a bar as well as a line: it wins over the messages around it
      const distance = distanceTo(at, px, py) - (at.selection.kind === "operation" ? 3 : 0)
      if (distance < least) {
        least = distance
        best = at.selection
      }
    }
    return best
  }

  let grip: { readonly x: number; readonly range: SpaceTime.Range } | undefined
  let wasDragged = false
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return
    grip = { x: event.clientX, range }
    wasDragged = false
  })
  stage.addEventListener("pointermove", (event) => {
    if (grip !== undefined) {
      const by = event.clientX - grip.x
      if (!wasDragged && Math.abs(by) < 4) return
      if (!wasDragged) stage.setPointerCapture(event.pointerId)
      wasDragged = true
      tip.hidden = true
      const time = by / (widthDrawn - gutter - right) * (grip.range.to - grip.range.from)
      return look({ from: grip.range.from - time, to: grip.range.to - time })
    }
    const under = hit(event)
    tip.hidden = under === undefined
    stage.classList.toggle("over", under !== undefined)
    if (under === undefined) return
    const box = stage.getBoundingClientRect()
    tip.textContent = inWords(under)
    place(tip, event.clientX - box.left, event.clientY - box.top, box.width)
  })
  const letGo = (): void => {
    grip = undefined
  }
  stage.addEventListener("pointerup", letGo)
  stage.addEventListener("pointercancel", letGo)
  stage.addEventListener("pointerleave", () => {
    tip.hidden = true
  })
  stage.addEventListener("click", (event) => {
    if (!wasDragged) select(hit(event))
  })
  stage.addEventListener(
    "dblclick",
    (event) => zoom(0.35, x.invert(event.clientX - stage.getBoundingClientRect().left))
  )

  const typed = (): void => {
    const [start, end] = [Number(from.value) * 1000, Number(to.value) * 1000]
    if (Number.isFinite(start) && Number.isFinite(end) && end > start) look({ from: start, to: end })
  }
  from.addEventListener("change", typed)
  to.addEventListener("change", typed)

  // All together

  const influence = checkbox("influence of the selection", false, (checked) => {
    withInfluence = checked
    updateInfluence()
    soon()
  })
  const overviewOf = overview(data, beginning, look)
  const has = (what: ReturnType<typeof role>): boolean => addresses.some((address) => role(address) === what)
  mount.append(
    el(
      "div",
      { class: "toolbar", role: "group", "aria-label": "Range of the diagram" },
      button("−", () => zoom(1 / 0.6), { "aria-label": "Zoom out", title: "Zoom out (−)" }),
      button("+", () => zoom(0.6), { "aria-label": "Zoom in", title: "Zoom in (+)" }),
      button("◀", () => pan(-0.3), { "aria-label": "Earlier", title: "Earlier (←)" }),
      button("▶", () => pan(0.3), { "aria-label": "Later", title: "Later (→)" }),
      button("Whole run", wholeRun, { title: "Whole run (0)" }),
      el("span", { class: "range" }, from, " to ", to, " s"),
      el(
        "span",
        { class: "checks" },
        has("client")
          ? checkbox("clients", withClients, (checked) => {
            withClients = checked
            showLegend()
            soon()
          })
          : undefined,
        has("service")
          ? checkbox("services", withServices, (checked) => {
            withServices = checked
            showLegend()
            soon()
          })
          : undefined,
        influence
      )
    ),
    legendMount,
    overviewOf.element,
    stage,
    hidden,
    el(
      "p",
      { class: "hint", id: "diagram-keys" },
      "Drag to move, Ctrl + wheel to zoom, click for details. Keys: ← → move, + − zoom, 0 whole run, n p operations, m M messages, e findings, ? all keys."
    ),
    status,
    el("div", { class: "panels" }, highlights, details)
  )
  stage.append(tip)
  if (data.messages.length === 0) {
    mount.append(
      el(
        "p",
        { class: "none" },
        data.hasJournal
          ? "No message was sent."
          : "This run kept no journal of its messages: only its operations are drawn."
      )
    )
  }

  const goThere = (): void => {
    stage.focus({ preventScroll: true })
    mount.parentElement?.scrollIntoView({ block: "start" })
  }
  return {
    showOperation: (index) => {
      const { from, to } = timeOf({ kind: "operation", index })
      const length = Math.min(range.to - range.from, Math.max(1000, (to - from) * 3))
      const middle = (from + to) / 2
      look({ from: middle - length / 2, to: middle + length / 2 })
      select({ kind: "operation", index })
      goThere()
    },
    showEvidence: (index) => {
      select(undefined)
      highlight(index)
      goThere()
    }
  }
}

/** Operations and faults, and the types of messages. */
const legendOf = (data: ReportData, withClients: boolean, withServices: boolean): HTMLElement => {
  const element = legend(data)
  const isSeen = (address: number): boolean => {
    const who = role(data.addresses[address]!)
    return who === "node" || (who === "client" ? withClients : withServices)
  }
  const seen = new Set(data.messages.flatMap(([src, dest, type]) => isSeen(src) && isSeen(dest) ? [type] : []))
  const isDropped = data.messages.some((message) => !["delivered", "under way"].includes(SpaceTime.fateOf(message)))
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
