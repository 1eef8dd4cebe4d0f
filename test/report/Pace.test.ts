import { assert, describe, it } from "@effect/vitest"
import { registry } from "../../src/registry/Registry.ts"
import * as Pace from "../../src/report/Pace.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"

describe("Pace", () => {
  const run = (options: Partial<Simulation.Options>) => {
    const all = {
      ...Simulation.defaults,
      workload: registry["lin-kv"].workload,
      program: registry["lin-kv"].programs.proxy.program,
      nodeCount: 3,
      rate: 100,
      timeLimit: 4000,
      ...options
    }
    return { history: Simulation.run(all).history, options: all }
  }

  it("tells of a run that made fewer operations than were asked for, and of no other", () => {
    for (const seed of [1, 2, 3]) {
      assert.deepStrictEqual(Pace.lines(run({ seed, concurrency: 12 })), [])
      // two times 50 ms an operation, three clients
      const slow = run({ seed, concurrency: 3, latency: { mean: 50, dist: "constant" } })
      assert.match(
        Pace.lines(slow).join(),
        /^clients began (29|30|31) operations a second instead of 100: .* 3 of them/
      )
    }
  })

  it("of few operations nothing is told", () => {
    const slow = run({ concurrency: 3, latency: { mean: 50, dist: "constant" }, timeLimit: 1900 })
    assert.deepStrictEqual(Pace.lines(slow), [])
  })

  it("tells of a bench that was busy", () => {
    const at = (busyFraction: number) => Pace.lines(run({ concurrency: 12 }), busyFraction).join()
    assert.strictEqual(at(0.8), "")
    assert.strictEqual(at(0.93), "the bench was busy for 93 % of the time: latencies are partly its own")
  })
})
