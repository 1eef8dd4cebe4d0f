/**
 * Messages in the diagram: an arrow from the line of the sender to that of the receiver. Where there are more messages
 * than one could tell apart, each line shows how many were sent and received instead.
 */
import type { ReportData } from "../../src/report/ReportData.ts"
import * as SpaceTime from "../../src/report/SpaceTime.ts"
import { svg } from "./Dom.ts"
import { gutter, type Layout, type Place, right, type View } from "./Layout.ts"
import { arrowhead, cross, messageClass, segment } from "./Marks.ts"
import { emphasis, type Strokes } from "./Strokes.ts"

/** How many messages can have an arrowhead, and how many a name. */
const mostArrows = 900
const mostNames = 24

/** The width of the bins in which messages are counted, in pixels. */
const binWidth = 4

/** Where the arrow of each message begins and ends: short of its receiver if the message never got there. */
export const ways = ({ duration, messages }: ReportData) => {
  /** Half of all messages took at most so long, in ms. */
  const usualTime = messages.map(([, , , , took]) => took ?? 0).toSorted((a, b) => a - b)[messages.length >> 1] ?? 0
  return ({ laneOf, lineOf, x }: Layout) => (index: number): Place => {
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
}

/** Draws an arrow for each visible message, and puts the names of a few into `names`. */
export const arrows = (
  { messages, types }: ReportData,
  visible: ReadonlyArray<number>,
  { influenced }: View,
  width: number,
  wayOf: (index: number) => Place,
  paths: Strokes,
  names: SVGGElement
): ReadonlyArray<Place> =>
  visible.map((index): Place => {
    const place = wayOf(index)
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
    if (visible.length <= mostNames && isLong && middle > gutter && middle < width - right) {
      names.append(svg("text", { x: middle + 5, y: (y1 + y2) / 2 - 3 }, types[type]!))
    }
    return place
  })

/** Draws how many messages were sent (up) and received or dropped (down) on each line, in bins of some pixels. */
export const density = ({ messages }: ReportData, visible: ReadonlyArray<number>, at: Layout, paths: Strokes): void => {
  const { laneHeight, laneOf, lineOf, names, width, x } = at
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
