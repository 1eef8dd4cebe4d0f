import { assert, describe, it } from "@effect/vitest"
import type { Json } from "../../../src/schema/Json.ts"
import * as Nemesis from "../../../src/simulator/faults/Nemesis.ts"
import type { Program } from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import type * as History from "../../../src/workloads/history/History.ts"
import * as Operations from "../../../src/workloads/history/Operations.ts"
import { check, UniqueIdsWorkload } from "../../../src/workloads/unique-ids/UniqueIdsWorkload.ts"
import { seeds } from "../../Seeds.ts"
import { programsOf } from "../../Subjects.ts"
import * as Told from "../../Told.ts"
import { leadsToOperations } from "../../wrong/Evidence.ts"
import * as Wrong from "../../wrong/UniqueIdsNodes.ts"

/** Five nodes, 60 s, five operations a second, unless told otherwise: Maelstrom's defaults. */
const run = (program: Program, options: Partial<Simulation.Options>) => {
  const simulation = Simulation.make({ ...Simulation.defaults, workload: UniqueIdsWorkload, program, ...options })
  assert.isTrue(simulation.work(10_000_000), `it never ends, seed ${options.seed}`)
  const results = Told.results(simulation.results())
  leadsToOperations(results.workload, simulation.history)
  return { ...results, history: simulation.history }
}

/** A third of challenge 2: three nodes, 10 s, a thousand operations a second, and total availability. */
const challenge: Partial<Simulation.Options> = {
  nodeCount: 3,
  concurrency: 3,
  rate: 1000,
  timeLimit: 10_000,
  availability: 1
}

const runs: Record<string, { readonly options: Partial<Simulation.Options>; readonly seeds: ReadonlyArray<number> }> = {
  "of default size": { options: {}, seeds: seeds(4) },
  "of default size, in which nodes are killed": {
    options: { nemesis: ["kill"], nemesisInterval: 2000 },
    seeds: seeds(4)
  },
  "like challenge 2": { options: { ...challenge, nemesis: ["partition"] }, seeds: seeds(2) },
  "like challenge 2, in which clocks jump": {
    options: { ...challenge, nemesis: ["clock"], nemesisInterval: 300 },
    seeds: seeds(2)
  }
}

/** What is wrong, the program, the run in which it is found, and whether it takes that run's fault. */
const wrong: ReadonlyArray<readonly [string, Program, keyof typeof runs, unlessDisturbed: boolean]> = [
  ["always the same", Wrong.constant, "of default size", false],
  ["counted by two nodes of the same name", Wrong.namesakes, "of default size", false],
  ["counted again from the beginning", Wrong.counter, "of default size, in which nodes are killed", true],
  ["taken from a clock that may go back", Wrong.forgetful, "like challenge 2, in which clocks jump", true],
  ["concatenated without separators", Wrong.concatenated, "like challenge 2", false]
]

const few = (seeds: ReadonlyArray<number>): ReadonlyArray<number> => seeds.slice(0, Math.ceil(seeds.length / 4))

const generators = Object.entries<Program>(programsOf("unique-ids"))

