/** Gossip that asks the hub: what reads see, when operations are acknowledged, and how long both take. */
import { assert, describe, it } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as Order from "effect/Order"
import { Gossip } from "../../../src/services/gossip/Gossip.ts"
import { seeds } from "../../Seeds.ts"
import * as Cluster from "./Cluster.ts"
import * as Mutants from "./Mutants.ts"
import * as Scenario from "./Scenario.ts"

/** How long a question waits for its answer at the longest, in ms. */
const timeout = 1000

const layers = {
  pull: Gossip.layerPull,
  acknowledged: Gossip.layerAcknowledged,
  bounded: Gossip.layerBounded
}

/** Runs the scenario, reading at random nodes as often as something is published. */
const run = (scenario: Scenario.Scenario): Cluster.Cluster =>
  Scenario.run(scenario, ({ ids, random, read, time }) => {
    const readers = random.fork("reads")
    const next = (): void => {
      for (let i = readers.pick([1, 1, 2, 5]); i > 0; i--) read(readers.pick(ids))
      time.after(readers.nextDoubleUnsafe() * 2000 / scenario.rate, next)
    }
    time.after(0, next)
  }).cluster

const draw = (seed: number, layer: Cluster.GossipLayer): Scenario.Scenario => {
  const drawn = Scenario.draw(seed, layer)
  return { ...drawn, latency: { ...drawn.latency, mean: Math.min(100, drawn.latency.mean) } }
}

/** Every node reaches the hub, but messages overtake each other, are lost now and then, and come twice. */
const reachable = (seed: number) =>
  ({ faults: [], loss: [0, 0.05][seed % 2]!, duplicates: 0.2, slowStart: 0, recovery: 8000, duration: 3000 }) as const

interface Seen {
  readonly begun: number
  readonly ended: number
  readonly hubHad: ReadonlyArray<number>
  readonly operations: ReadonlySet<number>
}

/** Reads that were answered before their time was over. */
const inTime = ({ readings }: Cluster.Cluster): ReadonlyArray<Seen> =>
  readings.flatMap(({ begun, hubHad, seen }) =>
    seen !== undefined && seen.time - begun < timeout
      ? [{ begun, ended: seen.time, hubHad, operations: seen.operations }]
      : []
  )

/** Whether any question has been given up: then its node may take another one for the hub. */
const isGivenUp = ({ commits, readings }: Cluster.Cluster): boolean =>
  commits.some(({ begun, ended }) => ended !== undefined && ended - begun >= timeout)
  || readings.some(({ begun, seen }) => seen !== undefined && seen.time - begun >= timeout)

/** What reads lack that the hub had when they began. */
const stale = (cluster: Cluster.Cluster): ReadonlyArray<string> =>
  (isGivenUp(cluster) ? [] : inTime(cluster)).filter(({ hubHad, operations }) =>
    hubHad.some((operation) => !operations.has(operation))
  )
    .map(({ begun }) => `a read that began at ${begun} lacks what the hub had`)

/** Why there is no one order of all that was read and acknowledged, in which each comes between its begin and its end. */
const disorder = (cluster: Cluster.Cluster): ReadonlyArray<string> => {
  if (isGivenUp(cluster)) return []
  const reads = inTime(cluster)
  const byBegin = Arr.sort(reads, Order.mapInput(Order.Number, ({ begun }: Seen) => begun))
  const bySize = Arr.sort(reads, Order.mapInput(Order.Number, ({ operations }: Seen) => operations.size))
  const isIn = (a: Seen, b: Seen): boolean => [...a.operations].every((operation) => b.operations.has(operation))
  const apart = bySize.filter((read, i) => i > 0 && !isIn(bySize[i - 1]!, read))
    .map(({ begun }) => `the read that began at ${begun} lacks what another one saw, and saw what that lacks`)
  const missed = cluster.commits.flatMap(({ begun, ended = Infinity, operation }) =>
    ended - begun >= timeout
      ? []
      : byBegin.filter((read) => read.begun > ended && !read.operations.has(operation))
        .map((read) => `the read that began at ${read.begun} lacks ${operation}, acknowledged at ${ended}`)
  )
  const back = byBegin.flatMap((later, i) =>
    byBegin.slice(0, i).filter((sooner) => sooner.ended < later.begun && sooner.operations.size > later.operations.size)
      .map((sooner) => `the read that began at ${later.begun} saw less than the one that ended at ${sooner.ended}`)
  )
  return [...apart, ...missed, ...back]
}

/** What a read promises while every node reaches the hub, by layer: what is against it. */
const check = { pull: stale, acknowledged: disorder }

const assertPromised = (layer: keyof typeof check): void => {
  for (const seed of seeds(3)) {
    const cluster = run({ ...draw(seed, layers[layer]), ...reachable(seed) })
    assert.isEmpty(check[layer](cluster), `seed ${seed}`)
    assert.isEmpty(cluster.violations, `seed ${seed}`)
    assert.isNotEmpty(inTime(cluster))
  }
}

