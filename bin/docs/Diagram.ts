/**
 * A space-time diagram of some moments of a run, as SVG: time goes to the right, and each address has a line. A box on a
 * node's line is an operation of a client there, an arrow is a message between servers, a cross is where one is lost, and
 * what is shaded are faults.
 */
import { extract } from "../../src/report/Extract.ts"
import { type MessageRow, type ReportData, role } from "../../src/report/ReportData.ts"
import * as SpaceTime from "../../src/report/SpaceTime.ts"
import type { Run } from "../../src/simulator/Run.ts"
import * as Legend from "./Legend.ts"

const width = 960
const margin = { left: 64, right: 34, top: 34, bottom: 54 }
const gap = 74
const colours = ["#2563eb", "#c2410c", "#15803d", "#7c3aed", "#0e7490", "#a16207"]
const colourOf = (type: number): string => colours[type % colours.length]!

/** By how an operation ended: ok, refused, and two ways to be unknown. */
const outcomeColours = ["#334155", "#b91c1c", "#b45309", "#b45309"]
const outcomeSigns = [
  ["#334155", "what a client asks the node"],
  ["#b91c1c", "the same, refused"],
  ["#b45309", "the same, of unknown outcome"]
] as const

const letter = 5.7 // the width of a letter of this size, about

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")

const number = (n: number): string => String(Math.round(n * 10) / 10)

const shorten = (text: string, length: number): string => text.length <= length ? text : `${text.slice(0, length - 1)}…`

interface Frame {
  readonly data: ReportData
  readonly range: SpaceTime.Range
  readonly x: (time: number) => number
  /** Undefined for an address that is not shown. */
  readonly y: (address: number) => number | undefined
  readonly bottom: number
}

const label = (x: number, y: number, text: string, more = ""): string =>
  `<text x="${number(x)}" y="${number(y)}"${more}>${escape(text)}</text>`

const faultsOf = ({ bottom, data, range, x, y }: Frame): ReadonlyArray<string> =>
  data.faults.filter(({ end, start }) => end > range.from && start < range.to).flatMap(
    ({ end, name, nodes, start, what }) => {
      const from = Math.max(start, range.from)
      const till = Math.min(end, range.to)
      const box = (top: number, height: number): string =>
        `<rect x="${number(x(from))}" y="${number(top)}" width="${number(x(till) - x(from))}" height="${
          number(height)
        }" fill="#dc2626" opacity="0.09"/>`
      const isCut = name.includes("partition") || name.includes("one-way")
      const struck = nodes.flatMap((node) => y(data.addresses.indexOf(node)) ?? [])
      const boxes = isCut
        ? [box(margin.top - 14, bottom - margin.top + 14)]
        : struck.map((line) => box(line - 16, 32))
      const top = isCut ? margin.top - 18 : Math.min(...struck) - 20
      return [
        ...boxes,
        ...till - from < (range.to - range.from) / 8
          ? []
          : [label(x(from) + 2, top, shorten(what, 60), ` fill="#b91c1c"`)]
      ]
    }
  )

const operationsOf = ({ data, range, x, y }: Frame): ReadonlyArray<string> => {
  const shown = SpaceTime.operationsIn(data)(range).map((index) => data.operations[index]!)
  const free = new Map<number, number>() // up to where labels of this node reach
  return shown.flatMap(([start, took, node, f, outcome, , value, result]) => {
    const line = y(node)
    if (line === undefined || start < range.from) return []
    const from = x(start)
    const till = Math.max(from + 5, x(Math.min(start + took, range.to)))
    const colour = outcomeColours[outcome]!
    const box = `<rect x="${number(from)}" y="${number(line - 5)}" width="${
      number(till - from)
    }" height="10" rx="2" fill="${colour}"/>`
    const text = shorten([data.kinds[f]!, value, ...result === "" ? [] : [`→ ${result}`]].join(" "), 60)
    if ((free.get(node) ?? 0) > from || from + text.length * letter > width) return [box]
    free.set(node, from + text.length * letter + 8)
    return [box, label(from, line - 10, text, ` fill="${colour}"`)]
  })
}

const isBetweenServers = ({ addresses }: ReportData, [src, dest]: MessageRow): boolean =>
  role(addresses[src]!) !== "client" && role(addresses[dest]!) !== "client"

const messagesIn = ({ data, range }: Pick<Frame, "data" | "range">): ReadonlyArray<MessageRow> =>
  SpaceTime.messagesIn(data)(range).map((index) => data.messages[index]!)
    .filter((message) => isBetweenServers(data, message) && message[3] >= range.from)

