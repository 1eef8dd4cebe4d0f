import { assert, describe, it } from "@effect/vitest"
import { registry } from "../../src/registry/Registry.ts"
import type { Json } from "../../src/schema/Json.ts"
import * as Nemesis from "../../src/simulator/faults/Nemesis.ts"
import * as Partition from "../../src/simulator/faults/Partition.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import type { History } from "../../src/workloads/history/History.ts"
import * as ConsistencyModel from "../../src/workloads/transactions/ConsistencyModel.ts"
import { seeds } from "../Seeds.ts"
import { programsOf, varied } from "../Subjects.ts"
import * as Cluster from "./kafka/Cluster.ts"

const { workload } = registry["txn-rw-register"]
const programs = programsOf("txn-rw-register")
type Kind = keyof typeof programs

const options = (kind: Kind, seed: number, changes: Partial<Simulation.Options> = {}): Simulation.Options => ({
  ...varied(seed),
  workload,
  program: programs[kind],
  ...changes
})

/** What was written by transactions that were refused, and what any transaction has read. */
const refusedAndRead = (history: History) => {
  const refused: Array<string> = []
  const read = new Set<string>()
  for (const { type, value } of history) {
    if (type !== "fail" && type !== "ok") continue
    for (const [f, key, content] of value as ReadonlyArray<readonly [string, Json, Json]>) {
      if (type === "fail" && f === "w") refused.push(JSON.stringify([key, content]))
      if (type === "ok" && f === "r") read.add(JSON.stringify([key, content]))
    }
  }
  return { refused, read }
}

type Operations = ReadonlyArray<readonly [f: "r" | "w", key: Json, value: Json]>

const start = (options: Partial<Cluster.Options> & { readonly nodeCount: number }) => {
  const cluster = Cluster.make({ program: programs.star, ...options })
  const boot = (node: number) => cluster.boot(node)
  const txn = (node: number, operations: Operations): Json | undefined =>
    cluster.answer(node, "txn", { txn: operations })?.["txn"] as Json | undefined // it is JSON
  const isolate = (node: number): void => {
    const others = cluster.ids.filter((_, i) => i !== node)
    const me = cluster.ids[node]!
    cluster.network.cut(new Map([[me, new Set(others)], ...others.map((id) => [id, new Set([me])] as const)]))
  }
  return { ...cluster, boot, txn, isolate }
}

const running = (options: Partial<Cluster.Options> & { readonly nodeCount: number }) => {
  const cluster = start(options)
  cluster.ids.forEach((_, i) => cluster.boot(i))
  cluster.pass(3000)
  return cluster
}

