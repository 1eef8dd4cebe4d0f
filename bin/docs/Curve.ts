/**
 * What news costs, as a picture: for each shape of dissemination how many messages an operation takes, and how long a value
 * takes to be seen everywhere. A bar goes from the median to the maximum of the stable latency.
 */
import { scaleLog, scaleSqrt } from "d3-scale"
import type * as Figures from "./Figures.ts"

const [width, height] = [720, 420]
const margin = { left: 64, right: 90, top: 24, bottom: 52 }

const number = (n: number): string => String(Math.round(n * 10) / 10)

export const title =
  "Messages an operation, and how long a value takes to be seen everywhere, by shape of dissemination."

const label = (x: number, y: number, text: string, more = ""): string =>
  `<text x="${number(x)}" y="${number(y)}"${more}>${text}</text>`

export const draw = (shapes: ReadonlyArray<Figures.ShapeCost>): string => {
  const x = scaleLog([0.25, 16], [margin.left, width - margin.right])
  const y = scaleSqrt([0, 2000], [height - margin.bottom, margin.top])
  const [left, right, bottom] = [margin.left, width - margin.right, height - margin.bottom]
  const grey = ` fill="#64748b"`
  const lines = [
    ...[0.25, 0.5, 1, 2, 4, 8, 16].flatMap((messages) => [
      `<line x1="${number(x(messages))}" y1="${margin.top}" x2="${
        number(x(messages))
      }" y2="${bottom}" stroke="#e2e8f0"/>`,
      label(x(messages), bottom + 20, String(messages), ` text-anchor="middle"${grey}`)
    ]),
    ...[0, 50, 100, 200, 500, 1000, 2000].flatMap((ms) => [
      `<line x1="${left}" y1="${number(y(ms))}" x2="${right}" y2="${number(y(ms))}" stroke="#e2e8f0"/>`,
      label(left - 8, y(ms) + 4, `${ms} ms`, ` text-anchor="end"${grey}`)
    ]),
    label((left + right) / 2, bottom + 42, "messages between servers, an operation", ` text-anchor="middle"${grey}`)
  ]
  const bars = shapes.flatMap(({ maxLatency, maxRead, medianLatency, messages, run }) => {
    const [at, median, max] = [x(messages), y(medianLatency), y(maxLatency)]
    const colour = maxRead > 0 ? "#c2410c" : "#2563eb"
    return [
      `<line x1="${number(at)}" y1="${number(median)}" x2="${number(at)}" y2="${
        number(max)
      }" stroke="${colour}" stroke-width="3"/>`,
      `<circle cx="${number(at)}" cy="${number(median)}" r="5" fill="${colour}"/>`,
      label(at + 8, (median + max) / 2 + 4, run, ` fill="${colour}"`)
    ]
  })
  const legend = [
    label(right - 170, margin.top + 16, "reads take no messages", ` fill="#2563eb"`),
    label(right - 170, margin.top + 34, "reads ask the hub: two hops", ` fill="#c2410c"`)
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" `
    + `font-size="12" role="img" aria-label="${title}">\n<title>${title}</title>\n`
    + `<rect width="${width}" height="${height}" fill="#fff"/>\n${[...lines, ...bars, ...legend].join("\n")}\n</svg>\n`
}
