/**
 * What one moment of a run shows: nodes and what befalls them, messages on their way, cut links.
 */
import type { OperationRow, ReportData } from "../../src/report/ReportData.ts"
import { outcomes, role } from "../../src/report/ReportData.ts"
import * as SpaceTime from "../../src/report/SpaceTime.ts"

export interface NodeScene {
  readonly id: string
  readonly isKilled: boolean
  readonly isPaused: boolean
  readonly isSkewed: boolean
  /** What clients are asking it. */
  readonly asked: ReadonlyArray<string>
  /** What it answered last, in words. */
  readonly said: string
}

export interface Flying {
  readonly index: number
  readonly from: string
  readonly to: string
  readonly type: string
  /** Which part of its way is behind it, from 0 to 1. */
  readonly share: number
  readonly isDropped: boolean
}

export interface Scene {
  readonly time: number
  readonly nodes: ReadonlyArray<NodeScene>
  readonly services: ReadonlyArray<string>
  readonly flying: ReadonlyArray<Flying>
  /** Cut links: the receiver, and the sender that it does not hear. */
  readonly cuts: ReadonlyArray<readonly [to: string, from: string]>
}

const inWords = ({ kinds }: ReportData, [, , , f, , , value]: OperationRow): string =>
  value === "" ? kinds[f]! : `${kinds[f]} ${value}`

const answerInWords = (data: ReportData, operation: OperationRow): string => {
  const [, , , , outcome, , , result] = operation
  const said = outcomes[outcome] === "ok" ? result : `${outcomes[outcome]} ${result}`
  return `${inWords(data, operation)}${said === "" ? "" : ` → ${said}`}`
}

/** For each node its operations in the order in which they ended. */
const endings = ({ nodes, operations }: ReportData) =>
  nodes.map((_, node) =>
    operations
      .filter((operation) => operation[2] === node && outcomes[operation[4]] !== "open")
      .toSorted((a, b) => a[0] + a[1] - b[0] - b[1])
  )

const lastBefore = (sorted: ReadonlyArray<OperationRow>, time: number): OperationRow | undefined => {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]![0] + sorted[middle]![1] <= time) low = middle + 1
    else high = middle
  }
  return sorted[low - 1]
}

/** How long a message that was dropped is still shown where it was, in ms. */
const afterglow = 200

/** Prepares a run; answers what shows any moment of it. */
export const make = (data: ReportData): (time: number) => Scene => {
  const { addresses, faults, messages, nodes, operations, types } = data
  const ended = endings(data)
  const operationsIn = SpaceTime.operationsIn(data)
  const messagesIn = SpaceTime.messagesIn(data)
  const services = addresses.filter((address) => role(address) === "service")

  const flyingAt = (time: number): ReadonlyArray<Flying> =>
    messagesIn({ from: time - afterglow, to: time }).flatMap((index) => {
      const message = messages[index]!
      const [from, to] = [addresses[message[0]]!, addresses[message[1]]!]
      if (role(from) === "client" || role(to) === "client") return []
      const end = SpaceTime.arrival(message) ?? message[3] + afterglow
      const isDropped = !["delivered", "under way"].includes(SpaceTime.fateOf(message))
      if (time >= end + (isDropped ? afterglow : 0)) return []
      const share = end === message[3] ? 1 : Math.min(1, (time - message[3]) / (end - message[3]))
      return [{
        index,
        from,
        to,
        type: types[message[2]]!,
        share: isDropped ? Math.min(share, 0.85) : share,
        isDropped
      }]
    })

  return (time) => {
    const now = faults.filter(({ end, start }) => start <= time && time < end)
    const isStruck = (name: string, id: string) => now.some((fault) => fault.name === name && fault.nodes.includes(id))
    const open = operationsIn({ from: time, to: time }).map((index) => operations[index]!)
    return {
      time,
      nodes: nodes.map((id, node): NodeScene => {
        const last = lastBefore(ended[node]!, time)
        return {
          id,
          isKilled: isStruck("kill", id),
          isPaused: isStruck("pause", id),
          isSkewed: isStruck("clock", id),
          asked: open.filter((operation) => operation[2] === node).map((operation) => inWords(data, operation)),
          said: last === undefined ? "" : answerInWords(data, last)
        }
      }),
      services,
      flying: flyingAt(time),
      cuts: now.flatMap(({ drops = {} }) =>
        Object.entries(drops).flatMap(([to, from]) => from.map((from) => [to, from] as const))
      )
    }
  }
}

/** The moments at which something happens, in order: buttons and keys step from one to the next. */
export const moments = ({ faults, messages, operations }: ReportData): ReadonlyArray<number> => {
  const all = new Set<number>()
  for (const message of messages) {
    all.add(message[3])
    const end = SpaceTime.arrival(message)
    if (end !== undefined) all.add(end)
  }
  for (const [start, took] of operations) all.add(start).add(start + took)
  for (const { end, start } of faults) all.add(start).add(end)
  return [...all].filter((time) => time >= 0).toSorted((a, b) => a - b)
}
