/**
 * A cluster under load, with faults that follow from a seed, and then some time in peace.
 */
import type { NodeId } from "../../../src/schema/Address.ts"
import * as Settings from "../../../src/services/raft/Settings.ts"
import * as Partition from "../../../src/simulator/faults/Partition.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import * as Cluster from "./Cluster.ts"
import * as Watcher from "./Watcher.ts"

export const faults = ["partition", "one-way", "kill", "kill all", "pause", "wipe"] as const
export type Fault = (typeof faults)[number]

export interface Scenario {
  readonly seed: number
  readonly machine: Cluster.Machine
  readonly nodeCount: number
  /** In ms. */
  readonly latency: number
  readonly isConstant: boolean
  readonly syncTime: number
  readonly loss: number
  readonly duplicates: number
  readonly faults: ReadonlyArray<Fault>
  /** The mean time between faults, and for how long there are any, in ms. */
  readonly interval: number
  readonly duration: number
  /** Requests a second, of all clients together, and how many of them read. */
  readonly rate: number
  readonly reads: number
  readonly settings: Settings.Settings
}

export const draw = (seed: number, machine: Cluster.Machine): Scenario => {
  const random = SeededRandom.make(seed).fork("scenario")
  const some = (chance: number, value: number): number => random.chance(chance) ? value : 0
  return {
    seed,
    machine,
    nodeCount: random.pick([1, 2, 3, 3, 3, 3, 4, 5, 5]),
    latency: random.pick([0, 1, 10, 10, 50]),
    isConstant: random.chance(0.3),
    syncTime: random.pick([0, 1, 5, 30]),
    loss: some(0.5, 0.05),
    duplicates: some(0.5, 0.05),
    faults: faults.filter(() => random.chance(0.5)),
    interval: random.pick([200, 500, 1500]),
    duration: 8000,
    rate: random.pick([20, 100, 300]),
    reads: 0.5,
    settings: {
      ...Settings.defaults,
      lease: random.pick([0, Settings.defaults.lease]),
      requestWindow: random.pick([0, 10]),
      appendWindow: random.pick([0, 10]),
      batch: random.pick([10, 100, 1000]),
      chunk: random.pick([2000, 65_536]),
      snapshotAfter: random.pick([3, 20, 100, 100_000])
    }
  }
}

export interface Course {
  readonly cluster: Cluster.Cluster
  readonly outcomes: { ok: number; refused: number; forgotten: number; asked: number }
}

const make = ({ isConstant, latency, seed, syncTime, ...options }: Scenario): Cluster.Cluster => {
  const random = SeededRandom.make(seed).fork("times")
  const exponential = (mean: number): number => -mean * Math.log(1 - random.nextDoubleUnsafe())
  return Cluster.make({
    ...options,
    seed,
    latency: () => isConstant ? latency : exponential(latency),
    syncTime: () => 2 * syncTime * random.nextDoubleUnsafe()
  })
}

/** How each fault begins; the answer is how it ends. */
const makeFaults = (cluster: Cluster.Cluster, random: SeededRandom.SeededRandom) => {
  const { members } = cluster
  const nodes = members.map(({ node }) => node)
  const minority = Math.ceil(members.length / 2) - 1
  const expendable = random.shuffle(members).slice(0, minority)
  let grudge: Partition.Grudge = new Map()
  cluster.cut = (from: NodeId, to: NodeId) => grudge.get(to)?.has(from) ?? false
  const some = (of: ReadonlyArray<Cluster.Member>) =>
    random.shuffle(of).slice(0, 1 + random.below(Math.max(1, minority)))
  const cut = (kind: Partition.Kind) => {
    grudge = Partition.make(kind, nodes, random)
    return () => void (grudge = new Map())
  }
  const fell = (stricken: ReadonlyArray<Cluster.Member>, how: typeof Cluster.wipe) => {
    for (const member of stricken) how(cluster, member)
    return () => stricken.forEach((member) => Cluster.start(cluster, member))
  }
  return {
    partition: () => cut(random.pick(Partition.maelstromKinds)),
    "one-way": () => cut("one-way"),
    kill: () => fell(some(members), Cluster.kill),
    "kill all": () => fell(members, Cluster.kill),
    wipe: () => fell(some(expendable), Cluster.wipe),
    pause: () => {
      const stricken = some(members)
      stricken.forEach(Cluster.pause)
      return () => stricken.forEach(Cluster.resume)
    }
  } satisfies Record<Fault, () => () => void>
}

/** Begins and ends faults, until time is up. */
const disturb = (cluster: Cluster.Cluster, { duration, faults, interval }: Scenario): void => {
  const { time } = cluster
  const random = cluster.random.fork("faults")
  const begin = makeFaults(cluster, random)
  for (const fault of faults) {
    let end: (() => void) | undefined
    const turn = (): void => {
      if (end === undefined && time.now() < duration) end = begin[fault]()
      else {
        end?.()
        end = undefined
      }
      if (time.now() < duration) time.after(2 * interval * random.nextDoubleUnsafe(), turn)
    }
    time.after(2 * interval * random.nextDoubleUnsafe(), turn)
    time.after(duration + 1, () => end !== undefined && turn())
  }
}

/** After the last fault everybody makes progress within so many ms. */
export const recovery = 2000

/** Everybody is asked something, and again if it is refused; who does not answer has not recovered. */
const checkProgress = (cluster: Cluster.Cluster, latency: number): void => {
  const { members, time, watcher } = cluster
  let answered = 0
  const insist = (ask: typeof Cluster.append, member: Cluster.Member): void =>
    ask(cluster, member, (outcome) => {
      if (outcome === "refused") time.after(100, () => insist(ask, member))
      else answered++
    })
  for (const member of members) {
    insist(Cluster.append, member)
    insist(Cluster.read, member)
  }
  Cluster.pass(cluster, 1500 + 20 * latency)
  const expected = 2 * members.length
  if (answered < expected) Watcher.find(watcher, "progress", `${answered} of ${expected} are answered`)
}

export const run = (scenario: Scenario): Course => {
  const cluster = make(scenario)
  const { members, time } = cluster
  const random = cluster.random.fork("load")
  const outcomes = { ok: 0, refused: 0, forgotten: 0, asked: 0 }
  for (const member of members) Cluster.start(cluster, member)
  Cluster.pass(cluster, 1000)
  disturb(cluster, { ...scenario, duration: scenario.duration + 1000 })
  const request = (): void => {
    if (time.now() > scenario.duration + 1000) return
    const ask = random.chance(scenario.reads) ? Cluster.read : Cluster.append
    outcomes.asked++
    ask(cluster, random.pick(members), (outcome) => outcomes[outcome]++)
    time.after(2000 * random.nextDoubleUnsafe() / scenario.rate, request)
  }
  request()
  Cluster.pass(cluster, scenario.duration + 10)
  cluster.isCalm = true
  Cluster.pass(cluster, recovery)
  checkProgress(cluster, scenario.latency)
  Cluster.checkLogs(cluster)
  return { cluster, outcomes }
}
