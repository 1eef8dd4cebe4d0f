import { assert, describe, it } from "@effect/vitest"
import * as Figures from "../../../bin/docs/Figures.ts"
import * as Challenges from "../../../src/registry/Challenges.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import { root } from "../GossipGirl.ts"

/** Challenges whose runs are short. `npm run docs -- --check` compares all. */
const short: ReadonlyArray<string> = ["1", "3a", "3b", "3c", "4"]

describe("the figures in the documents", () => {
  const kept = Figures.simulatedIn(root)

  it("are those of the runs: else npm run docs", () => {
    for (const [i, challenge] of Challenges.challenges.entries()) {
      if (!short.includes(challenge.id)) continue
      const { options, results } = Simulation.run(Challenges.options(challenge, 0))
      const { workload, ...measured } = results()
      const run = kept.challenges[i]! // they are kept in the order of the challenges
      assert.deepStrictEqual(Figures.costOf({ title: run.run, options, ...measured, ...workload }), run)
    }
  })

  it("are of every challenge, every shape and every size", () => {
    assert.lengthOf(kept.challenges, Challenges.challenges.length)
    assert.deepStrictEqual(kept.shapes.map(({ run }) => run), Figures.shapes)
    assert.lengthOf(kept.sizes, 8)
  })

  it("of real processes are of the same runs", () => {
    const named = ({ faults, nodes, run }: Figures.Cost) => ({ run, nodes, faults })
    assert.deepStrictEqual(Figures.realIn(root).challenges.map(named), kept.challenges.map(named))
  })

  it("of the benchmark are of one thing each", () => {
    const names = Figures.benchmarkIn(root).rows.map(({ name }) => name)
    assert.isNotEmpty(names)
    assert.strictEqual(new Set(names).size, names.length)
  })

  it("are of valid runs", () => {
    const run = Simulation.run({ ...Challenges.options(Challenges.challenges[0]!, 0), timeLimit: 1000 }) // there is one
    const { workload, ...measured } = run.results()
    const printed = { title: "broken", options: run.options, ...measured, ...workload, valid: false }
    assert.throws(() => Figures.costOf(printed), "broken is invalid")
  })
})
