import { assert, describe, it } from "@effect/vitest"
import { registry } from "../../src/registry/Registry.ts"
import { NodeId } from "../../src/schema/Address.ts"
import type { Script } from "../../src/simulator/faults/Script.ts"
import * as Shrink from "../../src/simulator/Shrink.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as Finding from "../../src/workloads/finding/Finding.ts"
import type * as History from "../../src/workloads/history/History.ts"
import * as Wrong from "../wrong/All.ts"

/** Shrinks to the end; answers the result, with the progress on the way. */
const shrink = (options: Simulation.Options, budget?: number) => {
  const steps = Shrink.shrink(options, budget)
  const progress: Array<Shrink.Progress> = []
  for (;;) {
    const step = steps.next()
    if (step.done === true) return { shrunk: step.value, progress }
    progress.push(step.value)
  }
}

const kindsOf = (options: Simulation.Options): ReadonlyArray<string> =>
  Simulation.run(options).results().findings.map(Shrink.kindOf)

const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, i) => i)

const nodes = new Map(Wrong.all.map(({ name, options }) => [name, options] as const))

/** The node, in how large a cluster, how many operations and faults remain, and what else happens in the beginning. */
const cases: ReadonlyArray<
  readonly [name: string, nodeCount: number, operations: number, faults: number, more?: Partial<Simulation.Options>]
> = [
  ["broadcast hasty", 2, 1, 1, { nemesis: ["partition", "one-way", "pause", "clock"], scheduling: "random" }],
  ["broadcast hasty", 2, 10, 0, { loss: 0.1, duplicates: 0.1, nemesis: [], latency: { mean: 20, dist: "uniform" } }],
  ["broadcast shunning", 5, 1, 0, { nemesis: ["partition"] }],
  ["broadcast wavering", 1, 4, 0, { concurrency: 10 }],
  ["broadcast inattentive", 1, 1, 0],
  ["g-set hastyGSet", 2, 1, 1],
  ["unique-ids counter", 1, 2, 1, { nemesis: ["partition", "kill", "clock"] }],
  ["echo forgetful", 1, 3, 0, { nodeCount: 3, loss: 0.1 }]
]

describe("Shrink", () => {
  for (const [name, nodeCount, operations, faults, more] of cases) {
    const given = more === undefined ? "" : `, given ${Object.keys(more).join(", ")}`
    it(`${name}${given}: ${nodeCount} nodes, at most ${operations} operations, ${faults} faults`, () => {
      const original = { ...nodes.get(name)!, seed: 3, ...more }
      const { progress, shrunk } = shrink(original)
      assert.isDefined(shrunk)
      const { kind, options } = shrunk
      assert.isTrue(shrunk.minimal)
      assert.include(kindsOf(original), kind)
      assert.include(kindsOf(options), kind)

      const { drawn, history } = Simulation.run(options)
      const left = {
        onlyOperations: options.onlyOperations ?? numbers(drawn().operations),
        onlyFaults: options.onlyFaults ?? numbers(drawn().faults)
      }
      const count = (of: (event: History.Event) => boolean): number => history.filter(of).length
      assert.strictEqual(options.nodeCount, nodeCount)
      assert.isAtMost(left.onlyOperations.length, operations)
      assert.strictEqual(left.onlyFaults.length, faults)
      assert.strictEqual(count(({ f }) => f.startsWith("start-")), faults)
      const final = [...options.workload.final?.(history) ?? []].length * options.concurrency
      assert.strictEqual(count(({ type }) => type === "invoke"), left.onlyOperations.length + final)

      // 1-minimal: nothing can be left out
      for (const key of ["onlyOperations", "onlyFaults"] as const) {
        for (const number of left[key]) {
          const less = { ...options, [key]: left[key].filter((other) => other !== number) }
          assert.notInclude(kindsOf(less), kind, `without ${key} ${number}`)
        }
      }

      // each step tells the smallest run that fails so far, and the last one is the result
      const smaller = new Set(progress.map(({ options }) => options))
      for (const options of smaller) assert.include(kindsOf(options), kind)
      assert.strictEqual(progress.length, shrunk.runs)
      // Where most is left to chance; it is the same search for all of them.
      if (more?.loss !== undefined || more?.scheduling !== undefined) {
        assert.deepStrictEqual(shrink(original).shrunk, shrunk, "the same again")
      }
    })
  }

  it("leaves out what is done by hand and has no part in it", () => {
    const [n0, n1, n2] = ["n0", "n1", "n2"].map((id) => NodeId.make(id)) as [NodeId, NodeId, NodeId]
    const cut = { deed: "cut", at: 300, drops: { [n0]: [n1, n2], [n1]: [n0, n2], [n2]: [n0, n1] } } as const
    const script: Script = [
      { deed: "clock", at: 100, node: n2, offset: 60_000 },
      { deed: "pause", at: 150, node: n1 },
      { deed: "resume", at: 200, node: n1 },
      cut,
      { deed: "clock", at: 2000, node: n0, offset: -60_000 }
    ]
    const original = { ...nodes.get("broadcast hasty")!, nodeCount: 3, nemesis: [], loss: 0, timeLimit: 3000, script }
    const { kind, minimal, options } = shrink(original).shrunk!
    assert.isTrue(minimal)
    assert.deepStrictEqual(options.script, [cut])
    assert.include(kindsOf(options), kind)
    assert.notInclude(kindsOf({ ...options, script: [] }), kind)
  })

  it("with few runs to spend gets less far, but ends and still fails", () => {
    const original = { ...nodes.get("broadcast wavering")!, seed: 3 }
    for (const budget of [2, 3, 10, 30]) {
      const { shrunk } = shrink(original, budget)
      assert.isDefined(shrunk)
      assert.isFalse(shrunk.minimal)
      assert.strictEqual(shrunk.runs, budget)
      assert.include(kindsOf(shrunk.options), shrunk.kind)
    }
  })

  it("a run that is valid is not shrunk", () => {
    const { programs: { echo: { program } }, workload } = registry.echo
    const options = { ...Simulation.defaults, workload, program, timeLimit: 1000 }
    assert.isUndefined(shrink(options).shrunk)
  })

  it("a run in which nothing could be judged is not chased, unless availability is asked for", () => {
    const { programs: { central: { program } }, workload } = registry["unique-ids"]
    const options = { ...Simulation.defaults, workload, program, nodeCount: 3, timeLimit: 1000, loss: 1 }
    assert.strictEqual(Simulation.run(options).results().validity, "unknown")
    assert.isUndefined(shrink(options).shrunk)
    assert.strictEqual(shrink({ ...options, availability: 0.5 }).shrunk?.kind, "run: not available")
  })

  it("prefers what is found because of what happens to what is found where nothing happens", () => {
    const { options } = shrink({ ...nodes.get("broadcast secretive")!, seed: 0 }).shrunk!
    assert.isNotEmpty(options.onlyOperations ?? [0])
    const stubborn = shrink(nodes.get("broadcast stubborn")!).shrunk!
    assert.strictEqual(stubborn.kind, "node: did not answer")
  })

  it("knows kinds of findings", () => {
    const of = (source: string, kind: string, about = {}) =>
      Shrink.kindOf(Finding.once(source, kind, "strict", Finding.example(["n1"], about)))
    assert.strictEqual(of("set", "lost", { value: 7 }), "set: lost")
    assert.strictEqual(of("node", "crashed", { cause: "Error", time: 5000 }), "node: crashed")
    assert.strictEqual(of("run", "never ok", { f: "read" }), "run: never ok read")
  })
})
