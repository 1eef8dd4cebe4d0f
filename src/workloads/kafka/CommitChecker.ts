/**
 * The checker of committed offsets. A poll commits the last offset of each key that it shows before it ends; an assign
 * lists what is committed. Maelstrom looks at neither.
 *
 * - **A commit never goes back** at a node: what it lists is not below what it acknowledged or listed before. Nodes need
 *   not agree at once, since they cannot while they are cut off.
 * - **Nothing is skipped**: what is listed is not above what anybody has polled by then, so that who begins there misses
 *   nothing that nobody has seen. If the outcome of a poll of the key is unknown, nobody can tell.
 * - **At the end** every node lists at least what any node had acknowledged.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Memory } from "../g-set/SetChecker.ts"
import * as History from "../history/History.ts"
import type { Event } from "../history/History.ts"
import * as Verdict from "../history/Verdict.ts"
import { asked, end, isAssign, isPoll, keysOf, killedBy, polled } from "./KafkaHistory.ts"

/** A node has acknowledged this offset, or listed it. */
interface Promised {
  readonly offset: number
  readonly event: Event
}

/** What was listed, and what it goes against. */
export interface Broken {
  readonly key: string
  readonly node: NodeId
  /** Of the key; -1 if nothing. */
  readonly listed: number
  readonly list: Event
  readonly promised: Promised | undefined
}

export interface Analysis {
  readonly back: ReadonlyArray<Broken>
  readonly ahead: ReadonlyArray<Broken>
  readonly missing: ReadonlyArray<Broken>
}

type Floors = Map<string, Promised>

const raise = (floors: Floors, key: string, offset: number, event: Event): void => {
  if (offset > (floors.get(key)?.offset ?? -1)) floors.set(key, { offset, event })
}

/** All of them are at least what a poll has committed. */
const raiseAll = (floors: Floors, completion: Event): void => {
  const answer = polled(completion)
  for (const key in answer) {
    const next = end(0, answer[key])
    if (next > 0) raise(floors, key, next - 1, completion)
  }
}

export const analyse = (
  history: History.History,
  { memory = "replicated" }: { readonly memory?: Memory } = {}
): Analysis => {
  const back: Array<Broken> = []
  const ahead: Array<Broken> = []
  const missing: Array<Broken> = []

  const completions = new Map(History.operations(history).map(({ completion, invoke }) => [invoke, completion]))
  const open = new Map<Event["process"], Event>()
  const killed = new Map<NodeId, number>()
  /** What each node has promised in this life. */
  const floors = new Map<NodeId, Floors>()
  const acknowledged: Floors = new Map()
  /** What each list must not be below: what its node had promised when it was asked. */
  const expected = new Map<Event, ReadonlyArray<readonly [key: string, floor: Promised | undefined]>>()
  /** As far as polls go that have begun, and keys of which somebody may have polled more. */
  const attempted: Floors = new Map()
  const uncertain = new Set<string>()
  let atEnd: Floors | undefined

  const floorsOf = (node: NodeId): Floors => {
    let own = floors.get(node)
    if (own === undefined) floors.set(node, own = new Map())
    return own
  }
  const isSameLife = (node: NodeId, { index }: Event): boolean => index > (killed.get(node) ?? -1)

  const begin = (invoke: Event, node: NodeId): void => {
    if (isAssign(invoke)) {
      const own = floorsOf(node)
      expected.set(invoke, keysOf(invoke).map((key) => [key, own.get(key)]))
      if (invoke.f !== "final-assign" || atEnd !== undefined) return
      atEnd = new Map(memory === "volatile" ? [] : acknowledged)
      for (const own of floors.values()) for (const [key, { event, offset }] of own) raise(atEnd, key, offset, event)
    } else if (isPoll(invoke)) {
      const completion = completions.get(invoke)
      if (completion?.type === "ok") raiseAll(attempted, completion)
      else for (const key of Object.keys(asked(invoke))) uncertain.add(key)
    }
  }

  const endPoll = (invoke: Event, completion: Event, node: NodeId): void => {
    raiseAll(acknowledged, completion)
    if (isSameLife(node, invoke)) raiseAll(floorsOf(node), completion)
  }

  const endAssign = (invoke: Event, list: Event, node: NodeId): void => {
    const offsets = asked(list)
    for (const [key, floor] of expected.get(invoke)!) {
      const listed = offsets[key] ?? -1
      const broken = (promised: Promised | undefined): Broken => ({ key, node, listed, list, promised })
      const atLast = invoke.f === "final-assign" ? atEnd?.get(key) : undefined
      if (isSameLife(node, invoke) && floor !== undefined && listed < floor.offset) back.push(broken(floor))
      else if (atLast !== undefined && listed < atLast.offset) missing.push(broken(atLast))
      if (listed > (attempted.get(key)?.offset ?? -1) && !uncertain.has(key)) ahead.push(broken(attempted.get(key)))
      if (isSameLife(node, invoke)) raise(floorsOf(node), key, listed, list)
    }
    expected.delete(invoke)
  }

  for (const event of history) {
    if (event.process === "nemesis") {
      if (event.f !== "start-kill" || memory === "durable") continue
      for (const node of killedBy(event)) {
        killed.set(node, event.index)
        floors.delete(node)
      }
    } else if (event.type === "invoke") {
      open.set(event.process, event)
      if (event.node !== undefined) begin(event, event.node)
    } else {
      const invoke = open.get(event.process)
      open.delete(event.process)
      if (invoke?.node === undefined || event.type !== "ok") continue
      if (isPoll(invoke)) endPoll(invoke, event, invoke.node)
      else if (isAssign(invoke)) endAssign(invoke, event, invoke.node)
    }
  }
  return { back, ahead, missing }
}

const spell = ({ key, list, listed, node, promised }: Broken): string => {
  const offset = listed < 0 ? "nothing" : `offset ${listed}`
  const other = promised === undefined
    ? "nothing was ever polled"
    : `offset ${promised.offset} was ${
      isPoll(promised.event) ? "polled" : "listed"
    } by process ${promised.event.process} at ${promised.event.time} ms`
  return `key ${key}: ${node} listed ${offset} to process ${list.process} at ${list.time} ms, though ${other}`
}

const evidence = ({ key, list, promised }: Broken): Verdict.Finding["evidence"] => [
  { about: `key ${key}`, events: [...promised === undefined ? [] : [promised.event.index], list.index] }
]

export const findings = ({ ahead, back, missing }: Analysis): ReadonlyArray<Verdict.Finding> => [
  ...Verdict.finding("commit went back", back, spell, evidence),
  ...Verdict.finding("commit ahead of what was polled", ahead, spell, evidence),
  ...Verdict.finding("commit missing at the end", missing, spell, evidence)
]
