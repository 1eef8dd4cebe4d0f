import { assert, describe, it } from "@effect/vitest"
import * as Challenges from "../src/bench/Challenges.ts"
import * as Report from "../src/bench/Report.ts"
import type { Results } from "../src/bench/Results.ts"
import type * as Run from "../src/bench/Run.ts"
import * as Simulation from "../src/bench/Simulation.ts"

const plain = { colour: false }
const options = Challenges.options(Challenges.challenges[0]!, 0)
const results: Results = Simulation.run(options).results()

const run = (title: string, changes: Partial<Results> = {}, more: Partial<Run.Summary> = {}): Run.Summary => ({
  title,
  workload: "echo",
  program: "echo",
  options,
  results: { ...results, ...changes },
  replay: `replay ${title}`,
  ...more
})
const wrong = { valid: false, findings: ["a value was lost", "n0 crashed: first\nsecond"] }

const lines = (text: string): ReadonlyArray<string> => text.split("\n")

describe("table", () => {
  it("has a row for each run, aligned", () => {
    const [head, first, second, end] = lines(Report.table([run("1 echo"), run("22 a longer name")], plain))
    assert.match(head!, /^run +nodes +faults +operations +ok +msgs\/op +median ms +max ms +verdict$/)
    assert.match(first!, /^1 echo +1 +- +\d+ +100 % +0\.00 +0 +0 +valid$/)
    assert.strictEqual(end, "")
    for (const row of [first!, second!]) {
      assert.strictEqual(row.indexOf("valid"), head!.indexOf("verdict"))
      assert.strictEqual(row.indexOf("100 %") + "100 %".length, head!.indexOf(" ok ") + " ok".length)
    }
  })

  it("tells all faults, and limits beside what they limit", () => {
    const row = lines(Report.table([
      run("x", { messagesPerOperation: { servers: 1.678, all: 3 } }, {
        options: { ...options, nemesis: ["partition", "kill"], loss: 0.1, duplicates: 0.05 },
        limits: { messagesPerOperation: 30, maxLatency: 600 }
      })
    ], plain))[1]!
    assert.include(row, "partition, kill, loss 10 %, duplicates 5 %")
    assert.include(row, "1.68 (< 30)")
    assert.include(row, "0 (< 600)")
  })

  it("says 100 % only when it is all", () => {
    assert.include(Report.table([run("x", { okFraction: 0.999_999 })], plain), " 99.99 %")
    assert.include(Report.table([run("x", { okFraction: 0.29 })], plain), " 29 %")
  })

  it("lists below what speaks against a run, and how to replay it", () => {
    const text = Report.table([run("good"), run("bad", wrong)], plain)
    assert.deepStrictEqual(lines(text).slice(3), [
      "",
      "bad is invalid:",
      "  a value was lost",
      "  n0 crashed: first",
      "    second",
      "  Replay: replay bad",
      ""
    ])
  })

  it("colour adds escape sequences and changes nothing else", () => {
    const runs = [run("good"), run("bad", wrong)]
    const coloured = Report.table(runs, { colour: true })
    assert.include(coloured, "\u001b[32mvalid\u001b[0m\n")
    assert.include(coloured, "\u001b[31mINVALID\u001b[0m\n")
    // oxlint-disable-next-line no-control-regex
    assert.strictEqual(coloured.replaceAll(/\u001b\[\d+m/g, ""), Report.table(runs, plain))
    assert.notInclude(Report.table(runs, plain), "\u001b")
  })
})

describe("summary", () => {
  it("counts runs and spells out the invalid ones", () => {
    const count = results.operations.count
    assert.strictEqual(
      Report.summary([run("seed 1"), run("seed 2")], plain),
      `2 runs: 2 valid; ${2 * count} operations, 100 % ok, 0.00 msgs/op, at most 0 ms\n`
    )
    const text = Report.summary([run("seed 1"), run("seed 2", wrong)], plain)
    assert.match(text, /^2 runs: 1 valid, 1 invalid;/)
    assert.include(text, "\nseed 2 is invalid:\n")
    assert.notInclude(text, "seed 1")
  })

  it("of runs without operations has no averages", () => {
    const none = { operations: { count: 0, ok: 0, fail: 0, info: 0 } }
    assert.strictEqual(Report.summary([run("seed 1", none)], plain), "1 runs: 1 valid; 0 operations\n")
  })
})

describe("json", () => {
  it("is one document with all that a table tells", () => {
    const document: unknown = JSON.parse(Report.json([run("good"), run("bad", wrong)]))
    assert.containSubset(document, {
      valid: false,
      runs: [
        { title: "good", valid: true, findings: [], replay: "replay good" },
        {
          title: "bad",
          ...wrong,
          options: { workload: "echo", program: "echo", seed: 0, nodeCount: 1, timeLimit: 10_000 },
          okFraction: 1,
          messagesPerOperation: { servers: 0 }
        }
      ]
    })
    assert.containSubset(JSON.parse(Report.json([run("good")])), { valid: true })
  })
})
