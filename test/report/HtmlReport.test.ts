import { assert, describe, it } from "@effect/vitest"
import { registry } from "../../src/registry/Registry.ts"
import { extract } from "../../src/report/Extract.ts"
import { html, json } from "../../src/report/Html.ts"
import { report } from "../../src/report/HtmlReport.ts"
import { outcomes, type ReportData } from "../../src/report/ReportData.ts"
import * as SpaceTime from "../../src/report/SpaceTime.ts"
import { storePage } from "../../src/report/StorePage.ts"
import { windows } from "../../src/report/Windows.ts"
import type * as Run from "../../src/simulator/Run.ts"
import * as Finding from "../../src/workloads/finding/Finding.ts"
import * as Wrong from "../wrong/BroadcastNodes.ts"
import * as Runs from "./Runs.ts"

const assets = { script: "let script = '</script>'", style: "/* style */" }

const faulty = Runs.run({
  workload: registry.broadcast.workload,
  program: registry.broadcast.programs.star.program,
  rate: 20,
  timeLimit: 4000,
  latency: { mean: 30, dist: "exponential" },
  nemesis: ["partition", "kill", "pause", "one-way"],
  nemesisInterval: 1000,
  loss: 0.1
})

const invalid = Runs.run({
  workload: registry.broadcast.workload,
  program: Wrong.forgetful,
  rate: 10,
  timeLimit: 10_000,
  latency: { mean: 20, dist: "constant" }
})

/** What is told of a few operations, in order, and messages, in the order of their sending. */
const data = (parts: Partial<ReportData>): ReportData => ({
  duration: 100,
  timeLimit: 100,
  nodes: ["n0", "n1", "n2"],
  findings: [],
  counted: 0,
  evidence: [],
  kinds: ["add", "read"],
  operations: [],
  faults: [],
  series: [],
  addresses: ["n0", "n1", "n2"],
  types: ["gossip"],
  messages: [],
  unrecorded: 0,
  hasJournal: true,
  ...parts
})

/** A delivered message, unless it took null. */
const message = (src: number, dest: number, sent: number, took: number | null = 10) =>
  [src, dest, 0, sent, took, took === null ? 2 : 0, 50, 0, null, null] as const
const operation = (start: number, duration: number, node = 0, outcome = 0, kind = 0) =>
  [start, duration, node, kind, outcome, 0, "1", ""] as const

describe("html", () => {
  it("escapes what it is given, but not what it has made", () => {
    assert.strictEqual(
      html`<p title="${"\"<&'>"}">${html`<b>${1}</b>`}${["<", html`<i>`]}${undefined}</p>`.text,
      '<p title="&quot;&lt;&amp;&#39;&gt;"><b>1</b>&lt;<i></p>'
    )
  })

  it("as JSON holds no tag, and the same values", () => {
    const value = { a: "</script><!--\u2028", b: [1, null] }
    assert.notMatch(json(value).text, /[<\u2028]/)
    assert.deepStrictEqual<unknown>(JSON.parse(json(value).text), value)
  })
})

describe("what a report draws", () => {
  it("has every operation and every message of the run", () => {
    const { addresses, kinds, messages, operations, types } = extract(faulty)
    const invocations = faulty.history.filter(({ process, type }) => process !== "nemesis" && type === "invoke")
    assert.deepStrictEqual(
      operations.map(([start, , node, kind]) => [start, addresses[node], kinds[kind]]),
      invocations.map(({ f, node, time }) => [time, node, f])
    )
    const { count, fail, info, ok } = faulty.results.operations
    const ended = (outcome: number): number => operations.filter((operation) => operation[4] === outcome).length
    assert.deepStrictEqual([ended(0), ended(1), ended(2), operations.length], [ok, fail, info, count])
    assert.deepStrictEqual(
      messages.map(([src, dest, type, sent]) => [addresses[src], addresses[dest], types[type], sent]),
      faulty.messages!.messages.map(({ dest, sent, src, type }) => [src, dest, type, sent])
    )
  })

  it("has faults from their beginning to their end, in words", () => {
    const { duration, faults } = extract(faulty)
    const starts = faulty.history.filter(({ f }) => f.startsWith("start-"))
    assert.lengthOf(faults, starts.length)
    for (const { end, start, what } of faults) {
      assert.isTrue(start <= end && end <= duration, what)
      assert.isAbove(what.length, 4)
    }
    assert.sameMembers([...new Set(faults.map(({ name }) => name))], ["partition", "kill", "pause", "one-way"])
    assert.isTrue(faults.some(({ what }) => / \| /.test(what)), "a partition by its sides")
  })

  it("has the operations that a finding is about", () => {
    const { evidence, findings, operations } = extract(invalid)
    assert.isNotEmpty(evidence)
    for (const { about, finding, operations: accused } of evidence) {
      assert.include(findings[finding], about)
      assert.isNotEmpty(accused)
      const isAbout = accused.some((index) => operations[index]![6] === about)
      assert.isTrue(isAbout || !findings[finding]!.startsWith("lost"), findings[finding])
    }
  })

  it("of a run without a journal has no messages, and says so", () => {
    const { hasJournal, messages } = extract(Runs.run({
      workload: registry.echo.workload,
      program: registry.echo.programs.echo.program,
      timeLimit: 1000,
      journal: false
    }))
    assert.deepStrictEqual([hasJournal, messages.length], [false, 0])
  })
})

