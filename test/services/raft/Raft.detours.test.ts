/**
 * What it costs to get around cut links, and that it costs nothing more once they are whole again.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Raft from "../../../src/services/raft/Raft.ts"
import * as Settings from "../../../src/services/raft/Settings.ts"
import { quantile } from "../../../src/workloads/history/Sorted.ts"
import { seeds } from "../../Seeds.ts"
import * as Cluster from "./Cluster.ts"
import * as Mutants from "./Mutants.ts"

interface Costs {
  /** Messages between servers for each operation. */
  readonly messages: number
  /** How long operations take in the median, in ms. */
  readonly median: number
}

/** Each of the servers has a client that asks for one operation after the other, for so many ms. */
const work = (cluster: Cluster.Cluster, duration: number): Costs => {
  const { members, time } = cluster
  const { sent } = cluster
  const times: Array<number> = []
  const end = time.now() + duration
  for (const member of members) {
    const ask = (): void => {
      if (time.now() >= end) return
      const since = time.now()
      Cluster.append(cluster, member, () => {
        times.push(time.now() - since)
        time.after(30 * cluster.random.nextDoubleUnsafe(), ask)
      })
    }
    ask()
  }
  Cluster.pass(cluster, duration)
  const messages = (cluster.sent - sent) / times.length
  Cluster.pass(cluster, 1000)
  return { messages, median: quantile(times.toSorted((a, b) => a - b), 0.5) }
}

/** Five servers, of which each hears only its two neighbours in a ring for a while; hops take 10 ms. */
const run = (machine: Cluster.Machine, seed: number) => {
  const cluster = Cluster.make({
    seed,
    machine,
    nodeCount: 5,
    settings: Settings.defaults,
    latency: () => 10,
    loss: 0,
    duplicates: 0,
    syncTime: () => 0
  })
  for (const member of cluster.members) Cluster.start(cluster, member)
  Cluster.pass(cluster, 1000)
  const whole = work(cluster, 3000)
  const order = cluster.random.shuffle(cluster.members).map(({ node }) => node)
  cluster.cut = (from, to) => ![1, 4].includes((order.indexOf(from) - order.indexOf(to) + 5) % 5)
  Cluster.pass(cluster, 1000)
  const ring = work(cluster, 10_000)
  cluster.cut = () => false
  Cluster.pass(cluster, 2 * Settings.defaults.refuseAfter)
  const healed = work(cluster, 3000)
  return { whole, ring, healed }
}

const isCheapWhenHealed = ({ healed, whole }: ReturnType<typeof run>): boolean => healed.messages < 1.3 * whole.messages
const isCheapInRing = ({ ring }: ReturnType<typeof run>): boolean => ring.messages < 3.75 && ring.median < 50

describe("Raft in a ring", () => {
  const some = seeds(3)

  it("does without detours once links are whole, and takes few messages till then", () => {
    for (const seed of some) {
      const costs = run(Raft, seed)
      assert.isTrue(isCheapWhenHealed(costs), `seed ${seed}: ${JSON.stringify(costs)}`)
      assert.isTrue(isCheapInRing(costs), `seed ${seed}: ${JSON.stringify(costs)}`)
    }
  })

  const mutants: ReadonlyArray<readonly [string, typeof isCheapInRing, Mutants.Patch]> = [
    ["never tries the straight way again", isCheapWhenHealed, {
      module: "Replication",
      find: "const isTrial = peer.straightAt + settings.refuseAfter <= server.now",
      replace: "const isTrial = false"
    }],
    ["asks servers for answers that it reaches only by detours", isCheapInRing, {
      module: "Replication",
      find: "peer.failures > 0 ? 3 : peer.via !== undefined ? 2 : ",
      replace: "peer.failures > 0 ? 3 : "
    }],
    ["has a helper tell servers that this one does not reach", isCheapInRing, {
      module: "Replication",
      find: "peer.via === undefined ? straight : peerOf(leader, peer.via)",
      replace: "straight"
    }],
    ["has a helper try again soon, though it fails each time", isCheapInRing, {
      module: "Replication",
      find: "2 ** peer.relayFailures++",
      replace: "2 ** peer.relayFailures"
    }]
  ]
  it.each(mutants)("is found out when it %s", async (_, isCheap, patch) => {
    const machine = await Mutants.load([patch])
    assert.isFalse(some.every((seed) => isCheap(run(machine, seed))))
  })
})
