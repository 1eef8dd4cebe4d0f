import { assert, describe, it } from "@effect/vitest"
import { NodeId } from "../../../src/schema/Address.ts"
import type { Program } from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import { BroadcastWorkload } from "../../../src/workloads/broadcast/BroadcastWorkload.ts"
import * as Topology from "../../../src/workloads/broadcast/Topology.ts"
import { GSetWorkload } from "../../../src/workloads/g-set/GSetWorkload.ts"
import * as SetChecker from "../../../src/workloads/g-set/SetChecker.ts"
import * as History from "../../../src/workloads/history/History.ts"
import type { Memory } from "../../../src/workloads/history/Lives.ts"
import * as Operations from "../../../src/workloads/history/Operations.ts"
import * as Setting from "../../../src/workloads/Setting.ts"
import type { Workload } from "../../../src/workloads/Workload.ts"
import { seeds as seedsOf } from "../../Seeds.ts"
import * as Told from "../../Told.ts"
import * as Wrong from "../../wrong/BroadcastNodes.ts"
import { leadsToOperations } from "../../wrong/Evidence.ts"
import * as Table from "../../wrong/Table.ts"
import { drawing } from "../Draw.ts"

const seeds = seedsOf(3)

/** Challenge 3b, unless told otherwise: five nodes, 20 s, ten operations a second. */
const simulate = (program: Program, options: Partial<Simulation.Options> = {}): Simulation.Simulation => {
  const simulation = Simulation.make({
    ...Simulation.defaults,
    rate: 10,
    timeLimit: 20_000,
    latency: { mean: 20, dist: "exponential" },
    workload: BroadcastWorkload,
    program,
    ...options
  })
  assert.isTrue(simulation.work(10_000_000), `it never ends, seed ${options.seed}`)
  return simulation
}

const run = (program: Program, options: Partial<Simulation.Options> = {}): Told.Results => {
  const simulation = simulate(program, options)
  const results = Told.results(simulation.results())
  leadsToOperations(results.workload, simulation.history)
  return results
}

const partitions = { nemesis: ["partition"], nemesisInterval: 3000 } as const satisfies Partial<Simulation.Options>

const disturbed = (seed: number): Partial<Simulation.Options> => ({
  seed,
  nemesis: ["partition", "one-way", "pause", "clock"],
  nemesisInterval: 2000,
  loss: 0.1,
  duplicates: 0.1,
  scheduling: seed % 2 === 0 ? "fifo" : "random"
})

const wrong: ReadonlyArray<Table.Row> = [
  ["tells nobody", Wrong.secretive, /^missing at the end: /],
  [
    "tells everybody but one",
    Wrong.shunning,
    /^lost: .* missing from n4's read|^missing at the end: \d+ is not in what n4 /
  ],
  ["forgets after a while", Wrong.forgetful, /^lost: /],
  ["forgets after a while", Wrong.forgetful, /^vanished: /],
  [
    "acknowledges without storing",
    Wrong.inattentive,
    /^lost: 7, known since [\d.]+ ms, missing from n\d's read at [\d.]+ ms/
  ],
  ["loses what a partition drops", Wrong.hasty, /^missing at the end: /, partitions],
  ["loses what the network loses", Wrong.hasty, /^missing at the end: /, { loss: 0.05 }],
  ["invents a message", Wrong.inventive, /^read but never added before: -1 in what n\d answered/],
  ["answers messages before they are broadcast", Wrong.prophetic, /^read but never added before: \d+ in what n\d/],
  ["stores what it refuses", Wrong.insincere, /^read though refused: 7 in what n\d answered/],
  ["says a message twice", Wrong.stuttering, /^twice in one read: /],
  ["goes back", Wrong.wavering, /^vanished: \d+ is not in what n\d answered at [\d.]+ ms/, { rate: 40 }],
  ["does not answer at the end", Wrong.reticent, /^no final read: n1 answered none$/],
  ["does not take advice", Wrong.stubborn, /^n\d did not answer topology: TemporarilyUnavailable \(11\): not now$/]
]