describe("the page", () => {
  it("tells verdict, findings, options and the way to run it again, before any script", () => {
    const text = report({ ...invalid, title: "<title>", replay: "again & again" }, assets)
    for (const part of ["✗ invalid", "&lt;title&gt;", "again &amp; again", "lost: 0", "/* style */", "let script"]) {
      assert.include(text, part)
    }
    assert.include(report(faulty, assets), faulty.results.valid ? "✓ valid" : "✗ invalid")
  })

  it("leads to the playground, if that has an address", () => {
    const playground = { command: "play abc", address: "https://example.org/playground.html#abc" }
    assert.include(report({ ...invalid, playground }, assets), `<a href="${playground.address}">`)
    assert.include(report({ ...invalid, playground: { command: "play abc" } }, assets), "<code>play abc</code>")
    assert.notInclude(report(invalid, assets), "playground")
  })

  it("tells what is beyond Maelstrom under a heading of its own", () => {
    const [found] = invalid.results.findings
    const beyond = Finding.once("mine", "vanished", "strict", Finding.example(["n2"], { value: 8 }))
    const results = { ...invalid.results, rules: "maelstrom", findings: [beyond, found!] } as const
    const [before, after] = report({ ...invalid, results }, assets).split("<h3>What is beyond Maelstrom</h3>")
    assert.include(before, "lost: 0")
    assert.notInclude(before, "vanished: at n2")
    assert.include(after, "vanished: at n2")
    assert.include(after, "with --rules strict it does")
    assert.notInclude(report(invalid, assets), "beyond Maelstrom</h3>")
  })

  it("is closed by its own end tags alone, whatever it contains", () => {
    const evil = "</script><script>alert(1)</script>"
    const run: Run.Run = {
      ...invalid,
      results: { ...invalid.results, findings: [Finding.once("mine", evil, "strict")] },
      history: invalid.history.map((event) => ({ ...event, value: evil }))
    }
    const text = report(run, assets)
    assert.lengthOf(text.match(/<\/script>/g) ?? [], 2)
    assert.lengthOf(text.match(/<script/g) ?? [], 2)
  })
})

describe("the list of a store", () => {
  it("links reports, and tells runs that cannot be read apart", () => {
    const stored = (path: string, summary: Run.Summary | undefined, files: ReadonlyArray<string>) => ({
      path,
      time: 1e12,
      summary,
      files,
      logs: files.filter((name) => name.endsWith(".log"))
    })
    const text = storePage("store", [
      stored("broadcast/a b", invalid, ["report.html", "history.jsonl"]),
      stored("broadcast/c", faulty, ["results.json"]),
      stored("broadcast/<d>", undefined, ["results.json"]),
      stored("broadcast/e", undefined, ["history.jsonl", "n10.log", "n2.log"]),
      stored("broadcast/f", undefined, Array.from({ length: 25 }, (_, i) => `n${i}.log`))
    ], assets)
    assert.include(text, '<a href="/broadcast/a%20b/report.html">broadcast</a>')
    assert.include(text, "2001-09-09 01:46:40")
    assert.include(text, "5 runs, 1 invalid")
    assert.include(text, "broadcast/&lt;d&gt;")
    assert.include(text, ">its results cannot be read<")
    assert.include(text, ">interrupted<")
    assert.include(
      text,
      'logs: <a href="/broadcast/e/node-logs/n2.log">n2</a> <a href="/broadcast/e/node-logs/n10.log">n10</a>'
    )
    assert.include(text, ">interrupted, or still at work<")
    assert.include(text, "<summary>25 logs</summary>")
    assert.notInclude(text, "/broadcast/c/report.html")
    assert.notInclude(text, "<script")
    assert.include(storePage("store", [], assets), "no run yet")
  })
})