describe("a read over pull", () => {
  it("sees all that the hub had when it began, however messages overtake each other", () => assertPromised("pull"))
})

describe("Gossip that acknowledges what the hub has", () => {
  it("is linearizable while every node reaches the hub", () => assertPromised("acknowledged"))

  it("waits for all of a round that takes several messages", () => {
    for (const seed of seeds(1)) assert.isEmpty(bigRound(layers.acknowledged, seed), `seed ${seed}`)
  })
})

/** A round of so many operations that they are not all in one message, and what is out of order then. */
const bigRound = (layer: Cluster.GossipLayer, seed: number): ReadonlyArray<string> => {
  const latency = { mean: 50, dist: "exponential" } as const
  const cluster = Cluster.make({ ...Cluster.calm, seed, layer, latency, nodeCount: 2, stability: false })
  cluster.nodes.forEach(cluster.boot)
  cluster.pass(1000)
  const [hub, leaf] = cluster.ids
  for (let i = 0; i < 5100; i++) cluster.publish(leaf!)
  for (let i = 0; i < 60; i++) {
    cluster.pass(10)
    cluster.read(hub!)
  }
  cluster.pass(1000)
  assert.isTrue(cluster.commits.every(({ ended }) => ended !== undefined))
  return disorder(cluster)
}

describe("pull with bounded staleness", () => {
  it("sees all that was published 210 ms before a read began, and took at most 100 ms to the hub", () => {
    for (const seed of seeds(3)) {
      const dist = (["constant", "uniform"] as const)[seed % 2]!
      const latency = { mean: [10, 50][(seed >> 1) % 2]!, dist }
      const cluster = run({ ...draw(seed, layers.bounded), ...reachable(0), latency })
      const old = inTime(cluster).filter(({ begun, operations }) =>
        [...cluster.published].some(([operation, { time }]) =>
          time + 110 + 100 < begun - 100 && !operations.has(operation)
        )
      )
      assert.isEmpty(old.map(({ begun }) => begun), `seed ${seed}`)
      assert.isEmpty(cluster.violations, `seed ${seed}`)
    }
  })
})

describe("Gossip that asks the hub", () => {
  for (const [name, layer] of Object.entries(layers)) {
    it(`${name}: answers within two seconds whatever befalls nodes and network, and all that is published arrives`, () => {
      for (const seed of seeds(3)) {
        const drawn = draw(seed, layer)
        const scenario = { ...drawn, faults: drawn.faults.filter((fault) => fault !== "pause"), duration: 5000 }
        const cluster = run(scenario)
        const longest = 2 * timeout + 1 // a round, and the one before
        const late = cluster.readings.filter(({ begun, life, seen }) =>
          seen === undefined ? !life.killed && begun < cluster.time.now() - longest : seen.time - begun > longest
        )
        assert.isEmpty(late.map(({ begun, life }) => `${life.name} at ${begun}`), Scenario.describe(scenario))
        assert.isEmpty(cluster.violations, Scenario.describe(scenario))
      }
    })
  }
})

const freshness = (find: string, replace: string): Mutants.Patch => ({
  module: "services/gossip/replica/Freshness",
  find,
  replace
})
const rounds = (find: string, replace: string): Mutants.Patch => ({ module: "services/gossip/Rounds", find, replace })

const mutants: ReadonlyArray<{
  readonly name: string
  readonly layer: keyof typeof check
  readonly patch: Mutants.Patch
}> = [
  {
    name: "takes an answer to an older question",
    layer: "pull",
    patch: freshness("? answer.number : 0", "? Infinity : 0")
  },
  {
    name: "takes an answer before all is here that came with it",
    layer: "pull",
    patch: freshness("incoming.position >= position", "true")
  },
  {
    name: "answers from its copy though it can reach the hub",
    layer: "pull",
    patch: {
      module: "services/gossip/replica/Replica",
      find: "hub !== undefined && !hubs.isHub() && freshness.freshAt + settings.maxAge <= now",
      replace: "false"
    }
  },
  {
    name: "acknowledges before the hub has it",
    layer: "acknowledged",
    patch: rounds(`asks === "everything" ? wait(operations, () => {})`, "false ? Effect.void")
  },
  {
    name: "begins a round while another one is under way",
    layer: "acknowledged",
    patch: rounds(`(asks === "everything" && rounds.size > 0)`, "false")
  }
]

describe("Gossip that asks the hub and is wrong", { timeout: 600_000 }, () => {
  for (const { layer, name, patch } of mutants) {
    it(`${name}: is found`, async () => {
      const loaded = await Mutants.load([patch])
      assert.isNotEmpty(check[layer](run({ ...draw(0, loaded[layer]), ...reachable(0) })))
    })
  }

  it("answers before it has what the leaf has made: is found", async () => {
    const { acknowledged } = await Mutants.load([{
      module: "services/gossip/replica/Sending",
      find: "(log.vector.get(origin) ?? 0) >= reading.made",
      replace: "true"
    }])
    assert.isTrue([0, 1, 2, 3, 4, 5].some((seed) => bigRound(acknowledged, seed).length > 0))
  })
})