describe("BroadcastWorkload", () => {
  Table.eachIsFound(wrong, seeds, run)

  it("finds only going back in a node that goes back, which Maelstrom does not mind", () => {
    for (const seed of seeds) {
      const { findings } = run(Wrong.wavering, { seed, rate: 40 })
      assert.lengthOf(findings, 1, `seed ${seed}: ${findings.join("\n")}`)
    }
  })

  it("finds nothing wrong with a node that loses what a partition drops, as long as there is none", () => {
    for (const seed of seeds) {
      const { findings } = run(Wrong.hasty, { seed })
      assert.isEmpty(findings, `seed ${seed}: ${findings.join("\n")}`)
    }
  })

  it("finds nothing wrong with a node that is right, whatever befalls nodes and network", () => {
    for (const seed of seeds) {
      for (const options of [{ seed, availability: 1 }, { seed, availability: 1, ...partitions }, disturbed(seed)]) {
        const { findings, operationsByKind, workload } = run(Wrong.right, options)
        assert.isEmpty(findings, `seed ${seed}: ${findings.join("\n")}`)
        assert.isAbove(operationsByKind["broadcast"]!.ok, 50)
        const acknowledged = workload.figures["acknowledged"]
        assert.isAtLeast(Number(workload.figures["stable"]), Number(acknowledged))
      }
    }
  })

  it("takes it as told, whether what dies with a node that is killed may be gone", () => {
    const historyOf = (program: Program, seed: number) =>
      simulate(program, { seed, nemesis: ["kill"], nemesisInterval: 1000, timeLimit: 30_000 }).history
    for (const seed of seeds) {
      const history = historyOf(Wrong.recovering, seed)
      const kinds = (memory: Memory) =>
        Told.verdict(SetChecker.check(history, { memory })).findings.map((text) => text.split(":")[0])
      assert.isEmpty(kinds("volatile"), `seed ${seed}`)
      assert.isAbove(
        Number(Told.verdict(SetChecker.check(history, { memory: "volatile" })).figures["excused"]),
        0,
        `seed ${seed}`
      )
      assert.deepStrictEqual(kinds("replicated"), ["lost"], `seed ${seed}`)
      assert.deepStrictEqual(kinds("durable"), ["lost", "vanished"], `seed ${seed}`)
      const { findings } = Told.verdict(SetChecker.check(historyOf(Wrong.right, seed), { memory: "volatile" }))
      assert.isNotEmpty(findings, `seed ${seed}: it tells nothing to who starts again`)
    }
  })

  it("is the same run for the same seed", () => {
    for (const seed of seeds.slice(0, 1)) {
      const [a, b] = [0, 1].map(() => History.toText(simulate(Wrong.right, disturbed(seed)).history))
      assert.strictEqual(a, b)
    }
  })

  describe("stable latency", () => {
    it("is bounded by a hop and the time between reads, where every node tells every other at once", () => {
      for (const seed of seeds.slice(0, 1)) { // some 500 operations, which differ as runs would
        const { findings, workload } = run(Wrong.right, {
          seed,
          nodeCount: 25,
          concurrency: 25,
          rate: 100,
          timeLimit: 5000,
          latency: { mean: 100, dist: "constant" }
        })
        assert.isEmpty(findings)
        const latencies = workload.figures["stableLatencies"] as Record<string, number>
        assert.isAtLeast(latencies["0.5"]!, 50, `seed ${seed}`)
        assert.isBelow(latencies["1"]!, 101, `seed ${seed}`)
        assert.deepStrictEqual(
          [latencies["0"]!, latencies["0.5"]!, latencies["0.95"]!, latencies["0.99"]!, latencies["1"]!],
          Object.values(latencies).toSorted((a, b) => a - b),
          `seed ${seed}`
        )
      }
    })
  })

  describe("operations", () => {
    const draw = (workload: Workload, seed: number) => {
      const next = drawing(workload, seed)
      return Array.from({ length: 2000 }, next)
    }

    it("are as many reads as broadcasts, in any order, of 0, 1, 2 and so on", () => {
      for (const seed of seeds) {
        const drawn = draw(BroadcastWorkload, seed)
        const broadcasts = drawn.filter(({ f }) => f === "broadcast")
        assert.isBelow(Math.abs(broadcasts.length - 1000), 112, `seed ${seed}`) // 5 deviations
        assert.isTrue(drawn.every(({ f, readOnly }) => readOnly ? f === "read" : f === "broadcast"))
        broadcasts.forEach(({ request, value }, i) => {
          assert.strictEqual(value, i)
          assert.deepStrictEqual(request, { type: "broadcast", message: i })
        })
        assert.deepStrictEqual(drawn.find(({ f }) => f === "read")!.request, { type: "read" })
      }
    })

    it("end with a read by every client", () => {
      const { history } = simulate(Wrong.right, { seed: 1, concurrency: 10 })
      const reads = Operations.completed(history).slice(-10)
      assert.strictEqual(new Set(reads.map(({ invoke }) => invoke.process)).size, 10)
      for (const { completion, invoke } of reads) {
        assert.isAtLeast(invoke.time, 30_000)
        assert.deepStrictEqual([invoke.f, completion.type], ["read", "ok"])
        assert.strictEqual(invoke.node, NodeId.make(`n${Number(invoke.process) % 5}`))
      }
    })

    it("of a g-set are the same by other names", () => {
      for (const seed of seeds.slice(0, 3)) {
        const broadcasts = draw(BroadcastWorkload, seed)
        draw(GSetWorkload, seed).forEach(({ f, request, value }, i) => {
          const { f: other, value: message } = broadcasts[i]!
          assert.strictEqual(f, other === "broadcast" ? "add" : other)
          assert.strictEqual(value, message)
          assert.deepStrictEqual<unknown>(request, f === "add" ? { type: "add", element: value } : { type: "read" })
        })
      }
    })
  })

  describe("setup", () => {
    const ids = [0, 1, 2, 3, 4].map((i) => NodeId.make(`n${i}`))

    it("tells every node who the neighbours of every node are", () => {
      for (const topology of Topology.names) {
        for (const node of ids) {
          const requests = BroadcastWorkload.set({ topology }).setup!(node, ids).map(({ request }) => request)
          const expected = { type: "topology", topology: Topology.make(topology, ids) }
          assert.deepStrictEqual<unknown>(requests, [expected], topology)
        }
      }
      assert.strictEqual(Setting.usualOf(BroadcastWorkload.settings).topology, "grid")
    })

    it("is no operation, but is counted as messages of clients", () => {
      for (const workload of [BroadcastWorkload, GSetWorkload]) {
        const program = workload === BroadcastWorkload ? Wrong.right : Wrong.rightGSet
        const { network, operations } = run(program, { workload })
        const init = 2 * 5
        const topology = workload === BroadcastWorkload ? 2 * 5 : 0
        assert.strictEqual(network.clients.sent, init + topology + 2 * operations.count)
        assert.strictEqual(network.clients.received, network.clients.sent)
      }
    })

    it("is over before the run begins, and none takes place if it fails", () => {
      const { history } = simulate(Wrong.right, { seed: 1 })
      assert.strictEqual(history[0]!.time, 0)
      assert.isTrue(history.every(({ f }) => f === "broadcast" || f === "read"))
      const failed = simulate(Wrong.stubborn, { seed: 1 })
      assert.isEmpty(failed.history)
      assert.strictEqual(Told.results(failed.results()).findings.filter((text) => text.includes("topology")).length, 5)
    })
  })
})

describe("GSetWorkload", () => {
  const workload = GSetWorkload

  it("finds nothing wrong with a node that is right, whatever befalls nodes and network", () => {
    for (const seed of seeds) {
      for (const options of [{ seed, availability: 1, ...partitions }, disturbed(seed)]) {
        const { findings, operationsByKind } = run(Wrong.rightGSet, { ...options, workload })
        assert.isEmpty(findings, `seed ${seed}: ${findings.join("\n")}`)
        assert.isAbove(operationsByKind["add"]!.ok, 50)
      }
    }
  })

  it("finds a node that loses what a partition drops", () => {
    for (const seed of seeds) {
      const { findings } = run(Wrong.hastyGSet, { seed, workload, ...partitions })
      assert.isTrue(findings.some((text) => text.startsWith("missing at the end")), `seed ${seed}`)
    }
  })
})
