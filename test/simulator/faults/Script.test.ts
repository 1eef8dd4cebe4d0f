import { assert, describe, it } from "@effect/vitest"
import * as Registry from "../../../src/registry/Registry.ts"
import { NodeId } from "../../../src/schema/Address.ts"
import type { Json } from "../../../src/schema/Json.ts"
import type { Deed } from "../../../src/simulator/faults/Script.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"

const ask = (type: string, fields: Readonly<Record<string, Json>>, at = 1000, node = "n1"): Deed => ({
  deed: "ask",
  at,
  node: NodeId.make(node),
  type,
  fields
})

const run = (workload: Registry.WorkloadName, script: ReadonlyArray<Deed>) =>
  Simulation.run({
    ...Simulation.defaults,
    ...Registry.find(workload)!,
    nodeCount: 2,
    concurrency: 2,
    rate: 30,
    timeLimit: 3000,
    recovery: 2000,
    script
  })

describe("Operations by hand", () => {
  for (const name of Registry.workloadNames) {
    it(`of ${name} are asked in their time, and the verdict counts them`, () => {
      const asks = Registry.registry[name].workload.byHand!.map(({ example, type }, i) =>
        ask(type, example(i), 1000 + i)
      )
      const simulation = run(name, asks)
      const { findings, operations, validity } = simulation.results()
      assert.strictEqual(validity, "valid", JSON.stringify(findings))
      const byHand = simulation.history.filter(({ process, time, type }) =>
        type === "invoke" && typeof process === "number" && process % (2 + asks.length) >= 2 && time < 3000
      )
      assert.deepStrictEqual(
        byHand.map(({ node, time }) => ({ node, time })),
        asks.map(({ at }) => ({ node: NodeId.make("n1"), time: at }))
      )
      assert.strictEqual(
        operations.count,
        simulation.history.filter(({ type }) => type === "invoke").length
      )
    })
  }

  it("leave those that are drawn as they are", () => {
    const drawn = (script: ReadonlyArray<Deed>) =>
      run("broadcast", script).history.flatMap(({ f, node, process, time, type }) =>
        type === "invoke" && typeof process === "number" && process < 2 ? [[f, node, time]] : []
      )
    assert.deepStrictEqual(drawn([ask("broadcast", { message: "mine" })]), drawn([]))
  })

  it("reach nobody when clients have stopped, nor who is no node of the cluster", () => {
    const asks = [ask("read", {}, 3000), ask("read", {}, 1000, "n7")]
    assert.deepStrictEqual(run("broadcast", asks).history, run("broadcast", []).history)
  })

  it("that the workload does not have are refused", () => {
    assert.throws(
      () => run("broadcast", [ask("add", {})]),
      "broadcast has no operation add; it has broadcast, read"
    )
    assert.throws(() => run("g-counter", [ask("add", { delta: -1 })]), /add \{"delta":-1\} is no request of g-counter/)
  })
})
