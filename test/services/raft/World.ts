/**
 * A small cluster as a value, and all that can happen to it next: for looking at every order of events.
 *
 * There is no time: each server has a clock of its own, which jumps to when the server wants to wake. So any timer may go
 * off before any message comes, and a lease, which rests on time, must be 0. A message that is never delivered is lost.
 *
 * Worlds share what is the same in them, and are not changed.
 */
import { NodeId } from "../../../src/schema/Address.ts"
import { type Entry, ServerId } from "../../../src/schema/RaftProtocol.ts"
import type { Message } from "../../../src/services/raft/Message.ts"
import type * as Raft from "../../../src/services/raft/Raft.ts"
import type { Record } from "../../../src/services/raft/Records.ts"
import type { Output, Server } from "../../../src/services/raft/Server.ts"
import * as Settings from "../../../src/services/raft/Settings.ts"
import type { Machine } from "./Cluster.ts"
import * as Watcher from "./Watcher.ts"

export type Event =
  | { readonly type: "deliver"; readonly message: number; readonly isCopy: boolean }
  | { readonly type: "wake" | "sync" | "append" | "read"; readonly node: number }
  /** Of what was not synced so many writes stay; it starts again at once. With its disk it is another server. */
  | { readonly type: "crash"; readonly node: number; readonly kept: number }
  | { readonly type: "wipe"; readonly node: number }

interface Write {
  readonly isAll: boolean
  readonly records: ReadonlyArray<Record<number>>
}

interface Place {
  readonly server: Server<number>
  readonly state: Array<number>
  readonly safe: ReadonlyArray<Record<number>>
  readonly writes: ReadonlyArray<Write>
  readonly written: number
  readonly clock: number
  readonly leads: boolean
  /** When each request was asked for, what was known, by its ticket. */
  readonly asked: ReadonlyMap<number, { readonly operation: number | undefined; readonly after: number }>
}

interface Sent {
  readonly from: number
  readonly to: number
  readonly message: Message<number>
}

export interface World {
  readonly places: ReadonlyArray<Place>
  readonly messages: ReadonlyArray<Sent>
  readonly watcher: Watcher.Watcher
  /** Tickets, operations and new ids are numbered. */
  readonly count: number
}

/** A copy of plain data, which may contain maps and sets. What is frozen never changes. */
const copy = <T>(value: T): T => {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value
  if (Array.isArray(value)) return value.map(copy) as T
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, copy(item)])) as T
  if (value instanceof Set) return new Set(value) as T
  const copied: { [key: string]: unknown } = {}
  for (const key in value) copied[key] = copy(value[key])
  return copied as T
}

export const settings: Settings.Settings = {
  ...Settings.defaults,
  electionTimeout: 0,
  longestElectionTimeout: 100,
  heartbeat: 1e9,
  lease: 0,
  requestWindow: 0,
  appendWindow: 0,
  answerWindow: 0,
  idleWindow: 0,
  gap: 0,
  retry: 100,
  refuseAfter: 1e9,
  snapshotAfter: 1e9
}

export interface Rules {
  readonly machine: Machine
  readonly settings: Settings.Settings
  /** Whether what is written is safe at once. */
  readonly isSyncImmediate: boolean
}

const nodes = Object.freeze(["n0", "n1", "n2"].map((id) => NodeId.make(id)))

const start = ({ machine, settings }: Rules, node: number, place: Omit<Place, "server">, newId: number): Place => ({
  ...place,
  server: machine.make<number>({
    node: nodes[node]!,
    nodes,
    settings: Object.freeze(settings),
    records: [...place.safe],
    newId: ServerId.make(`${nodes[node]}.${newId}`),
    now: place.clock,
    chance: 0.5
  })
})