const arrowsOf = (frame: Frame, types: ReadonlyArray<number>): ReadonlyArray<string> =>
  messagesIn(frame).flatMap((message) => {
    const [src, dest, type, sent] = message
    const [from, to] = [frame.y(src), frame.y(dest)]
    if (from === undefined || to === undefined) return []
    const colour = colourOf(types.indexOf(type))
    const arrived = SpaceTime.arrival(message)
    const end = arrived ?? sent
    const isLost = SpaceTime.fateOf(message) !== "delivered"
    const x1 = frame.x(sent)
    // a message that takes no time is drawn as if it took a little
    const x2 = Math.max(frame.x(end), x1 + 3)
    const part = isLost ? 0.6 : 1
    const [x, y] = [x1 + (x2 - x1) * part, from + (to - from) * part]
    const line = `<line x1="${number(x1)}" y1="${number(from)}" x2="${number(x)}" y2="${number(y)}" stroke="${colour}"`
    return [
      isLost
        ? `${line} stroke-dasharray="4 3"/>`
          + `<path d="M${number(x - 4)} ${number(y - 4)}l8 8m0 -8l-8 8" stroke="#dc2626" stroke-width="2"/>`
        : `${line} marker-end="url(#arrow${types.indexOf(type) % colours.length})"/>`
    ]
  })

const axisOf = ({ bottom, range, x }: Frame): ReadonlyArray<string> => {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find((ms) => (range.to - range.from) / ms <= 9)
    ?? 10_000
  const ticks: Array<string> = []
  for (let time = Math.ceil(range.from / step) * step; time <= range.to; time += step) {
    ticks.push(label(x(time), bottom + 20, `${time} ms`, ` text-anchor="middle" fill="#64748b"`))
    ticks.push(
      `<line x1="${number(x(time))}" y1="${bottom}" x2="${number(x(time))}" y2="${bottom + 6}" stroke="#94a3b8"/>`
    )
  }
  return ticks
}

/** What the signs mean that are in the picture. */
const signsOf = ({ data, range }: Frame, types: ReadonlyArray<number>): ReadonlyArray<Legend.Sign> => {
  const outcomes = new Set(
    SpaceTime.operationsIn(data)(range).map((index) => data.operations[index]!)
      .filter(([start]) => start >= range.from).map(([, , , , outcome]) => outcomeColours[outcome]!)
  )
  const isAnyLost = messagesIn({ data, range }).some((message) => SpaceTime.fateOf(message) !== "delivered")
  const isAnyFault = data.faults.some(({ end, start }) => end > range.from && start < range.to)
  return [
    ...outcomeSigns.filter(([colour]) => outcomes.has(colour)).map(([colour, text]) => Legend.operation(text, colour)),
    ...types.map((type, i) => Legend.message(escape(data.types[type]!), colourOf(i), `arrow${i % colours.length}`)),
    ...isAnyLost ? [Legend.lost] : [],
    ...isAnyFault ? [Legend.fault] : []
  ]
}

/** Of a run that has kept its messages. */
export const draw = (run: Run, range: SpaceTime.Range, title: string): string => {
  const data = extract(run)
  const messages = messagesIn({ data, range })
  const speaking = new Set(messages.flatMap(([src, dest]) => [src, dest]))
  const shown = [...data.addresses.keys()].filter((address) =>
    role(data.addresses[address]!) === "node" || (role(data.addresses[address]!) === "service" && speaking.has(address))
  )
  const types = [...new Set(messages.map(([, , type]) => type))]
  const bottom = margin.top + gap * (shown.length - 1) + 52
  const frame: Frame = {
    data,
    range,
    bottom,
    x: (time) => margin.left + (time - range.from) / (range.to - range.from) * (width - margin.left - margin.right),
    y: (address) => shown.includes(address) ? margin.top + 22 + gap * shown.indexOf(address) : undefined
  }
  const legend = Legend.draw(signsOf(frame, types), margin.left, bottom + 33, width - margin.right)
  const height = bottom + margin.bottom - 18 + legend.height
  const lifelines = shown.flatMap((address) => {
    const y = frame.y(address) ?? 0 // it is shown
    return [
      `<line x1="${margin.left}" y1="${y}" x2="${width - margin.right}" y2="${y}" stroke="#94a3b8"/>`,
      label(12, y + 4, data.addresses[address]!, ` font-weight="bold" fill="#0f172a"`)
    ]
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="ui-sans-serif, system-ui, sans-serif" font-size="11" role="img">`,
    `<style>text { paint-order: stroke; stroke: #ffffff; stroke-width: 3px; stroke-linejoin: round }</style>`,
    `<title>${escape(title)}</title>`,
    `<defs>${
      colours.map((colour, i) =>
        `<marker id="arrow${i}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="${colour}"/></marker>`
      ).join("")
    }</defs>`,
    `<rect width="100%" height="100%" rx="8" fill="#ffffff"/>`,
    ...faultsOf(frame),
    ...lifelines,
    `<clipPath id="window"><rect x="0" y="0" width="${width - margin.right + 6}" height="${bottom}"/></clipPath>`,
    `<g clip-path="url(#window)">`,
    ...arrowsOf(frame, types),
    "</g>",
    ...operationsOf(frame),
    ...axisOf(frame),
    ...legend.svg,
    "</svg>",
    ""
  ].join("\n")
}
