import { assert, describe, it } from "@effect/vitest"
import { registry } from "../../src/registry/Registry.ts"
import * as Shrink from "../../src/simulator/Shrink.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import type * as History from "../../src/workloads/history/History.ts"
import * as Wrong from "../wrong/All.ts"

/** To the end, with what it says on the way. */
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

  it("prefers what is found because of what happens to what is found where nothing happens", () => {
    const { options } = shrink({ ...nodes.get("broadcast secretive")!, seed: 0 }).shrunk!
    assert.isNotEmpty(options.onlyOperations ?? [0])
    const stubborn = shrink(nodes.get("broadcast stubborn")!).shrunk!
    assert.strictEqual(stubborn.kind, "no value is stable")
  })

  it("knows kinds of findings", () => {
    for (
      const [finding, kind] of [
        ["lost: 7, known since 3.5 ms, missing from a read at 7 ms", "lost"],
        ["missing at the end: 4 in what n1 answered at 30000 ms; 5 in …", "missing at the end"],
        ["n4 crashed: Error: out of memory\n  at …, at 5.000 s", "n# crashed"],
        ["n0 sent gossip to c12, which does not exist, and is heard no more, at 1 s", "n# sent gossip to c#"],
        ['id "a:1, " was handed out 2 times: process 0 at 3 ms', "id … was handed out # times"],
        ["12 of 340 operations were not ok", "# of # operations were not ok"]
      ] as const
    ) assert.strictEqual(Shrink.kindOf(finding), kind)
  })
})

describe("a run of which only some comes to pass", () => {
  const options: Simulation.Options = {
    ...Simulation.defaults,
    workload: registry.broadcast.workload,
    program: registry.broadcast.programs.mesh.program,
    nemesis: ["partition"],
    nemesisInterval: 1000,
    rate: 20,
    timeLimit: 5000
  }
  /** What clients asked, without when. */
  const asked = (history: History.History) =>
    history.flatMap(({ f, process, time, type, value }) => type === "invoke" ? [{ f, value, process, time }] : [])

  it("is what it was, without the rest: operations at the same times by the same clients, of the same values", () => {
    for (let seed = 0; seed < 8; seed++) {
      const all = Simulation.run({ ...options, seed })
      const invoked = asked(all.history)
      assert.strictEqual(all.drawn().operations, invoked.length - 5, `seed ${seed}`)
      const onlyOperations = numbers(all.drawn().operations).filter((n) => n % 3 === 0)
      const some = Simulation.run({ ...options, seed, onlyOperations, onlyFaults: [1] })
      assert.deepStrictEqual(some.drawn(), all.drawn(), `seed ${seed}`)
      assert.deepStrictEqual(
        asked(some.history).slice(0, -5).map(({ f, time, value }) => ({ f, value, time })),
        onlyOperations.map((n) => invoked[n]!).map(({ f, time, value }) => ({ f, value, time })),
        `seed ${seed}`
      )
      const faults = (history: History.History) => history.filter(({ f }) => f === "start-partition")
      assert.deepStrictEqual(
        faults(some.history).map(({ time, value }) => ({ time, value })),
        faults(all.history).slice(1, 2).map(({ time, value }) => ({ time, value })),
        `seed ${seed}`
      )
    }
  })

  it("may be one in which nothing happens but the end", () => {
    const { history } = Simulation.run({ ...options, onlyOperations: [], onlyFaults: [] })
    assert.deepStrictEqual(asked(history).map(({ f }) => f), ["read", "read", "read", "read", "read"])
    assert.lengthOf(history, 10)
  })
})