/** Does one thing at one server; what follows from it happens at once, but messages and syncing come later. */
const step = (rules: Rules, world: World, node: number, input: Raft.Input<number>): World => {
  const before = world.places[node]!
  const server = copy(before.server)
  const watcher = copy(world.watcher)
  const messages = [...world.messages]
  const state = [...before.state]
  const asked = new Map(before.asked)
  let { leads, safe, writes, written } = before
  const inputs = [input]
  const take = (output: Output<number>): void => {
    switch (output.type) {
      case "send":
        messages.push({ from: node, to: nodes.indexOf(output.to), message: output.message })
        return
      case "write":
      case "replace":
        writes = [...writes, { isAll: output.type === "replace", records: output.records }]
        return
      case "deliver": {
        const request = output.ticket === undefined ? undefined : asked.get(output.ticket)
        if (request !== undefined) Watcher.appended(watcher, output.operation, request.after, output.index)
        return Watcher.delivers(watcher, server, state, output.index, output.operation)
      }
      case "restore":
        state.splice(0, Infinity, ...output.state as ReadonlyArray<number>)
        return
      case "answer":
        return Watcher.read(watcher, asked.get(output.ticket)!.after, state)
      case "snapshot":
        inputs.push({ type: "snapshot", taking: output.taking, state: [...state] })
        return
      case "refuse":
      case "forget":
    }
  }
  try {
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      for (const output of rules.machine.step(server, next, before.clock, 0.5)) take(output)
      const isLeading = server.role.type === "leader"
      if (isLeading && !leads) Watcher.leads(watcher, server)
      leads = isLeading
      if (rules.isSyncImmediate && writes.length > 0) {
        safe = keep(safe, writes)
        written += writes.length
        writes = []
        inputs.push({ type: "synced", write: written })
      }
    }
  } catch (error) {
    Watcher.crashed(watcher, nodes[node]!, error)
  }
  const place: Place = { ...before, server, state, asked, leads, safe, writes, written }
  return { ...world, places: world.places.with(node, place), messages, watcher }
}

const keep = (safe: ReadonlyArray<Record<number>>, writes: ReadonlyArray<Write>): ReadonlyArray<Record<number>> =>
  writes.reduce((all, { isAll, records }) => isAll ? [...records] : [...all, ...records], safe)

/** A cluster of three servers that has begun, has a leader, and is at rest. */
export const begin = (rules: Rules): World => {
  const rest = { state: [], safe: [], writes: [], written: 0, clock: 0, leads: false, asked: new Map() }
  let world: World = {
    places: nodes.map((_, node) => start(rules, node, rest, node)),
    messages: [],
    watcher: Watcher.make(),
    count: nodes.length
  }
  for (let i = 0; i < 2; i++) {
    for (const node of [1, 2, 0]) world = step(rules, world, node, { type: "wake" })
    while (world.messages.length > 0 || world.places.some(({ writes }) => writes.length > 0)) {
      const unsafe = world.places.findIndex(({ writes }) => writes.length > 0)
      const event: Event = unsafe >= 0
        ? { type: "sync", node: unsafe }
        : { type: "deliver", message: 0, isCopy: false }
      world = apply(rules, world, event)
    }
  }
  return world
}

/** Whether a message goes from one node to another. */
const isBetween = (from: number, to: number) => (sent: Sent): boolean => sent.from === from && sent.to === to

/**
 * Does things in order: `n1` wakes it, `n1>n2` delivers what n1 has sent to n2, `n1>n2:2` the second of it
 * alone, and `n1>>n2` a copy; `+n1` appends there, `?n1` reads there,
 * `n1!` crashes it, `n1~` takes its disk too, and `n1!0` too, but keeps nothing that it had not synced, `n1.` syncs what it has written and `.` what
 * anybody has written, and `-` loses all messages.
 */
export const play = (rules: Rules, start: World, script: string): World =>
  script.split(" ").reduce(playWord(rules), start)

const playWord = (rules: Rules) => (world: World, word: string): World => {
  const [from, to] = [...word.matchAll(/n(\d)/g)].map(([, number]) => Number(number))
  if (word === "-") return { ...world, messages: [] }
  if (word === ".") return nodes.reduce((all, _, node) => apply(rules, all, { type: "sync", node }), world)
  const node = from!
  if (to === undefined) return apply(rules, world, eventOf(word, node))
  const isCopy = word.includes(">>")
  const [, which] = word.split(":")
  const chosen = world.messages.filter(isBetween(node, to)).filter((_, i) =>
    which === undefined || i + 1 === Number(which)
  )
  return chosen.reduce((next, sent) => {
    const message = next.messages.indexOf(sent)
    return apply(rules, next, { type: "deliver", message, isCopy })
  }, world)
}