describe("UniqueIdsWorkload", () => {
  for (const [name, program, runName] of wrong) {
    const { options, seeds } = runs[runName]!
    it(`finds ids that are ${name}, in a run ${runName}: in all of ${seeds.length} seeds`, () => {
      for (const seed of seeds) {
        const { findings, workload } = run(program, { ...options, seed })
        assert.isFalse(workload.valid, `seed ${seed}`)
        assert.match(
          findings[0] ?? "",
          /^duplicate id: ".*" was handed out \d+ times: process \d+ at [\d.]+ ms, /,
          `seed ${seed}`
        )
      }
    })
  }

  for (const [name, program, runName] of wrong.filter(([, , , unlessDisturbed]) => unlessDisturbed)) {
    it(`finds nothing wrong with ids that are ${name}, as long as that does not happen`, () => {
      const { options, seeds } = runs[runName]!
      for (const seed of few(seeds)) {
        const { findings, valid } = run(program, { ...options, seed, nemesis: ["partition"] })
        assert.isTrue(valid, `seed ${seed}: ${findings.join("; ")}`)
      }
    })
  }

  for (const [name, program] of generators) {
    it(`finds nothing wrong with ${name}, in the same runs`, () => {
      for (const [runName, { options, seeds }] of Object.entries(runs)) {
        for (const seed of few(seeds)) {
          const { findings, operations, valid } = run(program, { ...options, seed })
          assert.isTrue(valid, `${runName}, seed ${seed}: ${findings.join("; ")}`)
          assert.isAbove(operations.ok, 100, `${runName}, seed ${seed}`)
        }
      }
    })

    const disturbed = (seed: number): Partial<Simulation.Options> => ({
      seed,
      concurrency: 10,
      rate: 20,
      timeLimit: 30_000,
      latency: { mean: 50, dist: "exponential" },
      nemesis: Nemesis.faults,
      nemesisInterval: 2000,
      scheduling: seed % 2 === 0 ? "fifo" : "random"
    })

    it(`finds nothing wrong with ${name}, under all faults, loss and duplicates`, () => {
      for (const seed of seeds(4)) {
        const { findings, okFraction, valid } = run(program, { ...disturbed(seed), loss: 0.1, duplicates: 0.1 })
        assert.isTrue(valid, `seed ${seed}: ${findings.join("; ")}`)
        assert.isAbove(okFraction, 0.6, `seed ${seed}`)
      }
    })

    it(`${name} is totally available whatever befalls the clocks and the links between nodes`, () => {
      for (const seed of seeds(3)) {
        const { findings, valid } = run(program, {
          ...disturbed(seed),
          nemesis: ["partition", "one-way", "clock"],
          latency: { mean: 50, dist: "uniform" },
          availability: 1
        })
        assert.isTrue(valid, `seed ${seed}: ${findings.join("; ")}`)
      }
    })
  }

  describe("the generator that concatenates node, a random number below 100 and microseconds", () => {
    it("is ambiguous: two nodes can say the same at the same moment, and one node at two", () => {
      const microseconds = Date.UTC(2026, 0, 1) * 1000
      assert.strictEqual(
        Wrong.concatenation(1, 12, microseconds),
        Wrong.concatenation(11, 2, microseconds),
        "n1 and n11: 1|12|… and 11|2|…"
      )
      // If time is counted from the start of the process, its digits grow in number, and take the random one's place:
      assert.strictEqual(
        Wrong.concatenation(1, 2, 31_234_567),
        Wrong.concatenation(1, 23, 1_234_567),
        "n1 after 31.2 s and after 1.2 s: 1|2|31234567 and 1|23|1234567"
      )

      const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, i) => i)
      /** How many beginnings of an id can mean two nodes. */
      const ambiguities = (nodes: number): number => {
        const beginnings = numbers(nodes).flatMap((node) => numbers(100).map((random) => `${node}${random}`))
        return beginnings.length - new Set(beginnings).size
      }
      assert.deepStrictEqual([3, 12, 25].map(ambiguities), [0, 10, 130])
    })

    it("needs no second node at rate 1000: a hundred names for the ids of a millisecond are too few", () => {
      const { history } = run(Wrong.concatenated, { ...challenge, seed: 0 })
      const firsts = new Map<Json, Operations.Completed>()
      let collisions = 0
      for (const operation of Operations.completed(history)) {
        const { completion, invoke } = operation
        const first = firsts.get(completion.value)
        if (first === undefined) {
          firsts.set(completion.value, operation)
        } else {
          collisions++
          assert.strictEqual(Number(invoke.process) % 3, Number(first.invoke.process) % 3, "at the same node")
          assert.isBelow(completion.time - first.completion.time, 1, "within a millisecond")
        }
      }
      assert.isAbove(collisions, 5)
    })
  })

  describe("check", () => {
    /** Operations, one after the other, that ended like this. */
    const history = (...ends: ReadonlyArray<readonly ["ok" | "fail" | "info", Json]>): History.History =>
      ends.flatMap(([type, value], i): History.History => [
        { index: 2 * i, time: i, process: i, type: "invoke", f: "generate", value: null },
        { index: 2 * i + 1, time: i, process: i, type, f: "generate", value }
      ])

    it("compares ids of any type by value", () => {
      const ids: ReadonlyArray<Json> = ["1", 1, "a", ["a"], ["a", 1], "a,1", null, false, 0, {}, [], { a: 1 }, {
        a: "1"
      }]
      assert.isTrue(Told.verdict(check(history(...ids.map((id) => ["ok", id] as const)))).valid)
      for (const id of ids) {
        const verdict = Told.verdict(check(history(...[...ids, id].map((id) => ["ok", id] as const))))
        assert.lengthOf(verdict.findings, 1, JSON.stringify(id))
      }
      assert.isFalse(Told.verdict(check(history(["ok", { a: 1, b: 2 }], ["ok", { b: 2, a: 1 }]))).valid)
    })

    it("counts what was handed out, not what failed or nobody knows", () => {
      const { figures, findings, valid } = Told.verdict(check(
        history(["ok", "a"], ["info", null], ["info", null], ["fail", null], ["fail", null], ["ok", "b"])
      ))
      assert.deepStrictEqual([valid, findings], [true, []])
      assert.deepStrictEqual<unknown>(figures, { attempted: 6, acknowledged: 2, duplicated: 0 })
    })

    it("says which id, how often, to whom and when, and counts each id once", () => {
      const { figures, findings } = Told.verdict(
        check(history(["ok", "a"], ["ok", "b"], ["ok", "a"], ["ok", "a"], ["ok", "b"]))
      )
      assert.deepStrictEqual(findings, [
        'duplicate id: "a" was handed out 3 times: process 0 at 0 ms, process 2 at 2 ms, process 3 at 3 ms; '
        + '"b" was handed out 2 times: process 1 at 1 ms, process 4 at 4 ms'
      ])
      assert.deepStrictEqual<unknown>(figures, { attempted: 5, acknowledged: 5, duplicated: 2 })
    })
  })
})
