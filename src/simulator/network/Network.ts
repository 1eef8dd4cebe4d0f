/**
 * The network between nodes, services and clients, with Maelstrom's rules.
 *
 * - A message takes a time drawn from the latency distribution, so messages overtake each other. Not so a message from
 *   or to a client: clients sit beside their node, and a slow link to them would only hide anomalies.
 * - A partition drops a message at its receiver, at the moment of delivery, in the directions that are cut. It only ever
 *   cuts nodes from nodes. (Maelstrom decides a little earlier: when the receiver takes the message up to wait for its
 *   time. And a message that it waits for holds up those behind it. Neither is part of any promise.)
 * - Beyond Maelstrom, a message between servers may be lost or delivered twice, with a given probability, and a link
 *   between two of them may carry only so many bytes a millisecond each way: a message waits until those before it are
 *   on their way, lost ones included, and then takes its time.
 *
 * It carries lines of text, the form in which messages leave a real process: so nothing can be sent here that could not
 * be sent there, no object is shared between two nodes, and bytes are counted as they would be there. Only numbers that
 * JavaScript would lose look different on their way (see ExactNumbers).
 */
import { type Address, isClient } from "../../schema/Address.ts"
import * as ExactNumbers from "../../workloads/history/ExactNumbers.ts"
import type { SeededRandom } from "../../workloads/SeededRandom.ts"
import type { Grudge } from "../faults/Partition.ts"
import type { Timeline } from "../time/Timeline.ts"
import type { Journal, Place } from "./Journal.ts"

/** Messages sent and received, and the bytes sent. */
export interface Traffic {
  readonly sent: number
  readonly received: number
  readonly bytes: number
}

/** As Maelstrom reports it: `clients` is what has a client at one end, `servers` all the rest. */
export interface Statistics {
  readonly all: Traffic
  readonly clients: Traffic
  readonly servers: Traffic
}

/** Somebody who has left, with the request for whose answer they waited in vain, if there is one. Times are in ms. */
export interface Departure {
  readonly ago: number
  readonly unanswered?: Unanswered
}

/** A request to a node, whose sender gave up waiting. */
export interface Unanswered {
  readonly node: Address
  readonly type: string
  readonly msg_id: number
  readonly waited: number
}

export interface Network {
  /** From now on `receive` gets each line that is sent to `address`, and who sent it. */
  readonly join: (address: Address, receive: (line: string, src: Address) => void) => void
  /** From now on nobody has `address`. */
  readonly leave: (address: Address, unanswered?: Unanswered) => void
  /** Whether somebody has the address. */
  readonly has: (address: Address) => boolean
  /** Tells of who had the address and left. */
  readonly departed: (address: Address) => Departure | undefined
  /** Sends a line. False when there is nobody of that name: that is fatal to who sends it in the real bench. */
  readonly send: (src: Address, dest: Address, line: string) => boolean
  /** Counts a line that has come from one node to another by a way of their own. */
  readonly note: (src: Address, dest: Address, line: string) => void
  /** Cuts the links that the grudge names, besides those that are cut already. */
  readonly cut: (grudge: Grudge) => void
  readonly heal: () => void
  readonly statistics: () => Statistics
}

export interface Options {
  readonly timeline: Timeline
  readonly random: SeededRandom
  /** Draws the time that a message between servers takes, in ms. */
  readonly latency: () => number
  /** The probability that a message between servers is lost. */
  readonly loss: number
  /** The probability that a message between servers is delivered twice. */
  readonly duplicates: number
  /** What a link between two servers carries, in bytes a millisecond; 0 is no limit. */
  readonly bandwidth?: number
  /** Where to note every message, if anywhere. */
  readonly journal?: Journal | undefined
  readonly onMessage?: OnMessage | undefined
  /** Is told which links are cut from now on. */
  readonly onCut?: ((isCut: (src: Address, dest: Address) => boolean) => void) | undefined
}

/** Is told of each message when it is sent and when it is received, as a node would write it. */
export type OnMessage = (step: "send" | "receive", line: string) => void

interface Counter {
  sent: number
  received: number
  bytes: number
}

const sum = (a: Traffic, b: Traffic): Traffic => ({
  sent: a.sent + b.sent,
  received: a.received + b.received,
  bytes: a.bytes + b.bytes
})

