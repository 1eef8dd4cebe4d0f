import { assert, describe, it } from "@effect/vitest"
import { registry } from "../../src/registry/Registry.ts"
import type { Json } from "../../src/schema/Json.ts"
import { chunkSize } from "../../src/services/log/LogCopy.ts"
import * as Nemesis from "../../src/simulator/faults/Nemesis.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import { seeds } from "../Seeds.ts"
import { programsOf, varied } from "../Subjects.ts"
import * as Cluster from "./kafka/Cluster.ts"

const { workload } = registry["txn-list-append"]
const { "lin-kv": program } = programsOf("txn-list-append")

const simulate = (seed: number, options: Partial<Simulation.Options> = {}): Simulation.Simulation =>
  Simulation.run({
    ...varied(seed),
    workload,
    program,
    ...options
  })

type Operations = ReadonlyArray<readonly [f: "r" | "append", key: Json, value: Json]>

const running = (options: Partial<Cluster.Options> & { readonly nodeCount: number }) => {
  const cluster = Cluster.make({ program, ...options })
  cluster.ids.forEach((_, i) => cluster.boot(i))
  cluster.pass(3000)
  return {
    ...cluster,
    txn: (node: number, operations: Operations, within = 1000): Json | undefined =>
      cluster.answer(node, "txn", { txn: operations }, within)?.["txn"] as Json | undefined, // it is JSON
    /** How many messages servers have sent since it was last asked. */
    cost: (() => {
      let before = cluster.network.statistics().servers.sent
      return (): number => {
        const { sent } = cluster.network.statistics().servers
        const cost = sent - before
        before = sent
        return cost
      }
    })()
  }
}

describe("TxnListAppend", { timeout: 600_000 }, () => {
  it("executes a transaction as one step, on keys and elements of any kind", () => {
    const { txn } = running({ nodeCount: 2 })
    assert.deepStrictEqual(txn(0, []), [])
    assert.deepStrictEqual(
      txn(0, [["r", 1, null], ["append", 1, "a"], ["r", 1, null], ["append", 1, [2]], ["append", "1", {}], [
        "r",
        1,
        null
      ]]),
      [["r", 1, null], ["append", 1, "a"], ["r", 1, ["a"]], ["append", 1, [2]], ["append", "1", {}], ["r", 1, ["a", [
        2
      ]]]]
    )
    assert.deepStrictEqual(
      txn(1, [["append", [1, { b: 1, a: 2 }], null], ["r", 1, null], ["r", "1", null], [
        "r",
        [1, { a: 2, b: 1 }],
        null
      ]]),
      [["append", [1, { b: 1, a: 2 }], null], ["r", 1, ["a", [2]]], ["r", "1", [{}]], ["r", [1, { a: 2, b: 1 }], [
        null
      ]]]
    )
  })

  it("refuses what does not decode", () => {
    const { answer } = running({ nodeCount: 1 })
    for (const txn of [undefined, {}, [["w", 1, 2]], [["r", 1]], [["append", 1]], ["r"], [["r", 1, 2]]]) {
      assert.strictEqual(answer(0, "txn", { txn })?.["code"], 12, JSON.stringify(txn))
    }
  })

  it("is strict serializable, whatever befalls nodes and network; what changes anything is never refused", () => {
    let unknown = 0
    for (const seed of seeds(6)) {
      const { history, results } = simulate(seed, {
        nemesis: Nemesis.faults,
        nemesisInterval: 1500,
        loss: [0, 0.02][seed % 2]!,
        duplicates: [0, 0.1][seed % 2]!
      })
      const { findings } = results()
      assert.isEmpty(findings, `seed ${seed}`)
      const isChange = (value: Json): boolean => (value as Operations).some(([f]) => f === "append")
      for (const { index, type, value } of history) {
        if (type === "fail") assert.isFalse(isChange(value), `event ${index}, seed ${seed}`)
        if (type === "info" && Array.isArray(value) && Array.isArray(value[0])) unknown++
      }
    }
    assert.isAbove(unknown, 0)
  })

  it("hardly any transaction waits longer than its client, whatever is cut", () => {
    for (const seed of seeds(2)) {
      const { findings, okFraction } = simulate(seed, {
        nodeCount: 5,
        rate: 100,
        latency: { mean: 10, dist: "constant" },
        availability: 0.99,
        nemesis: ["partition"],
        nemesisInterval: [500, 2000][seed % 2]!
      }).results()
      assert.isEmpty(findings, `${okFraction}, seed ${seed}`)
    }
  })

  it("costs at most 4 messages in a cluster at rest, however long the lists are, and 2 more for each chunk", () => {
    const { cost, pass, txn } = running({ nodeCount: 5 })
    cost()
    const count = 4 * chunkSize
    let total = 0
    for (let i = 0; i < count; i++) {
      txn(i % 5, [["append", "x", i], ["r", "x", null]])
      const messages = cost()
      assert.isAtMost(messages, 6, `transaction ${i}`)
      total += messages
    }
    assert.isAtMost(total, 4 * count + 2 * count / chunkSize)
    txn(3, [["r", "x", null]])
    assert.strictEqual(cost(), 2, "a read")
    pass(10_000)
    assert.strictEqual(cost(), 0, "silence")
  })

  it("outlives all nodes", () => {
    const { boot, ids, nodes, pass, txn } = running({ nodeCount: 3 })
    const elements = Array.from({ length: 3 * chunkSize }, (_, i) => i)
    for (const i of elements) txn(i % 3, [["append", "x", i]])
    for (const node of nodes) node.kill()
    ids.forEach((_, node) => boot(node))
    pass(1000)
    for (const [node] of ids.entries()) assert.deepStrictEqual(txn(node, [["r", "x", null]]), [["r", "x", elements]])
  })

  it("a node goes on by itself if the others cannot be reached, or are dead", () => {
    for (const hurt of ["cut", "kill"] as const) {
      const { ids, network, nodes, txn } = running({ nodeCount: 3 })
      for (let i = 0; i < 6; i++) txn(i % 3, [["append", "x", i]])
      if (hurt === "kill") nodes.slice(0, 2).forEach((node) => node.kill())
      else network.cut(new Map(ids.map((id) => [id, new Set(ids.filter((other) => other !== id))])))
      assert.deepStrictEqual(
        txn(2, [["append", "x", 6], ["r", "x", null]], 2500),
        [["append", "x", 6], ["r", "x", [0, 1, 2, 3, 4, 5, 6]]],
        hurt
      )
      assert.deepStrictEqual(txn(2, [["r", "x", null]], 50), [["r", "x", [0, 1, 2, 3, 4, 5, 6]]], hurt)
    }
  })
})
