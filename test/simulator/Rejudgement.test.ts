import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { registry } from "../../src/registry/Registry.ts"
import * as Rejudgement from "../../src/simulator/Rejudgement.ts"
import * as Run from "../../src/simulator/Run.ts"
import * as Finding from "../../src/workloads/finding/Finding.ts"
import * as History from "../../src/workloads/history/History.ts"
import * as Runs from "../report/Runs.ts"

const { broadcast, "g-counter": counter, kafka, "txn-rw-register": registers } = registry

/** The run as it comes back from a store. */
const stored = (run: Run.Run): Run.Run => ({
  ...Result.getOrThrow(Run.fromJson(Run.toJson(run))),
  history: Result.getOrThrow(History.fromLines([...History.lines(run.history)]))
})

const settings = { rate: 50, timeLimit: 2000, recovery: 1000, nodeCount: 3, concurrency: 3 }

describe("Rejudgement", () => {
  it("by the same rules a run that was stored is judged as it was", () => {
    for (
      const run of [
        Runs.run({ ...settings, workload: broadcast.workload, program: broadcast.programs.star.program }),
        Runs.run({ ...settings, workload: counter.workload, program: counter.programs.star.program, availability: 1 }),
        Runs.run({ ...settings, workload: kafka.workload, program: counter.programs.star.program }),
        Runs.run({
          ...settings,
          workload: registers.workload,
          program: broadcast.programs.star.program,
          rules: "maelstrom"
        })
      ]
    ) {
      const { workload } = registry[run.workload as keyof typeof registry] // it comes from there
      const again = Rejudgement.make(stored(run), workload, run.options)
      assert.deepStrictEqual(Run.encode(again), Run.encode(run), run.workload)
    }
  })

  it("by other rules other findings count", () => {
    const run = Runs.run({ ...settings, workload: broadcast.workload, program: broadcast.programs.star.program })
    const finding = Finding.once("node", "malformed reply", "strict", Finding.example(["n0"], {}))
    const odd = stored({ ...run, results: { ...run.results, findings: [finding] } })
    const validity = (rules: "maelstrom" | "strict") =>
      Rejudgement.make(odd, broadcast.workload, { ...run.options, rules }).results.validity
    assert.deepStrictEqual([validity("maelstrom"), validity("strict")], ["valid", "invalid"])
  })

  it("a run of processes that broke off stays so", () => {
    const run = Runs.run({ ...settings, workload: broadcast.workload, program: broadcast.programs.star.program })
    const { scheduling: _, ...options } = run.options
    const finding = Finding.once("node", "exited", "maelstrom", Finding.example(["n0"], { code: 1 }))
    const broken = stored({ ...run, options, results: { ...run.results, findings: [finding], validity: "invalid" } })
    const { results } = Rejudgement.make(broken, broadcast.workload, options)
    assert.deepStrictEqual([results.findings, results.validity, results.workload.figures], [[finding], "invalid", {}])
  })
})
