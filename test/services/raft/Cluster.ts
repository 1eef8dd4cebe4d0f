/**
 * A cluster of servers that agree on a log, as values: no Effect, no process, only steps of the state machine, a network
 * that loses, doubles and reorders messages, and disks that lose what was not synced.
 * A {@link Watcher} sees it all.
 */
import { NodeId } from "../../../src/schema/Address.ts"
import { ServerId } from "../../../src/schema/RaftProtocol.ts"
import type { Message } from "../../../src/services/raft/Message.ts"
import type * as Raft from "../../../src/services/raft/Raft.ts"
import type { Record } from "../../../src/services/raft/Records.ts"
import type { Output, Server } from "../../../src/services/raft/Server.ts"
import type { Settings } from "../../../src/services/raft/Settings.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import * as Watcher from "./Watcher.ts"

export type Machine = typeof Raft

export interface Options {
  readonly seed: number
  readonly machine: Machine
  readonly nodeCount: number
  readonly settings: Settings
  /** How long a message takes, in ms. */
  readonly latency: () => number
  readonly loss: number
  readonly duplicates: number
  /** How long syncing takes, in ms. */
  readonly syncTime: () => number
}

interface Write {
  readonly isAll: boolean
  readonly records: ReadonlyArray<Record<number>>
}

export interface Member {
  readonly node: NodeId
  server: Server<number> | undefined
  /** What is safe, what is not, and whether it is being made safe. */
  safe: Array<Record<number>>
  writes: Array<Write>
  written: number
  isSyncing: boolean
  /** What the program has been given. */
  state: Array<number>
  life: number
  backlog: Array<() => void> | undefined
  wake: { readonly at: number; readonly cancel: () => void } | undefined
  leads: boolean
}

interface Request {
  readonly operation: number | undefined
  /** All up to here had been answered when it was asked. */
  readonly after: number
  readonly done: (outcome: Outcome) => void
}

export type Outcome = "ok" | "refused" | "forgotten"

export interface Cluster {
  readonly options: Options
  readonly time: VirtualTime.VirtualTime
  readonly random: SeededRandom.SeededRandom
  readonly members: ReadonlyArray<Member>
  readonly watcher: Watcher.Watcher
  /** By ticket. */
  readonly requests: Map<number, Request>
  lastTicket: number
  lastOperation: number
  /** Messages that were sent. */
  sent: number
  /** No message is lost or doubled from now on. */
  isCalm: boolean
  /** Whether messages from one to the other are lost. */
  cut: (from: NodeId, to: NodeId) => boolean
}

export const make = (options: Options): Cluster => ({
  options,
  time: VirtualTime.make(),
  random: SeededRandom.make(options.seed),
  members: Array.from({ length: options.nodeCount }, (_, i) => ({
    node: NodeId.make(`n${i}`),
    server: undefined,
    safe: [],
    writes: [],
    written: 0,
    isSyncing: false,
    state: [],
    life: 0,
    backlog: undefined,
    wake: undefined,
    leads: false
  })),
  watcher: Watcher.make(),
  requests: new Map(),
  lastTicket: 0,
  lastOperation: 0,
  sent: 0,
  isCalm: false,
  cut: () => false
})

/** Runs in this life of the member, later if it is paused. */
const act = (member: Member, life: number, task: () => void): void => {
  if (member.life !== life || member.server === undefined) return
  if (member.backlog !== undefined) member.backlog.push(() => act(member, life, task))
  else task()
}

const finish = (
  { requests }: Cluster,
  ticket: number,
  outcome: Outcome,
  judge: (request: Request) => void = () => {}
): void => {
  const request = requests.get(ticket)
  if (request === undefined) return
  requests.delete(ticket)
  judge(request)
  request.done(outcome)
}

const sync = (cluster: Cluster, member: Member): void => {
  if (member.isSyncing || member.writes.length === 0) return
  member.isSyncing = true
  const { life } = member
  const done = (): void => {
    const writes = member.writes
    member.writes = []
    member.isSyncing = false
    for (const { isAll, records } of writes) member.safe = isAll ? [...records] : [...member.safe, ...records]
    member.written += writes.length
    step(cluster, member, { type: "synced", write: member.written })
    sync(cluster, member)
  }
  cluster.time.after(cluster.options.syncTime(), () => act(member, life, done))
}

const transmit = (cluster: Cluster, { node: from }: Member, to: NodeId, message: Message<number>): void => {
  const { isCalm, members, options, random, time } = cluster
  cluster.sent++
  const receiver = members.find(({ node }) => node === to)!
  const copies = isCalm ? 1 : random.chance(options.loss) ? 0 : random.chance(options.duplicates) ? 2 : 1
  for (let copy = 0; copy < copies; copy++) {
    time.after(options.latency(), () => {
      if (cluster.cut(from, to)) return
      act(receiver, receiver.life, () => step(cluster, receiver, { type: "message", from, message }))
    })
  }
}

