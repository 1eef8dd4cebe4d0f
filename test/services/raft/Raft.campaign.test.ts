import { assert, describe, it } from "@effect/vitest"
import { quantile } from "../../../src/workloads/history/Sorted.ts"
import { seeds } from "../../Seeds.ts"
import * as Campaign from "./Campaign.ts"

/** What came of the runs, in a few lines. */
const summary = (runs: ReadonlyArray<Campaign.Run>): string => {
  const range = (times: ReadonlyArray<number>): string => {
    const sorted = times.toSorted((a, b) => a - b)
    return [0.5, 0.99, 1].map((part) => Math.round(quantile(sorted, part))).join(" / ")
  }
  const operations = runs.reduce((sum, { results }) => sum + results.operations.count, 0)
  const ok = runs.reduce((sum, { results }) => sum + results.operations.ok, 0)
  const scarce = runs.filter(({ results }) => results.validity === "unknown").length
  return [
    `${runs.length} runs, ${operations} operations, ${(100 * ok / operations).toFixed(1)} % ok`,
    `${scarce} runs in which the faults left no operation of some kind that was ok`,
    `from the last fault to the first ok, median / 99 % / max: ${range(runs.map(({ progress }) => progress.any))} ms`,
    `and to the first ok of every node: ${range(runs.map(({ progress }) => progress.all))} ms`
  ].join("\n")
}

describe("Programs over Raft, under all faults", { timeout: 1e8 }, () => {
  it("lose nothing that was acknowledged, and go on within 2 s after the last fault", () => {
    const runs = seeds(12).map((seed) => {
      const run = Campaign.run(seed)
      const { name, progress, results } = run
      assert.notStrictEqual(results.validity, "invalid", `${name}, seed ${seed}: ${JSON.stringify(results.findings)}`)
      assert.isAtMost(progress.any, Campaign.recovery, `${name}, seed ${seed}: nobody was answered with ok`)
      assert.isBelow(progress.all, Infinity, `${name}, seed ${seed}: somebody was never answered with ok`)
      return run
    })
    if (process.env["SEEDS"] !== undefined) console.info(summary(runs))
  })
})
