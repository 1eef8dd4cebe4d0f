import { assert, describe, it } from "@effect/vitest"
import { registry } from "../../src/registry/Registry.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as Rules from "../../src/workloads/finding/Rules.ts"
import * as Wrong from "./All.ts"
import * as Beyond from "./Beyond.ts"
import * as Search from "./Search.ts"

describe("Search", () => {
  it("finds every node that is wrong on purpose within the seeds that it tries by default, and says which Maelstrom finds", () => {
    const beyond: Array<string> = []
    const seeds = Wrong.all.map(({ name, options }) => {
      const found = Search.find(options)
      assert.isDefined(found, name)
      assert.isNotEmpty(found.results().findings, `${name}, seed ${found.options.seed}`)
      const { findings } = found.results()
      if (Rules.judge({ ...found.options, rules: "maelstrom" }, findings) === "valid") beyond.push(name)
      return `${name} ${found.options.seed}`
    })
    assert.isAtLeast(seeds.length, 63)
    assert.deepStrictEqual(beyond, [...Beyond.beyond], "what Maelstrom's rules let pass")
    // oxlint-disable-next-line no-console
    console.info(`found with seed: ${seeds.join(", ")}`)
  })

  it("finds the first one, from the given seed on, or none", () => {
    const { programs: { central: { program } }, workload } = registry["unique-ids"]
    const options = { ...Simulation.defaults, workload, program, timeLimit: 1000, availability: 1 }
    assert.isUndefined(Search.find(options, 20))
    const lossy = { ...options, loss: 0.2 }
    const invalid = Array.from({ length: 30 }, (_, seed) => seed).filter((seed) =>
      !Simulation.run({ ...lossy, seed }).results().valid
    )
    assert.isAbove(invalid.length, 1)
    assert.isAbove(invalid[0]!, 0)
    assert.strictEqual(Search.find(lossy)?.options.seed, invalid[0])
    assert.strictEqual(Search.find({ ...lossy, seed: invalid[0]! + 1 })?.options.seed, invalid[1])
    assert.isUndefined(Search.find(lossy, invalid[0]))
  })
})
