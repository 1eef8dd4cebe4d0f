import { assert, describe, it } from "@effect/vitest"
import * as Challenges from "../../src/registry/Challenges.ts"
import * as Limits from "../../src/simulator/Limits.ts"
import type { Results } from "../../src/simulator/Results.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as Finding from "../../src/workloads/finding/Finding.ts"
import { seeds } from "../Seeds.ts"
import * as Told from "../Told.ts"

/** By what is run, since 3e is the run of 3d with other limits, and 6c that of 6b. */
const done = new Map<string, Results>()

const run = (challenge: Challenges.Challenge, seed: number): Results => {
  const { programName } = Challenges.subject(challenge)
  const key = JSON.stringify([challenge.workload, programName, challenge.options, seed])
  const options = Challenges.options(challenge, seed)
  const timeLimit = options.timeLimit / 4 // `npm start` does them in whole, as CI does
  const results = done.get(key) ?? Simulation.run({ ...options, timeLimit }).results()
  done.set(key, results)
  return results
}

describe("Challenges", () => {
  for (const challenge of Challenges.challenges) {
    it(`${challenge.id} ${challenge.workload} is valid, whatever the seed`, () => {
      for (const seed of seeds(1)) {
        const { findings, operations, valid } = Limits.judge(run(challenge, seed), challenge.limits)
        assert.deepStrictEqual({ seed, valid, findings }, { seed, valid: true, findings: [] })
        assert.isAbove(operations.count, 10)
      }
    })
  }

  it("a name means one run, or all those of a challenge", () => {
    const [first] = Challenges.challenges
    assert.isTrue(Challenges.isNamed(first!, "1"))
    assert.isFalse(Challenges.isNamed(first!, "2"))
    assert.isTrue(Challenges.isNamed({ ...first!, id: "3d" }, "3d"))
    assert.isTrue(Challenges.isNamed({ ...first!, id: "3d" }, "3"))
    assert.isFalse(Challenges.isNamed({ ...first!, id: "3d" }, "d"))
  })
})

describe("limits", () => {
  const results: Results = Simulation.run(Challenges.options(Challenges.challenges[0]!, 0)).results()
  const measured = (servers: number, median: number, max: number): Results => ({
    ...results,
    messagesPerOperation: { servers, all: servers },
    latencies: { median, p95: max, p99: max, max }
  })
  const lost = Finding.once("set", "lost", "maelstrom")
  const limits = { messagesPerOperation: 30, medianLatency: 400, maxLatency: 600 }

  it("must be undercut", () => {
    assert.isTrue(Limits.judge(measured(29.9, 399, 599), limits).valid)
    const { findings, valid } = Limits.judge(measured(30, 400, 600.1), limits)
    assert.isFalse(valid)
    assert.deepStrictEqual(Told.findings(findings), [
      "messages an operation: 30, not below 30",
      "median latency in ms: 400, not below 400",
      "maximum latency in ms: 600.1, not below 600"
    ])
  })

  it("what nobody limits is not judged", () => {
    assert.isTrue(Limits.judge(measured(1e6, 1e6, 1e6)).valid)
  })

  it("do not excuse what else was found", () => {
    const { findings, valid } = Limits.judge({ ...results, valid: false, findings: [lost] }, limits)
    assert.isFalse(valid)
    assert.deepStrictEqual(findings, [lost])
  })

  it("where values must spread, the time that it takes counts", () => {
    const figures = { stableLatencies: { "0.5": 350, "0.95": 500, "1": 550 } }
    const spread: Results = { ...measured(1, 0, 0), workload: { valid: true, findings: [], figures } }
    assert.deepStrictEqual(Limits.latency(spread), { median: 350, max: 550 })
    assert.isFalse(Limits.judge(spread, { maxLatency: 550 }).valid)
  })
})