describe("windows", () => {
  it("count each operation once, where it ended, and its latency where it began", () => {
    const all = windows(
      data({ operations: [operation(0, 10), operation(5, 30), operation(20, 4, 0, 1), operation(99, 1)] }),
      10
    )
    assert.lengthOf(all, 10)
    assert.deepStrictEqual(all.map(({ quantiles }) => quantiles?.max), [30, ...Array(8).fill(undefined), 1])
    assert.deepStrictEqual(all.map(({ ended }) => ended[0]![0]), [0, 1, 0, 1, 0, 0, 0, 0, 0, 1])
    assert.strictEqual(all[2]!.ended[0]![outcomes.indexOf("fail")], 1)
  })

  it("are of a round length and no more than asked for", () => {
    for (const duration of [1, 7, 30_000, 30_001, 123_456]) {
      const all = windows(data({ duration }), 60)
      assert.isAtMost(all.length, 60)
      assert.isAtLeast(all.at(-1)!.end, duration * (1 - 1e-9))
      assert.match(all[0]!.end.toExponential(0), /^[125]e/)
    }
  })
})

describe("space and time", () => {
  it("finds what lasts at some moment of a range, however long ago it began", () => {
    const messages = [message(0, 1, 0, 90), message(0, 1, 1, 1), message(0, 1, 50, null), message(1, 2, 60, 30)]
    const inRange = SpaceTime.messagesIn(data({ messages }))
    assert.deepStrictEqual(inRange({ from: 0, to: 100 }), [0, 1, 2, 3])
    assert.deepStrictEqual(inRange({ from: 55, to: 59 }), [0])
    assert.deepStrictEqual(inRange({ from: 90.5, to: 99 }), [])
    assert.deepStrictEqual(inRange({ from: 50, to: 50 }), [0, 2])
    const operations = [operation(0, 80), operation(10, 10)]
    assert.deepStrictEqual(SpaceTime.operationsIn(data({ operations }))({ from: 70, to: 75 }), [0])
  })

  it("agrees with looking at every message of a run", () => {
    const of = extract(faulty)
    const inRange = SpaceTime.messagesIn(of)
    for (let from = 0; from < of.duration; from += 97) {
      const range = { from, to: from + 40 }
      const naive = of.messages.flatMap((message, index) => {
        const end = SpaceTime.arrival(message) ?? (SpaceTime.fateOf(message) === "under way" ? of.duration : message[3])
        return message[3] <= range.to && end >= range.from ? [index] : []
      })
      assert.deepStrictEqual(inRange(range), naive)
    }
  })

  it("sets operations at a node that last at the same time above each other", () => {
    const all = [operation(0, 10), operation(5, 10), operation(5, 1, 1), operation(10, 1), operation(12, 1)]
    assert.deepStrictEqual(SpaceTime.rows(all), [0, 1, 0, 0, 0])
  })

  it("knows the sides of a partition, the largest first", () => {
    const apart = { n0: ["n1", "n2"], n1: ["n0"], n2: ["n0"] }
    assert.deepStrictEqual(SpaceTime.sides(["n0", "n1", "n2"], apart), [1, 0, 0])
    assert.deepStrictEqual(SpaceTime.sides(["n0", "n1", "n2"], {}), [0, 0, 0])
    const ring = { n0: ["n1"], n1: ["n2"], n2: ["n3"], n3: ["n0"] }
    assert.deepStrictEqual(SpaceTime.sides(["n0", "n1", "n2", "n3"], ring), [0, 1, 0, 1])
  })

  it("knows what happened before and after: only by messages that arrived, along time", () => {
    const of = data({
      messages: [
        message(0, 1, 0), // arrives at 10
        message(1, 2, 5), // too early to know of it
        message(1, 2, 12), // arrives at 22
        message(2, 0, 15), // arrives at 25
        message(2, 0, 30, null), // lost
        message(2, 0, 40)
      ],
      operations: [
        operation(0, 1, 0),
        operation(11, 1, 1),
        operation(21, 0.5, 2),
        operation(23, 1, 2),
        operation(45, 1, 0)
      ]
    })
    const after = SpaceTime.happenedAround(of, 0, { from: 0, to: -Infinity })
    assert.deepStrictEqual([...after.messages], [0, 2, 5])
    assert.deepStrictEqual([...after.operations], [0, 1, 3, 4])
    const before = SpaceTime.happenedAround(of, 0, { from: Infinity, to: 26 })
    assert.sameMembers([...before.messages], [1, 3])
    assert.sameMembers([...before.operations], [0])
  })

  it("begins where a finding is, and never outside of the run", () => {
    const { evidence, operations } = extract(invalid)
    const { from, to } = SpaceTime.firstRange(extract(invalid))
    const [start] = operations[evidence[0]!.operations[0]!]!
    assert.isTrue(from <= start && start <= to)
    for (const  of of[data({}), extract(faulty), data({ duration: 1 })]) {
      const range = SpaceTime.firstRange(of)
      assert.isTrue(0 <= range.from && range.from < range.to && range.to <= of.duration, JSON.stringify(range))
    }
  })
})
