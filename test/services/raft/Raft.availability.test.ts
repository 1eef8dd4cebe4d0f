/**
 * How often clients get what they ask for while links are cut, at nodes that are connected to a majority: straight, or
 * by way of others.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Registry from "../../../src/registry/Registry.ts"
import type { NodeId } from "../../../src/schema/Address.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import type { Event, History } from "../../../src/workloads/history/History.ts"
import * as Operations from "../../../src/workloads/history/Operations.ts"
import { seeds } from "../../Seeds.ts"

type Drops = Readonly<Record<string, ReadonlyArray<string>>>

/** The nodes that are connected to a majority while these receivers drop what these senders send. */
const connected = (nodes: ReadonlyArray<NodeId>, drops: Drops): ReadonlySet<NodeId> => {
  const isLinked = (a: NodeId, b: NodeId): boolean => !drops[a]?.includes(b) && !drops[b]?.includes(a)
  const reach = (from: NodeId): ReadonlySet<NodeId> => {
    const reached = new Set([from])
    for (const a of reached) for (const b of nodes) if (isLinked(a, b)) reached.add(b)
    return reached
  }
  return new Set(nodes.filter((node) => 2 * reach(node).size > nodes.length))
}

/** Which nodes are connected to a majority, from when on. */
const phases = (history: History, nodes: ReadonlyArray<NodeId>) => [
  { from: -Infinity, nodes: new Set(nodes) as ReadonlySet<NodeId> },
  ...history.filter(({ process }) => process === "nemesis").map(({ f, time, value }) => ({
    from: time,
    nodes: connected(nodes, f === "start-partition" ? (value as unknown as { drops: Drops }).drops : {}) // Nemesis says so
  }))
]

/** Told that nobody leads now, the client does not get what it asks for. Any other answer is one. */
const isServed = ({ error, type }: Event): boolean =>
  type === "ok" || (type === "fail" && error?._tag === "Refused" && error.code !== 11)

interface Counts {
  asked: number
  served: number
  refused: number
}

/** What came of all that nodes were asked while they were connected to a majority, from the request to the answer. */
const count = (history: History, nodes: ReadonlyArray<NodeId>): Counts => {
  const all = phases(history, nodes)
  const isConnected = ({ completion, invoke }: Operations.Completed): boolean =>
    all.every(({ from, nodes }, i) =>
      from >= completion.time || (all[i + 1]?.from ?? Infinity) <= invoke.time || nodes.has(invoke.node!) // it says whom it asks
    )
  const operations = Operations.completed(history).filter(isConnected)
  return {
    asked: operations.length,
    served: operations.filter(({ completion }) => isServed(completion)).length,
    refused: operations.filter(({ completion }) => completion.type === "fail" && !isServed(completion)).length
  }
}

const run = (name: "lin-kv" | "txn-list-append", nodeCount: number, seed: number): Counts => {
  const { program, workload } = Registry.find(name, "raft")! // it is there
  const { history, nodes, results } = Simulation.run({
    ...Simulation.defaults,
    workload,
    program,
    seed,
    nodeCount,
    concurrency: 2 * nodeCount,
    rate: 100,
    timeLimit: 10_000,
    nemesis: ["partition"],
    nemesisInterval: 2500,
    latency: { mean: 10, dist: "constant" }
  })
  assert.strictEqual(results().validity, "valid", `${name}, ${nodeCount} nodes, seed ${seed}`)
  return count(history, nodes.map(({ id }) => id))
}

/** `SEEDS=200 npx vitest run test/services/raft/Raft.availability.test.ts` says how often. */
describe("Nodes that are connected to a majority", { timeout: 1e8 }, () => {
  it.each([["lin-kv", 3], ["lin-kv", 5], ["txn-list-append", 3], ["txn-list-append", 5]] as const)(
    "serve 99 of 100 requests: %s, %i nodes",
    (name, nodeCount) => {
      const total: Counts = { asked: 0, served: 0, refused: 0 }
      for (const seed of seeds(1)) {
        const { asked, refused, served } = run(name, nodeCount, seed)
        total.asked += asked
        total.refused += refused
        total.served += served
      }
      const { asked, refused, served } = total
      const share = (part: number): string => `${(100 * part / asked).toFixed(3)} %`
      const figures = `of ${asked} requests ${share(served)} served, ${share(refused)} refused, `
        + `${share(asked - served - refused)} of unknown outcome`
      if (process.env["SEEDS"] !== undefined) console.info(`${name}, ${nodeCount} nodes: ${figures}`)
      assert.isAtLeast(served / asked, 0.99, figures)
    }
  )
})
