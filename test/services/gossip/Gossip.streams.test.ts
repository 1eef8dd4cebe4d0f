/** Streams and snapshots that are interrupted: with bounds so small that each takes many messages. */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import type { Address, NodeId } from "../../../src/schema/Address.ts"
import { seeds } from "../../Seeds.ts"
import * as Cluster from "./Cluster.ts"
import * as Mutants from "./Mutants.ts"
import * as Scenario from "./Scenario.ts"

const shapes: ReadonlyArray<Cluster.Shape> = ["star", "mesh"]

let layers: Record<Cluster.Shape, Cluster.GossipLayer>
beforeAll(async () => {
  layers = await Mutants.load(Mutants.tiny)
})

/** Who has given this node how many parts of snapshots. */
const watchDonors = ({ network }: Cluster.Cluster, heir: NodeId): ReadonlyMap<Address, number> => {
  const counts = new Map<Address, number>()
  const { send } = network
  Object.assign(network, {
    send: (src: Address, dest: Address, line: string): boolean => {
      if (dest === heir && line.includes(`"gossip_chunk"`)) counts.set(src, (counts.get(src) ?? 0) + 1)
      return send(src, dest, line)
    }
  })
  return counts
}

/** Works until this is so, which must be soon. */
const passUntil = (cluster: Cluster.Cluster, isSo: () => boolean, what: string): void => {
  for (let i = 0; !isSo(); i++) {
    assert.isBelow(i, 2000, `${what} never comes`)
    cluster.pass(5)
  }
}

const publish = (cluster: Cluster.Cluster, count: number, among = cluster.ids): void => {
  for (let i = 0; i < count; i++) {
    cluster.publish(cluster.random.pick(among))
    cluster.pass(cluster.random.below(10))
  }
}

const make = (seed: number, stability: boolean): Cluster.Cluster => {
  const latency = { mean: 50, dist: "uniform" } as const
  const cluster = Cluster.make({ ...Cluster.calm, seed, layer: layers.star, nodeCount: 5, latency, stability })
  cluster.nodes.forEach(cluster.boot)
  cluster.pass(1000)
  return cluster
}

const assertRight = (cluster: Cluster.Cluster, stable: boolean, text: string): void => {
  cluster.pass(20_000)
  cluster.checkConvergence({ stable })
  assert.isEmpty(cluster.violations, `${text}\n${cluster.events.join("\n")}`)
}

describe("a node that is far behind", () => {
  it("catches up though its hub is killed while streaming", () => {
    for (const seed of seeds(1)) {
      const cluster = make(seed, seed % 2 === 0)
      const { ids } = cluster
      const behind = ids[4]!
      const others = ids.filter((id) => id !== behind)
      cluster.network.cut(new Map([[behind, new Set(others)], ...others.map((id) => [id, new Set([behind])] as const)]))
      publish(cluster, 400, others)
      cluster.pass(2000)
      cluster.network.heal()
      const life = cluster.lives[4]!
      const [before, all] = [life.delivered.length, cluster.published.size]
      passUntil(cluster, () => life.delivered.length > before + 50, "the stream")
      cluster.node(0).kill()
      assert.isBelow(life.delivered.length, all - 50, `seed ${seed}: the stream has not ended`)
      publish(cluster, 20, others.slice(1))
      cluster.pass(cluster.random.pick([0, 500, 5000]))
      cluster.boot(cluster.node(0))
      assertRight(cluster, seed % 2 === 0, `seed ${seed}`)
    }
  })

  it("gets a snapshot though the hub changes twice meanwhile, and who gives it dies both times", () => {
    for (const seed of seeds(1)) {
      const cluster = make(seed, false)
      publish(cluster, 300)
      cluster.pass(5000)
      const donors = watchDonors(cluster, cluster.ids[4]!)
      cluster.node(4).kill()
      cluster.boot(cluster.node(4))
      const dead = new Set<Address>()
      for (const hub of cluster.ids.slice(0, 2)) {
        const donor = (): Address | undefined => [...donors].find(([id, parts]) => !dead.has(id) && parts > 5)?.[0]
        passUntil(cluster, () => donor() !== undefined, "a snapshot")
        assert.strictEqual(cluster.survivors().at(-1)!.restored, 0, `seed ${seed}: no snapshot is whole yet`)
        for (const id of [hub, donor()!]) {
          dead.add(id)
          cluster.node(cluster.ids.findIndex((other) => other === id)).kill()
        }
      }
      publish(cluster, 10, cluster.ids.filter((id) => !dead.has(id)))
      cluster.pass(cluster.random.pick([0, 500, 8000]))
      for (const node of cluster.nodes) if (dead.has(node.id)) cluster.boot(node)
      assertRight(cluster, false, `seed ${seed}`)
    }
  })
})

describe("Gossip with streams and snapshots all the time", () => {
  for (const shape of shapes) {
    it(`as a ${shape}: delivers everything to everybody once, in causal order, whatever befalls nodes and network`, () => {
      for (const seed of seeds(3)) {
        const scenario = { ...Scenario.draw(seed, layers[shape]), bursts: 0.1, recovery: 60_000 } // bounds so small take their time
        const { cluster } = Scenario.run(scenario)
        const findings = cluster.violations.map(({ property, text }) => `${property}: ${text}`)
        assert.isEmpty(findings, `${Scenario.describe(scenario)}\n${cluster.events.slice(-20).join("\n")}\n`)
      }
    })
  }
})