/** How many bytes a line takes with its end. */
export const bytesOf = (line: string): number => utf8Length(ExactNumbers.write(line)) + 1

const utf8Length = (text: string): number => {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) length += unit > 0x7ff && (unit & 0xf800) !== 0xd800 ? 2 : 1
  }
  return length
}

/** How long a message waits until its link has taken it up, with all that was sent on the link before. */
const queues = (timeline: Timeline, bandwidth: number) => {
  const freeAt = new Map<string, number>()
  return (src: Address, dest: Address, bytes: number): number => {
    if (bandwidth === 0) return 0
    const link = `${src} ${dest}`
    const sentAt = Math.max(timeline.now(), freeAt.get(link) ?? 0) + bytes / bandwidth
    freeAt.set(link, sentAt)
    return sentAt - timeline.now()
  }
}

/** Counts lines that this network does not carry. */
const noteOn = (servers: Counter, { journal, onMessage }: Options): Network["note"] => (src, dest, line) => {
  const size = utf8Length(line) + 1
  servers.sent++
  servers.received++
  servers.bytes += size
  for (const step of ["send", "receive"] as const) onMessage?.(step, line)
  journal?.end(journal.send(src, dest, line, size), "delivered")
}

/** The links that are cut. */
const cuts = (onCut: Options["onCut"]) => {
  let deaf = new Map<Address, Set<Address>>()
  const isCut = (src: Address, dest: Address): boolean => deaf.get(dest)?.has(src) === true
  return {
    isCut,
    cut: (grudge: Grudge): void => {
      for (const [dest, sources] of grudge) {
        const cut: Set<Address> = deaf.get(dest) ?? new Set()
        for (const src of sources) cut.add(src)
        deaf.set(dest, cut)
      }
      onCut?.(isCut)
    },
    heal: (): void => {
      deaf = new Map()
      onCut?.(isCut)
    }
  }
}

export const make = (options: Options): Network => {
  const { bandwidth = 0, duplicates, journal, latency, loss, onCut, onMessage, random, timeline } = options
  const queueOn = queues(timeline, bandwidth)
  const receivers = new Map<Address, (line: string, src: Address) => void>()
  const clients: Counter = { sent: 0, received: 0, bytes: 0 }
  const servers: Counter = { sent: 0, received: 0, bytes: 0 }
  const departures = new Map<Address, { readonly at: number; readonly unanswered: Unanswered | undefined }>()
  const { cut, heal, isCut } = cuts(onCut)

  const deliver = (src: Address, dest: Address, line: string, counter: Counter, place: Place): void => {
    if (isCut(src, dest)) return journal?.end(place, "cut")
    const receive = receivers.get(dest)
    if (receive === undefined) return journal?.end(place, "nobody")
    counter.received++
    onMessage?.("receive", ExactNumbers.write(line))
    journal?.end(place, "delivered")
    receive(line, src)
  }

  return {
    join: (address, receive) => void receivers.set(address, receive),
    leave: (address, unanswered) => {
      receivers.delete(address)
      departures.set(address, { at: timeline.now(), unanswered })
    },
    has: (address) => receivers.has(address),
    departed: (address) => {
      const departure = departures.get(address)
      if (departure === undefined) return undefined
      const { at, unanswered } = departure
      return { ago: timeline.now() - at, ...unanswered && { unanswered } }
    },
    send: (src, dest, line) => {
      const written = ExactNumbers.write(line)
      const size = utf8Length(written) + 1
      onMessage?.("send", written)
      const place = journal?.send(src, dest, line, size) ?? -1
      if (!receivers.has(dest)) {
        journal?.end(place, "nobody")
        return false
      }
      const withClient = isClient(src) || isClient(dest)
      const counter = withClient ? clients : servers
      counter.sent++
      counter.bytes += size
      const wait = withClient ? 0 : queueOn(src, dest, size)
      const post = (place: Place) =>
        timeline.after(withClient ? 0 : wait + latency(), () => deliver(src, dest, line, counter, place))
      if (withClient) {
        post(place)
      } else if (!random.chance(loss)) {
        post(place)
        if (random.chance(duplicates)) post(journal?.copy(place) ?? -1)
      } else {
        journal?.end(place, "lost")
      }
      return true
    },
    note: noteOn(servers, options),
    cut,
    heal,
    statistics: () => ({ all: sum(clients, servers), clients: { ...clients }, servers: { ...servers } })
  }
}
