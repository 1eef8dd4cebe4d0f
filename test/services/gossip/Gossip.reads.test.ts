/** Reads that ask the hub: what they see, and how long they take. */
import { assert, describe, it } from "@effect/vitest"
import { Gossip } from "../../../src/services/gossip/Gossip.ts"
import { seeds } from "../../Seeds.ts"
import type * as Cluster from "./Cluster.ts"
import * as Mutants from "./Mutants.ts"
import * as Scenario from "./Scenario.ts"

/** How long a read waits at the longest, in ms. */
const patience = 1000

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

const calm = { faults: [], loss: 0, duplicates: 0.2, slowStart: 0, recovery: 3000, duration: 3000 } as const

/** Reads that lack what the hub had when they began. */
const stale = ({ readings }: Cluster.Cluster): ReadonlyArray<Cluster.Reading> =>
  readings.filter(({ hubHad, seen }) =>
    seen !== undefined && hubHad.some((operation) => !seen.operations.has(operation))
  )

const draw = (seed: number, layer: Cluster.GossipLayer): Scenario.Scenario => {
  const drawn = Scenario.draw(seed, layer)
  return { ...drawn, latency: { ...drawn.latency, mean: Math.min(100, drawn.latency.mean) } }
}

describe("a read over pull", () => {
  it("sees all that the hub had when it began, however messages overtake each other", () => {
    let count = 0
    for (const seed of seeds(6)) {
      const cluster = run({ ...draw(seed, Gossip.layerPull), ...calm })
      const inTime = stale(cluster).filter(({ begun, seen }) => seen!.time - begun < patience)
      assert.isEmpty(inTime.map(({ begun, life }) => `${life.name} at ${begun}`), `seed ${seed}`)
      assert.isEmpty(cluster.violations, `seed ${seed}`)
      count += cluster.readings.length
    }
    assert.isAbove(count, 500)
  })

  it("is answered within a second whatever befalls nodes and network, and all that is published arrives", () => {
    for (const seed of seeds(6)) {
      const drawn = draw(seed, Gossip.layerPull)
      const scenario = { ...drawn, faults: drawn.faults.filter((fault) => fault !== "pause"), duration: 5000 }
      const cluster = run(scenario)
      const late = cluster.readings.filter(({ begun, life, seen }) =>
        seen === undefined ? !life.killed && begun < cluster.time.now() - patience : seen.time - begun > patience + 1
      )
      assert.isEmpty(
        late.map(({ begun, life, seen }) => `${life.name} from ${begun} to ${seen?.time}`),
        Scenario.describe(scenario)
      )
      assert.isEmpty(cluster.violations, Scenario.describe(scenario))
    }
  })
})

const mutants: ReadonlyArray<{ readonly name: string; readonly patch: Mutants.Patch }> = [
  {
    name: "takes an answer to an older question",
    patch: {
      module: "services/gossip/replica/Freshness",
      find: "isHere ? answer?.number ?? 0 : 0",
      replace: "isHere ? Infinity : 0"
    }
  },
  {
    name: "takes an answer before all is here that came with it",
    patch: {
      module: "services/gossip/replica/Freshness",
      find: "isHere ? answer?.number ?? 0 : 0",
      replace: "answer?.number ?? 0"
    }
  },
  {
    name: "answers from its copy though it can reach the hub",
    patch: {
      module: "services/gossip/replica/Replica",
      find: "if (hub === undefined || hubs.isHub()) {",
      replace: "if (true) {"
    }
  }
]

describe("a read that is wrong", { timeout: 600_000 }, () => {
  for (const { name, patch } of mutants) {
    it(`${name}: is found`, async () => {
      const { pull } = await Mutants.load([patch])
      const isFound = Array.from({ length: 60 }, (_, seed) => seed).some((seed) =>
        stale(run({ ...draw(seed, pull), ...calm })).some(({ begun, seen }) => seen!.time - begun < patience)
      )
      assert.isTrue(isFound)
    })
  }
})
