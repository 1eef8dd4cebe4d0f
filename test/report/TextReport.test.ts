import { assert, describe, it } from "@effect/vitest"
import * as Challenges from "../../src/registry/Challenges.ts"
import * as Report from "../../src/report/TextReport.ts"
import * as Findings from "../../src/simulator/Findings.ts"
import type { Results } from "../../src/simulator/Results.ts"
import type * as Run from "../../src/simulator/Run.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as Finding from "../../src/workloads/finding/Finding.ts"
import type { Verdict } from "../../src/workloads/finding/Verdict.ts"

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
const wrong = {
  valid: false,
  validity: "invalid",
  findings: [
    Finding.once("mine", "a value was lost", "maelstrom", Finding.example(["n1"], { value: 7 })),
    Finding.once("node", "crashed", "maelstrom", Finding.example(["n0"], { cause: "first\nsecond", time: 5000 }))
  ]
} as const satisfies Partial<Results>
const vanished = Finding.once("mine", "a value vanished", "strict", Finding.example(["n2"], { value: 8 }))
const lenient = { rules: "maelstrom", findings: [vanished] } as const satisfies Partial<Results>
const idle = {
  valid: false,
  validity: "unknown",
  findings: [Findings.run.once("never ok", Finding.example([], { f: "read" }))]
} as const satisfies Partial<Results>

const lines = (text: string): ReadonlyArray<string> => text.split("\n")

describe("table", () => {
  it("has a row for each run, aligned", () => {
    const [head, first, second, end] = lines(Report.table([run("1 echo"), run("22 a longer name")], plain))
    assert.match(head!, /^run +nodes +faults +operations +ok +msgs\/op +median ms +max ms +verdict$/)
    assert.match(first!, /^1 echo +1 +- +\d+ +100 % +0\.000 +0 +0 +valid$/)
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
    assert.include(row, "1.678 (< 30)")
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
      "  a value was lost: at n1, value 7",
      "  n0 crashed: first",
      "    second, at 5.000 s",
      "  Replay: replay bad",
      ""
    ])
  })

  it("tells what is beyond Maelstrom apart, of valid runs too, and how to make it count", () => {
    const text = Report.table([run("good", lenient), run("bad", { ...wrong, ...lenient })], plain)
    const beyond = [
      "good, beyond Maelstrom (this does not count; with --rules strict it does):",
      "  a value vanished: at n2, value 8",
      ""
    ]
    assert.deepStrictEqual(lines(text).slice(3, 7), ["", ...beyond])
    const both = { ...wrong, rules: "maelstrom", findings: [...wrong.findings, vanished] } as const
    const [, after] = Report.table([run("good", both)], plain).split("Replay: replay good\n")
    assert.deepStrictEqual(lines(after!), ["", ...beyond])
  })

  it("tells a run in which nothing could be judged from one that is wrong", () => {
    const text = Report.table([run("idle", idle)], plain)
    assert.match(text, / unknown\n/)
    assert.include(text, "\nidle could not be judged:\n  no read was ever ok\n  Replay: replay idle\n")
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

describe("single", () => {
  it("a row, and below it latencies and what the checker has counted, lists and moments left out", () => {
    const figures = {
      neverRead: 3,
      finalReads: [1],
      acceptable: "1..2",
      anomalies: { "G1c": 1 },
      worstLag: { lag: 7, time: 9 },
      stableLatencies: { "1": 9, "0.5": 4 }
    }
    const workload = { ...results.workload, figures }
    const text = Report.single(run("good", { workload, latencies: { median: 1, p95: 2, p99: 3, max: 4 } }), plain)
    assert.deepStrictEqual(lines(text).slice(2), [
      "",
      "latencies in ms, by quantile: 0.5: 1, 0.95: 2, 0.99: 3, 1: 4",
      "stable latencies in ms, by quantile: 0.5: 4, 1: 9",
      "the checker counted: never read 3, acceptable 1..2, anomalies G1c 1",
      ""
    ])
  })
})

describe("summary", () => {
  const costing = (seed: number, servers: number, median: number, max: number): Run.Summary =>
    run(`seed ${seed}`, {
      messagesPerOperation: { servers, all: 2 },
      latencies: { median, p95: max, p99: max, max }
    }, { options: { ...options, seed } })

  it("counts runs, and says between what their figures lie", () => {
    const runs = [costing(1, 2, 30, 400.4), costing(2, 1.234, 10, 300), costing(3, 3, 20, 500)]
    assert.deepStrictEqual(lines(Report.summary(runs, plain)), [
      `3 runs: 3 valid; ${3 * results.operations.count} operations, 100 % ok`,
      "",
      "                min    median       max   at seed",
      "msgs/op       1.234     2.000     3.000         3",
      "median ms        10        20        30         1",
      "max ms          300       400       500         3",
      ""
    ])
  })

  it("has a row for each count of the checkers, and no seed where all runs have the same", () => {
    const counting = (seed: number, figures: Verdict["figures"]): Run.Summary =>
      run(`seed ${seed}`, { workload: { ...results.workload, figures } }, { options: { ...options, seed } })
    const runs = [
      counting(1, { lost: 0, neverRead: 0 }),
      counting(2, { lost: 0, neverRead: 7 }),
      counting(3, { lost: 0, neverRead: 7, anomalies: { G1c: 1 } })
    ]
    assert.deepStrictEqual(lines(Report.summary(runs, plain)).slice(6), [
      "lost                  0         0         0         -",
      "never read            0         7         7         2",
      "anomalies G1c         0         0         1         3",
      ""
    ])
    assert.deepStrictEqual(Report.ranges(runs).counts["never read"], { min: 0, median: 7, max: 7, seedOfMax: 2 })
  })

  it("spells out the invalid ones, but of very many only how to replay them", () => {
    const text = Report.summary([run("seed 1"), run("seed 2", wrong)], plain)
    assert.match(text, /^2 runs: 1 valid, 1 invalid;/)
    assert.include(text, "\nseed 2 is invalid:\n  a value was lost: at n1, value 7\n")
    assert.notInclude(text, "seed 1")
    const many = Report.summary(Array.from({ length: 13 }, (_, seed) => run(`seed ${seed}`, wrong)), plain)
    assert.lengthOf([...many.matchAll(/is invalid:\n/g)], 10)
    assert.isTrue(many.endsWith([
      "\n3 more are invalid:",
      "  Replay: replay seed 10",
      "  Replay: replay seed 11",
      "  Replay: replay seed 12\n"
    ].join("\n")))
  })

  it("counts those apart in which nothing could be judged, and those that show what is beyond Maelstrom", () => {
    const text = Report.summary([run("seed 1", idle), run("seed 2", lenient), run("seed 3")], plain)
    assert.match(text, /^3 runs: 2 valid, 1 in which nothing could be judged;/)
    assert.include(text, "\nseed 1 could not be judged:\n")
    assert.isTrue(text.endsWith([
      "\n1 more show what is beyond Maelstrom; this does not count; with --rules strict it does:",
      "  Replay: replay seed 2\n"
    ].join("\n")))
  })

  it("of runs without operations has no figures", () => {
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
    assert.containSubset(JSON.parse(Report.json([run("good", lenient)])), {
      valid: true,
      runs: [{ rules: "maelstrom", validity: "valid", findings: [], beyondMaelstrom: [{ kind: "a value vanished" }] }]
    })
    assert.containSubset(JSON.parse(Report.json([run("idle", idle)])), {
      valid: false,
      runs: [{ validity: "unknown" }]
    })
  })
})
