/**
 * What is wrong with messages, whoever polls them in which order. Each takes time in proportion to the messages.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Json } from "../../schema/Json.ts"
import type { Event } from "../history/History.ts"
import { type Completed, type Operations, walk } from "../history/Operations.ts"
import { rank } from "../history/Sorted.ts"
import { isAssign, isSend, keysOf, sent } from "./KafkaHistory.ts"
import type { Log, Logs, Message, Sighting } from "./Logs.ts"
import type { Conflict } from "./Readings.ts"

const messages = ({ all }: Logs): ReadonlyArray<Message> => all.flatMap((log) => [...log.messages.values()])

/** Acknowledged and never polled. */
const gone = ({ messages }: Log): ReadonlyArray<Message> =>
  [...messages.values()].filter(({ acknowledged, excused, firstPoll }) =>
    acknowledged !== undefined && firstPoll === undefined && !excused
  )

const isBelow = ({ places }: Message, highest: Sighting | undefined): highest is Sighting =>
  highest !== undefined && places.some(({ offset }) => offset < highest.offset)

export interface Lost {
  readonly message: Message
  /** A message above it that was polled. */
  readonly later: Sighting
}

/** **Lost**: acknowledged and never polled, though one with a higher offset was. (Jepsen: `lost-write`.) */
export const lost = ({ all }: Logs): ReadonlyArray<Lost> =>
  all.flatMap((log) =>
    gone(log).flatMap((message) => isBelow(message, log.highest) ? [{ message, later: log.highest }] : [])
  )

/** **Unseen**: acknowledged and never polled, nor is anything above it. (Jepsen: `unseen`.) */
export const unseen = ({ all }: Logs): ReadonlyArray<Message> =>
  all.flatMap((log) => gone(log).filter((message) => !isBelow(message, log.highest)))

/** **Duplicate**: one message at more than one offset. (Jepsen: `duplicate`.) */
export const duplicates = (logs: Logs): ReadonlyArray<Message> =>
  messages(logs).filter(({ places }) => places.length > 1)

export interface Shared {
  readonly key: string
  readonly offset: number
  readonly messages: ReadonlyArray<Message>
}

/** **Inconsistent offsets**: more than one message at one offset. (Jepsen: `inconsistent-offsets`.) */
export const inconsistentOffsets = ({ all }: Logs): ReadonlyArray<Shared> =>
  all.flatMap(({ at, key }) =>
    [...at].flatMap(([offset, there]) => {
      if (there.length < 2) return []
      const messages = there.filter(({ excused }) => !excused)
      return messages.length < 2 ? [] : [{ key, offset, messages }]
    })
  )

/** Two sends of a process to one key, whose offsets do not rise. */
export interface SendConflict extends Conflict {
  /** Whether the process has dropped the key in between. */
  readonly hasDropped: boolean
}

interface LastSend {
  readonly offset: number
  readonly msg: Json
  readonly event: Event
  hasDropped: boolean
}

/**
 * **Nonmonotonic sends**: from one send of a process to its next, offsets do not rise. One of unknown outcome has the
 * offset at which it was polled. (Jepsen: `nonmonotonic-send`, as long as no assign has dropped the key.)
 */
export const nonmonotonicSends = (operations: Operations, logs: Logs): ReadonlyArray<SendConflict> => {
  const found: Array<SendConflict> = []
  const last = new Map<Event["process"], Map<string, LastSend>>()
  const endSend = ({ completion: event, invoke }: Completed): void => {
    const { key, msg } = sent(invoke)
    const offset = event.type === "ok" ? sent(event).offset : logs.message(key, msg)?.places[0]?.offset
    if (offset === undefined) return
    const own = last.get(event.process) ?? new Map<string, LastSend>()
    last.set(event.process, own)
    const former = own.get(key)
    own.set(key, { offset, msg, event, hasDropped: false })
    if (former === undefined || offset > former.offset || logs.message(key, former.msg)?.excused === true) return
    const { event: formerEvent, hasDropped, offset: formerOffset } = former
    found.push({ key, offset, event, formerOffset, former: formerEvent, hasDropped })
  }
  walk(operations, {
    end: (operation) => {
      const { completion: { process, type }, invoke } = operation
      if (isSend(invoke) && type !== "fail") endSend(operation)
      if (type === "info") last.delete(process) // the process has ended
      if (type !== "ok" || !isAssign(invoke)) return
      const assigned = new Set(keysOf(invoke))
      for (const [key, send] of last.get(process) ?? []) if (!assigned.has(key)) send.hasDropped = true
    }
  })
  return found
}

/** **Invented**: polled before anybody had sent it to this key. (Jepsen: a cycle, or its checker gives up.) */
export const invented = (logs: Logs): ReadonlyArray<Sighting> =>
  messages(logs).flatMap(({ firstPoll, isInvented }) => isInvented ? firstPoll ?? [] : [])

/** **Refused**: polled, though every send of it was refused with a definite error. (Jepsen: `G1a`.) */
export const refused = (logs: Logs): ReadonlyArray<Sighting> =>
  messages(logs).flatMap(({ firstPoll, isInvented, possible }) => isInvented || possible ? [] : firstPoll ?? [])

const isFinalPoll = ({ f }: Event): boolean => f === "final-poll"

/** The nodes that answered a poll at the end. */
const answering = ({ all }: Operations): ReadonlySet<NodeId | undefined> =>
  new Set(
    all.filter(({ completion, invoke }) => isFinalPoll(invoke) && completion?.type === "ok")
      .map(({ invoke }) => invoke.node)
  )

/** When a client first asked a node to show all; Infinity if the run did not come so far. */
const startOfEnd = ({ all }: Operations): number =>
  all.find(({ invoke }) => isFinalPoll(invoke))?.invoke.index ?? Infinity

/** **Silent**: nodes that were asked anything, and showed nothing when all were asked to show all at the end. */
export const silent = (operations: Operations): ReadonlyArray<NodeId> => {
  const answered = answering(operations)
  return startOfEnd(operations) === Infinity ? [] : operations.nodes.filter((node) => !answered.has(node))
}

export interface Missing {
  readonly message: Message
  readonly node: NodeId
}

/**
 * **Missing at the end**: known when the first was asked to show all, and not shown by a node that answered, though polls
 * have to show it.
 */
export const missing = (operations: Operations, { all }: Logs): ReadonlyArray<Missing> => {
  const start = startOfEnd(operations)
  const answered = answering(operations)
  const nodes = operations.nodes.filter((node) => answered.has(node))
  return all.flatMap(({ at, demanded, shown }) =>
    nodes.flatMap((node) =>
      demanded.slice(rank(demanded, shown.get(node) ?? 0)).flatMap((offset) =>
        at.get(offset)!.filter(({ excused, known }) => known!.index < start && !excused)
          .map((message): Missing => ({ message, node }))
      )
    )
  )
}