const take = (cluster: Cluster, member: Member, output: Output<number>): void => {
  const { time, watcher } = cluster
  switch (output.type) {
    case "send":
      return transmit(cluster, member, output.to, output.message)
    case "write":
    case "replace":
      member.writes.push({ isAll: output.type === "replace", records: output.records })
      return
    case "deliver": {
      const { index, operation, ticket = -1 } = output
      finish(cluster, ticket, "ok", ({ after }) => Watcher.appended(watcher, operation, after, index))
      return Watcher.delivers(watcher, member.server!, member.state, index, operation)
    }
    case "restore":
      member.state = [...output.state as ReadonlyArray<number>] // what it was given below
      return
    case "answer":
      return finish(cluster, output.ticket, "ok", ({ after }) => Watcher.read(watcher, after, member.state))
    case "refuse":
      return finish(cluster, output.ticket, "refused", ({ operation }) => {
        if (operation !== undefined) Watcher.refuse(watcher, operation)
      })
    case "forget":
      return finish(cluster, output.ticket, "forgotten")
    case "snapshot": {
      const input = { type: "snapshot", taking: output.taking, state: [...member.state] } as const
      const { life } = member
      time.soon(() => act(member, life, () => step(cluster, member, input)))
    }
  }
}

const step = (cluster: Cluster, member: Member, input: Raft.Input<number>): void => {
  const { options: { machine }, random, time, watcher } = cluster
  let outputs: ReadonlyArray<Output<number>>
  try {
    outputs = machine.step(member.server!, input, time.now(), random.nextDoubleUnsafe())
  } catch (error) {
    Watcher.crashed(watcher, member.node, error)
    return kill(cluster, member)
  }
  const leads = member.server!.role.type === "leader"
  if (leads && !member.leads) Watcher.leads(watcher, member.server!)
  member.leads = leads
  for (const output of outputs) take(cluster, member, output)
  sync(cluster, member)
  wakeLater(cluster, member)
}

const wakeLater = (cluster: Cluster, member: Member): void => {
  const { options: { machine }, time } = cluster
  const at = machine.wakeAt(member.server!)
  if (member.wake !== undefined && member.wake.at <= at && member.wake.at > time.now()) return
  member.wake?.cancel()
  member.wake = undefined
  if (at === Infinity) return
  const { life } = member
  const wake = (): void => {
    member.wake = undefined
    step(cluster, member, { type: "wake" })
  }
  member.wake = { at, cancel: time.after(at - time.now(), () => act(member, life, wake)) }
}

type Ask = (cluster: Cluster, member: Member, done?: (outcome: Outcome) => void) => void

const ask = (cluster: Cluster, member: Member, operation: number | undefined, done: Request["done"]): void => {
  const { life } = member
  const ticket = ++cluster.lastTicket
  act(member, life, () => {
    cluster.requests.set(ticket, { operation, after: cluster.watcher.answered, done })
    step(cluster, member, operation === undefined ? { type: "read", ticket } : { type: "append", ticket, operation })
  })
}

export const append: Ask = (cluster, member, done = () => {}) => ask(cluster, member, ++cluster.lastOperation, done)

export const read: Ask = (cluster, member, done = () => {}) => ask(cluster, member, undefined, done)

export const start = (cluster: Cluster, member: Member): void => {
  const { members, options: { machine, settings }, random, time, watcher } = cluster
  if (member.server !== undefined) return
  member.life++
  member.written = 0
  member.state = []
  member.leads = false
  const options = {
    node: member.node,
    nodes: members.map(({ node }) => node),
    settings,
    records: member.safe,
    newId: ServerId.make(`${member.node}.${random.below(36 ** 4).toString(36)}`),
    now: time.now(),
    chance: random.nextDoubleUnsafe()
  }
  try {
    member.server = machine.make<number>(options)
  } catch (error) {
    return Watcher.crashed(watcher, member.node, error)
  }
  step(cluster, member, { type: "wake" })
}

/** Of what was not synced, so many records stay; any number if it does not say. */
export const kill = ({ random }: Cluster, member: Member, kept?: number): void => {
  if (member.server === undefined) return
  member.server = undefined
  member.backlog = undefined
  member.wake?.cancel()
  member.wake = undefined
  member.isSyncing = false
  const unsafe = member.writes
  member.writes = []
  let left = kept ?? random.below(1 + unsafe.reduce((sum, { records }) => sum + records.length, 0))
  for (const { isAll, records } of unsafe) {
    if (isAll && left < records.length) break // it is replaced as a whole
    member.safe = isAll ? [...records] : [...member.safe, ...records.slice(0, left)]
    left -= records.length
    if (left <= 0) break
  }
}

export const wipe = (cluster: Cluster, member: Member): void => {
  kill(cluster, member)
  member.safe = []
}

export const pause = (member: Member): void => {
  member.backlog ??= []
}

export const resume = (member: Member): void => {
  const { backlog = [] } = member
  member.backlog = undefined
  for (const task of backlog) task()
}

/** Who leads, of those who say so the one in the latest term. */
export const leader = ({ members }: Cluster): Member | undefined =>
  members.filter(({ server }) => server?.role.type === "leader")
    .toSorted((a, b) => b.server!.term - a.server!.term)[0]

/** Works for so many ms. */
export const pass = ({ time, watcher }: Cluster, millis: number): void => {
  const end = time.now() + millis
  time.after(millis, () => {})
  const state = time.run(() => time.now() >= end)
  if (state !== "done") Watcher.find(watcher, "progress", state)
}

/** Compares all logs with each other. */
export const checkLogs = ({ members, watcher }: Cluster): void =>
  Watcher.compareLogs(watcher, members.flatMap(({ server }) => server ?? []))