const eventOf = (word: string, node: number): Event => {
  if (word.endsWith("~")) return { type: "wipe", node }
  if (word.includes("!")) return { type: "crash", node, kept: word.endsWith("0") ? 0 : Infinity }
  if (word.endsWith(".")) return { type: "sync", node }
  return { type: word.startsWith("+") ? "append" : word.startsWith("?") ? "read" : "wake", node }
}

export const apply = (rules: Rules, world: World, event: Event): World => {
  switch (event.type) {
    case "deliver": {
      const { from, message, to } = world.messages[event.message]!
      const messages = event.isCopy ? world.messages : world.messages.toSpliced(event.message, 1)
      return step(rules, { ...world, messages }, to, { type: "message", from: nodes[from]!, message })
    }
    case "wake": {
      const place = world.places[event.node]!
      const clock = Math.max(place.clock, rules.machine.wakeAt(place.server))
      const places = world.places.with(event.node, { ...place, clock })
      return step(rules, { ...world, places }, event.node, { type: "wake" })
    }
    case "sync": {
      const place = world.places[event.node]!
      const written = place.written + place.writes.length
      const synced = { ...place, safe: keep(place.safe, place.writes), writes: [], written }
      const places = world.places.with(event.node, synced)
      return step(rules, { ...world, places }, event.node, { type: "synced", write: written })
    }
    case "append":
    case "read": {
      const ticket = world.count + 1
      const place = world.places[event.node]!
      const operation = event.type === "append" ? ticket : undefined
      const asked = new Map(place.asked).set(ticket, { operation, after: world.watcher.answered })
      const places = world.places.with(event.node, { ...place, asked })
      const input: Raft.Input<number> = operation === undefined
        ? { type: "read", ticket }
        : { type: "append", ticket, operation }
      return step(rules, { ...world, places, count: ticket }, event.node, input)
    }
    case "crash":
    case "wipe": {
      const { clock, safe, writes } = world.places[event.node]!
      const kept = event.type === "wipe" ? [] : keep(safe, writes.slice(0, event.kept))
      const rest = { state: [], safe: kept, writes: [], written: 0, clock, leads: false, asked: new Map() }
      const places = world.places.with(event.node, start(rules, event.node, rest, world.count + 1))
      return step(rules, { ...world, places, count: world.count + 1 }, event.node, { type: "wake" })
    }
  }
}

/** How often each kind of event may still happen. */
export type Budget = { readonly [type in Event["type"] | "copy"]: number }

/** All that can happen next. */
export const events = (rules: Rules, { messages, places }: World, budget: Budget): ReadonlyArray<Event> => {
  const possible: Array<Event> = []
  messages.forEach((_, message) => {
    possible.push({ type: "deliver", message, isCopy: false })
    if (budget.copy > 0) possible.push({ type: "deliver", message, isCopy: true })
  })
  places.forEach(({ server, writes }, node) => {
    if (writes.length > 0 && budget.sync > 0) possible.push({ type: "sync", node })
    if (budget.wake > 0 && rules.machine.wakeAt(server) < Infinity) possible.push({ type: "wake", node })
    if (budget.append > 0) possible.push({ type: "append", node })
    if (budget.read > 0) possible.push({ type: "read", node })
    if (budget.wipe > 0 && node === 2) possible.push({ type: "wipe", node })
    if (budget.crash > 0) {
      for (let kept = 0; kept <= writes.length; kept++) possible.push({ type: "crash", node, kept })
    }
  })
  return possible
}

export const spend = (budget: Budget, event: Event): Budget => {
  const kind = event.type === "deliver" && event.isCopy ? "copy" : event.type
  return { ...budget, [kind]: budget[kind] - 1 }
}

export const describe = (world: World, event: Event): string => {
  if (event.type !== "deliver") return JSON.stringify(event)
  const { from, message, to } = world.messages[event.message]!
  return `n${from} → n${to}${event.isCopy ? " (stays)" : ""} ${JSON.stringify(message)}`
}

export type { Entry }