describe("TxnRwRegister", { timeout: 600_000 }, () => {
  it("executes a transaction as one step, on keys and values of any kind", () => {
    const { txn } = running({ nodeCount: 1 })
    assert.deepStrictEqual(txn(0, []), [])
    assert.deepStrictEqual(
      txn(0, [["r", 1, null], ["w", 1, "a"], ["r", 1, null], ["w", 1, "b"], ["w", "1", { c: [1] }], ["r", 1, null]]),
      [["r", 1, null], ["w", 1, "a"], ["r", 1, "a"], ["w", 1, "b"], ["w", "1", { c: [1] }], ["r", 1, "b"]]
    )
    assert.deepStrictEqual(
      txn(0, [["r", 1, null], ["r", "1", 7], ["w", [1, { b: 1, a: 2 }], false], ["r", [1, { a: 2, b: 1 }], null]]),
      [["r", 1, "b"], ["r", "1", { c: [1] }], ["w", [1, { b: 1, a: 2 }], false], ["r", [1, { a: 2, b: 1 }], false]]
    )
  })

  it("refuses what does not decode", () => {
    const { answer } = running({ nodeCount: 1 })
    for (const txn of [undefined, {}, [["x", 1, 2]], [["r", 1]], [["w", 1]], ["r"], [["w", 1, 2, 3]]]) {
      assert.strictEqual(answer(0, "txn", { txn })?.["code"], 12, JSON.stringify(txn))
    }
  })

  for (const kind of ["star", "mesh"] as const) {
    it(`${kind}: is causal and converges, whatever befalls nodes and network; what is refused does not happen`, () => {
      let refusals = 0
      for (const seed of seeds(kind === "star" ? 4 : 2)) {
        const { history, results } = Simulation.run(options(kind, seed, {
          nemesis: Nemesis.faults,
          nemesisInterval: 1500,
          loss: [0, 0.1][seed % 2]!,
          duplicates: [0, 0.1][seed % 2]!
        }))
        assert.isEmpty(results().findings, `${kind}, seed ${seed}`)
        const { read, refused } = refusedAndRead(history)
        refusals += refused.length
        for (const write of refused) assert.isFalse(read.has(write), `${write}, seed ${seed}`)
      }
      assert.isAbove(refusals, 0)
    })
  }

  it("every transaction is ok, at once, whatever is cut and lost", () => {
    for (const seed of seeds(4)) {
      const { findings, latencies } = Simulation.run(options("star", seed, {
        availability: 1,
        nemesis: ["partition", "one-way"],
        nemesisInterval: 1000,
        loss: 0.1
      })).results()
      assert.isEmpty(findings, `seed ${seed}`)
      assert.strictEqual(latencies.max, 0, `seed ${seed}`)
    }
  })

  it("both sides of a cut go on: updates are lost, writes are skewed, and history forks", () => {
    const { isolate, network, pass, txn } = running({ nodeCount: 2 })
    isolate(0)
    const update = (node: number) => txn(node, [["r", "x", null], ["w", "x", `of ${node}`]])
    const skew = (node: number) => txn(node, [["r", `y${1 - node}`, null], ["w", `y${node}`, 1]])
    assert.deepStrictEqual([update(0), update(1)], [
      [["r", "x", null], ["w", "x", "of 0"]],
      [["r", "x", null], ["w", "x", "of 1"]]
    ], "lost update")
    assert.deepStrictEqual([skew(0), skew(1)], [
      [["r", "y1", null], ["w", "y0", 1]],
      [["r", "y0", null], ["w", "y1", 1]]
    ], "write skew")
    const both = (node: number) => txn(node, [["r", "y0", null], ["r", "y1", null]])
    assert.deepStrictEqual([both(0), both(1)], [
      [["r", "y0", 1], ["r", "y1", null]],
      [["r", "y0", null], ["r", "y1", 1]]
    ], "long fork")
    network.heal()
    pass(2000)
    assert.deepStrictEqual(both(0), [["r", "y0", 1], ["r", "y1", 1]])
    assert.deepStrictEqual(both(1), both(0))
    assert.deepStrictEqual(txn(0, [["r", "x", null]]), txn(1, [["r", "x", null]]))
  })

  it("and the bench finds that: runs are causal, but neither snapshot isolation nor serializable", () => {
    const skews = ["lost-update", "G2-item", "G-nonadjacent"] as const // lost update, write skew, long fork
    const found = new Set<string>()
    for (const seed of seeds(16)) {
      const { history, results } = Simulation.run(options("star", seed, {
        nodeCount: 3,
        timeLimit: 3000,
        nemesis: ["partition"],
        nemesisInterval: 1000,
        workload: workload.set!({ keyCount: 4, maxTxnLength: 3 })
      }))
      assert.isEmpty(results().findings, `seed ${seed}`)
      for (const model of ["snapshot-isolation", "serializable"] as const) {
        const { figures, valid } = workload.set!({ consistencyModels: [model] }).check(history)
        const anomalies = Object.keys(figures["anomalies"] as object)
        const forbidden = skews.filter((anomaly) => ConsistencyModel.forbidden[model].has(anomaly))
        if (forbidden.some((anomaly) => anomalies.includes(anomaly))) assert.isFalse(valid, `${model}, seed ${seed}`)
        for (const anomaly of anomalies) found.add(anomaly)
      }
    }
    assert.includeMembers([...found], [...skews])
  })

  it("all nodes are equal within a second of the end of a cut", () => {
    const times: Array<number> = []
    for (const seed of seeds(12)) {
      const { answer, ask, ids, network, pass, random } = running({
        nodeCount: 2 + seed % 4,
        seed,
        latency: { mean: [0, 10, 10][seed % 3]!, dist: "exponential" }
      })
      let written = 0
      const work = (duration: number): void => {
        for (let time = 0; time < duration; time += 25) {
          const writes = Array.from({ length: 2 }, () => ["w", random.below(20), written++])
          ask(random.below(ids.length), "txn", { txn: writes })
          pass(25)
        }
      }
      const all = Array.from({ length: 20 }, (_, key) => ["r", key, null])
      const areEqual = (): boolean => {
        const states = ids.map((_, node) => JSON.stringify(answer(node, "txn", { txn: all })?.["txn"]))
        return new Set(states).size === 1
      }
      work(500)
      network.cut(Partition.make(random.pick(Partition.maelstromKinds), ids, random))
      work(500 + random.below(4000))
      assert.isFalse(areEqual(), `seed ${seed}: nothing was cut`)
      network.heal()
      let time = 0
      for (; !areEqual(); time += 10) pass(10)
      assert.isAtMost(time, 1000, `seed ${seed}`)
      times.push(time)
    }
    // oxlint-disable-next-line no-console
    if (process.env["SEEDS"] !== undefined) console.info(times.toSorted((a, b) => a - b))
  })

  describe("a node that starts again with empty memory", () => {
    it("finds what its clients wrote there before, if anybody else has it, and can replace it", () => {
      for (const seed of seeds(6)) {
        const victim = seed % 3
        const { boot, ids, nodes, pass, txn } = running({ nodeCount: 3, seed })
        for (let i = 0; i < 20; i++) txn(victim, [["w", "x", i], ["w", "y", i]])
        pass(1000)
        for (const life of ["second", "third"]) {
          nodes[victim]!.kill()
          boot(victim)
          pass(3000)
          const before = life === "second" ? 19 : "second"
          assert.deepStrictEqual(
            txn(victim, [["r", "x", null], ["r", "y", null], ["w", "x", life], ["w", "y", life]]),
            [["r", "x", before], ["r", "y", before], ["w", "x", life], ["w", "y", life]],
            `${life} life, seed ${seed}`
          )
          pass(3000)
          for (const [node] of ids.entries()) {
            assert.deepStrictEqual(txn(node, [["r", "x", null], ["r", "y", null]]), [["r", "x", life], [
              "r",
              "y",
              life
            ]])
          }
        }
      }
    })

    it("answers init within 10 s though others cannot be reached, and refuses until it has reached them", () => {
      for (const unreachable of [0, 2]) {
        const { answer, boot, isolate, network, nodes, pass, txn } = running({ nodeCount: 3 })
        txn(1, [["w", "x", 1]])
        pass(1000)
        isolate(unreachable)
        nodes[1]!.kill()
        const ready = boot(1)
        pass(9000)
        assert.strictEqual(ready.body?.["type"], "init_ok")
        assert.strictEqual(answer(1, "txn", { txn: [["w", "x", 2]] })?.["code"], 11)
        network.heal()
        pass(2000)
        assert.deepStrictEqual(txn(1, [["r", "x", null]]), [["r", "x", 1]])
      }
    })

    it("answers init within 10 s, whenever the others start, if ever", () => {
      for (const seed of seeds(10)) {
        const { boot, ids, pass, random, txn } = start({ nodeCount: 2 + seed % 4, seed, loss: [0, 0.2][seed % 2]! })
        const delays = ids.map(() => random.below(15_000))
        const ready = new Map<number, ReturnType<typeof boot>>()
        for (let time = 0; time < 25_000; time += 100) {
          for (const [node, delay] of delays.entries()) {
            if (time >= delay && !ready.has(node)) ready.set(node, boot(node))
            if (time >= delay + 9000) assert.strictEqual(ready.get(node)?.body?.["type"], "init_ok", `seed ${seed}`)
          }
          pass(100)
        }
        pass(15_000)
        for (const [node] of ids.entries()) assert.deepStrictEqual(txn(node, [["w", "x", 1]]), [["w", "x", 1]])
      }
    })
  })
})
