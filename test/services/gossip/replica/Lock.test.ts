import { assert, describe, it } from "@effect/vitest"
import { Gossip } from "../../../../src/services/gossip/Gossip.ts"
import * as Lock from "../../../../src/services/gossip/replica/Lock.ts"
import * as SeededRandom from "../../../../src/workloads/SeededRandom.ts"
import { seeds } from "../../../Seeds.ts"
import * as Cluster from "../Cluster.ts"
import * as Mutants from "../Mutants.ts"

const [cycle, margin] = [380, 5]

/** How long before a push each message of a leaf comes that always has something to say; latencies are drawn anew. */
const earliness = (cycles: number, latency: () => number): ReadonlyArray<number> => {
  const lock = Lock.make()
  const sent: Array<{ readonly count: number; readonly cameAt: number }> = []
  const early: Array<number> = []
  let since = 0
  for (let push = cycle; push < cycles * cycle; push += cycle) {
    const told = sent.findLast(({ cameAt }) => cameAt <= push && cameAt > push - cycle)
    if (told !== undefined) early.push(push - told.cameAt)
    const now = push + latency()
    Lock.pushed(lock, now, { count: told?.count, early: told && push - told.cameAt, margin, cycle })
    const at = Math.max(now, Lock.sendAt(lock, Math.max(now, since), cycle))
    Lock.sent(lock, sent.length + 1, at)
    sent.push({ count: sent.length + 1, cameAt: at + latency() })
    since = at
  }
  return early
}

describe("Lock", () => {
  it("has messages come the margin before a push, whatever latency is", () => {
    for (const latency of [1, 20, 100, 150]) {
      const early = earliness(30, () => latency)
      for (const time of early.slice(3)) assert.closeTo(time, margin, 1e-6, `latency ${latency}`)
      assert.isAbove(early.length, 20)
    }
  })

  it("keeps more distance where latency varies, so that few come too late", () => {
    for (const seed of seeds(3)) {
      const random = SeededRandom.make(seed)
      const early = earliness(300, () => 50 + 30 * random.nextDoubleUnsafe()).slice(20)
      const late = early.filter((time) => time > cycle - 60)
      assert.isAtMost(late.length, early.length / 10, `seed ${seed}`)
      assert.isAtMost(early.reduce((a, b) => a + b, 0) / early.length, 120, `seed ${seed}`)
    }
  })

  it("sends at once before it knows better, and when it has heard no push for long", () => {
    const lock = Lock.make()
    assert.strictEqual(Lock.sendAt(lock, 17, cycle), 17)
    lock.askedAt = 100
    Lock.answered(lock, 300, margin, cycle)
    Lock.pushed(lock, 400, { count: undefined, early: undefined, margin, cycle })
    assert.strictEqual(Lock.sendAt(lock, 401, cycle), 400 + cycle - 200 - margin)
    assert.strictEqual(Lock.sendAt(lock, 600, cycle), 400 + 2 * cycle - 200 - margin)
    assert.strictEqual(Lock.sendAt(lock, 1500, cycle), 1500)
  })
})

/** The longest that operations of a busy cluster take to the last node, in ms, after it has had time to settle. */
const longest = (layer: Cluster.GossipLayer, seed: number): number => {
  const cluster = Cluster.make({ ...Cluster.calm, seed, layer, nodeCount: 3, stability: false })
  cluster.nodes.forEach(cluster.boot)
  const begin = cluster.time.now() + 3000
  const seen = new Map<Cluster.Life, number>()
  let most = 0
  const look = (): void => {
    for (const life of cluster.lives) {
      for (const operation of life.delivered.slice(seen.get(life) ?? 0)) {
        const { time } = cluster.published.get(operation)!
        if (time > begin) most = Math.max(most, cluster.time.now() - time)
      }
      seen.set(life, life.delivered.length)
    }
    cluster.time.after(1, look)
  }
  const publish = (): void => {
    cluster.publish(cluster.random.pick(cluster.ids))
    cluster.time.after(60 * cluster.random.nextDoubleUnsafe(), publish)
  }
  look()
  publish()
  cluster.pass(9000)
  assert.isEmpty(cluster.violations)
  return most
}

describe("a star in cycles", () => {
  const bound = cycle + 2 * Cluster.calm.latency.mean + 2 * margin

  it("spreads everything within a cycle, two hops and the margin", () => {
    for (const seed of seeds(2)) assert.isAtMost(longest(Gossip.layerLocked, seed), bound, `seed ${seed}`)
  })

  it("takes longer if leaves' messages come after the push", async () => {
    const { locked } = await Mutants.load([{
      module: "services/gossip/replica/Lock",
      find: "const aim = margin + 2 * lock.deviation",
      replace: "const aim = -margin"
    }])
    assert.isAbove(longest(locked, 0), bound + cycle / 2)
  })
})
