/**
 * What befalls a cluster, drawn from a seed: any mix of slowness, loss, duplicates, partitions, deaths and pauses, while
 * operations are published at random nodes, one by one and in bursts.
 */
import type * as Nemesis from "../../../src/simulator/faults/Nemesis.ts"
import type * as Latency from "../../../src/simulator/network/Latency.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import * as Cluster from "./Cluster.ts"

export interface Scenario extends Cluster.Options {
  /** How long operations are published, in ms, and how many a second. */
  readonly duration: number
  readonly rate: number
  /** The probability that it is a burst. */
  readonly bursts: number
  /** The nodes start within so many ms. */
  readonly slowStart: number
  /** How long the cluster gets to recover, in ms. */
  readonly recovery: number
  /** Loss and duplicates do not end with the other faults. */
  readonly lossForever: boolean
}

const faults: ReadonlyArray<Nemesis.Fault> = ["partition", "one-way", "kill", "pause", "clock"]

export const draw = (seed: number, layer: Cluster.GossipLayer): Scenario => {
  const random = SeededRandom.make(seed).fork("scenario")
  const latency: Latency.Latency = {
    mean: random.pick([0, 1, 20, 100, 200]),
    dist: random.pick(["constant", "uniform", "exponential"])
  }
  return {
    seed,
    layer,
    nodeCount: 2 + random.below(8),
    latency,
    loss: random.pick([0, 0, 0.05, 0.2]),
    duplicates: random.pick([0, 0, 0.2]),
    faults: faults.filter(() => random.chance(0.4)),
    interval: random.pick([300, 1000, 3000]),
    scheduling: random.chance(0.5) ? "random" : "fifo",
    stability: random.chance(0.7),
    config: {},
    duration: random.pick([1000, 5000, 10_000]),
    rate: random.pick([0.5, 2, 10, 50]),
    bursts: random.pick([0, 0.1]),
    slowStart: random.pick([0, 0, 3000]),
    recovery: 10_000,
    lossForever: false
  }
}

export const describe = (scenario: Scenario): string => JSON.stringify({ ...scenario, layer: undefined })

export interface Run {
  readonly cluster: Cluster.Cluster
  /** How long after the end of all faults something was still delivered, in ms. */
  readonly recovered: number
}

/** `accompany` is called once at the beginning. */
export const run = (scenario: Scenario, accompany: (cluster: Cluster.Cluster) => void = () => {}): Run => {
  const cluster = Cluster.make(scenario)
  accompany(cluster)
  const random = cluster.random.fork("operations")
  for (const node of cluster.nodes) cluster.time.after(random.below(scenario.slowStart), () => cluster.boot(node))
  cluster.nemesis.start(Infinity)
  const end = cluster.time.now() + scenario.duration
  const next = (): void => {
    if (cluster.time.now() > end) return
    const node = random.pick(cluster.ids)
    for (let i = random.chance(scenario.bursts) ? 1 + random.below(50) : 1; i > 0; i--) cluster.publish(node)
    cluster.time.after(random.nextDoubleUnsafe() * 2000 / scenario.rate, next)
  }
  next()
  cluster.pass(scenario.duration + 1000 / scenario.rate)
  cluster.nemesis.stop()
  if (!scenario.lossForever) cluster.calmDown()
  const healed = cluster.time.now()
  cluster.pass(scenario.recovery)
  cluster.checkConvergence({ stable: scenario.stability && !scenario.lossForever })
  return { cluster, recovered: Math.max(0, cluster.lastDelivery() - healed) }
}
