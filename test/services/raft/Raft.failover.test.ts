import { assert, describe, it } from "@effect/vitest"
import * as Raft from "../../../src/services/raft/Raft.ts"
import * as Settings from "../../../src/services/raft/Settings.ts"
import { quantile } from "../../../src/workloads/history/Sorted.ts"
import { seeds } from "../../Seeds.ts"
import * as Cluster from "./Cluster.ts"

/** How long it takes until another one leads, in ms, with hops of 10 ms. */
const failover = (seed: number, nodeCount: number, how: "kill" | "cut"): number => {
  const cluster = Cluster.make({
    seed,
    machine: Raft,
    nodeCount,
    settings: Settings.defaults,
    latency: () => 10,
    loss: 0,
    duplicates: 0,
    syncTime: () => 1
  })
  for (const member of cluster.members) Cluster.start(cluster, member)
  Cluster.pass(cluster, 1000 + 500 * cluster.random.nextDoubleUnsafe())
  const former = Cluster.leader(cluster)!
  const term = former.server!.term
  const since = cluster.time.now()
  if (how === "kill") Cluster.kill(cluster, former)
  else cluster.cut = (from, to) => (from === former.node) !== (to === former.node)
  const isLed = (): boolean =>
    cluster.members.some(({ server }) => server?.role.type === "leader" && server.term > term)
  while (!isLed() && cluster.time.now() < since + 5000) Cluster.pass(cluster, 1)
  return cluster.time.now() - since
}

/** `SEEDS=200 npx vitest run test/services/raft/Raft.failover.test.ts` says how long it takes. */
describe("Raft", () => {
  it.each([[3, "kill"], [3, "cut"], [5, "kill"], [5, "cut"]] as const)(
    "has a new leader soon: of %i nodes, after a %s",
    (nodeCount, how) => {
      const times = seeds(50).map((seed) => failover(seed, nodeCount, how)).toSorted((a, b) => a - b)
      const [median, worst] = [quantile(times, 0.5), quantile(times, 1)]
      if (process.env["SEEDS"] !== undefined) {
        const figures = `median ${Math.round(median)} ms, worst ${Math.round(worst)} ms`
        console.info(`${nodeCount} nodes, after a ${how}, ${times.length} seeds: ${figures}`)
      }
      assert.isAtMost(median, 400)
      assert.isAtMost(worst, 1000)
    }
  )
})
