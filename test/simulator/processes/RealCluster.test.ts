/**
 * Real processes in real time: nodes of other languages, nodes that go wrong, and that nothing of them is left. Nothing
 * sleeps: every wait is for an event, and a test that waits in vain runs into its timeout.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { registry } from "../../../src/registry/Registry.ts"
import * as RealCluster from "../../../src/simulator/processes/RealCluster.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import * as History from "../../../src/workloads/history/History.ts"
import * as Operations from "../../../src/workloads/history/Operations.ts"
import * as Told from "../../Told.ts"

const foreign = (name: string): string => join(import.meta.dirname, "../../foreign", name)

/** So long that a run never comes to its end by itself. */
const endless = 1_000_000

const run = (options: Partial<RealCluster.Options> & Pick<RealCluster.Options, "command">) =>
  RealCluster.run({
    ...Simulation.defaults,
    workload: registry.echo.workload,
    nodeCount: 2,
    concurrency: 2,
    rate: 50,
    timeLimit: endless,
    recovery: 200,
    ...options
  })

describe("RealCluster", { concurrent: true }, () => {
  // First of all, what takes longest: a client waits 5 s for a node that was killed, the bench 8 s for one that is silent.
  it.effect("this project's star survives partitions, kills and pauses of processes", () =>
    Effect.gen(function*() {
      const { history, results } = yield* run({
        command: { file: join(import.meta.dirname, "../../../dist/broadcast.js"), args: [] },
        workload: registry.broadcast.workload,
        nodeCount: 5,
        concurrency: 5,
        timeLimit: 1000,
        recovery: 8000, // as long as the node that is silent is waited for
        nemesis: ["partition", "one-way", "kill", "pause"],
        nemesisInterval: 200
      })
      assert.deepStrictEqual(results.findings, [])
      for (const f of ["start-partition", "stop-one-way", "start-kill", "stop-kill", "start-pause", "stop-pause"]) {
        assert.isTrue(history.some((event) => event.f === f), f)
      }
    }))

  it.effect("nodes that are not ready before they have heard from all others, more of them than start at a time", () =>
    Effect.gen(function*() {
      const progress: Array<number> = []
      const { results } = yield* run({
        onProgress: (done) => progress.push(done),
        command: { file: foreign("gathering.mjs"), args: [] },
        nodeCount: 2 * RealCluster.startsAtOnce + 1,
        timeLimit: 200,
        initTimeout: endless
      })
      assert.deepStrictEqual(results.findings, [])
      // To start them takes longer than clients work, but is none of that.
      assert.strictEqual(progress[0], 0)
      assert.deepStrictEqual(progress, progress.toSorted((a, b) => a - b))
    }))

  describe("a node that goes wrong ends the run, and is named with its last lines", { concurrent: true }, () => {
    const wroteEcho = /\n {2}\{"src":"n1","dest":"c\d","body":\{"type":"echo_ok"/
    const cases: ReadonlyArray<readonly [way: string, says: RegExp, shows: RegExp]> = [
      ["silent", /^n1 did not answer init: no reply in time\nif .* flush/, /standard error:\n {2}I would rather not$/],
      [
        "hasNoNewline",
        /^n1 did not answer init: no reply in time\n/,
        /no whole line.*\n.*without a newline.*\n {2}\{"src":"n1"/
      ],
      ["throws", /^n1 exited with code 1, at \d+\.\d{3} s\n/, /standard error:\n[^]*\n {2}Error: escaped\n/],
      ["exits", /^n1 exited with code 0, at /, /standard error:\n {2}that was all$/],
      ["aborts", /^n1 was killed by SIGABRT, at /, wroteEcho],
      [
        "prints",
        /^n1 wrote to standard output what is no message \(not JSON\), at .* s\n {2}DEBUG: got here\n.*write logs to standard error\n/,
        wroteEcho
      ],
      [
        "printsNothing",
        /^n1 wrote to standard output what is no message \(not JSON\), at .* s\n {2}\neach message ends with one newline, /,
        wroteEcho
      ],
      ["printsJson", /^n1 wrote to standard output what is no message \(.*\), at .* s\n {2}\[1\]\n/, wroteEcho],
      [
        "hasFieldTooMany",
        /^n1 wrote .* no message \(unexpected field time\), at /,
        /it wrote nothing to standard error$/
      ],
      ["forgesNobody", /^n1 wrote .* no message \(its src n7 does not exist\), at /, wroteEcho],
      ["hasNoInteger", /^n1 wrote .* no message \(its id is no integer\), at /, wroteEcho],
      ["sendsToNobody", /^n1 sent hello to n7, which does not exist, at /, wroteEcho],
      ["floods", /^n1 wrote .* no message \(longer than 16777216 characters\), at .* s\n {2}x{300}…\n/, wroteEcho],
      [
        "nests",
        /^n1 wrote .* no message \(nested deeper than 1000 levels\), at .* s\n {2}\{"src".*…\n/,
        wroteEcho
      ],
      ["malforms", /^n1 gave a malformed reply: unexpected field extra\n/, wroteEcho],
      ["refuses", /^n1 did not answer init: Crash \(13\): no\n/, /standard output:\n {2}\{"src":"n1"/]
    ]

    const impatient = new Set(["silent", "hasNoNewline"])
    for (const [way, says, shows] of cases) {
      it.effect(way, () =>
        Effect.gen(function*() {
          const command = { file: foreign("wrong.mjs"), args: [way] }
          const { results } = yield* run({ command, initTimeout: impatient.has(way) ? 8000 : 100_000 })
          assert.isFalse(results.valid)
          assert.lengthOf(results.findings, 1, Told.findings(results.findings).join("\n"))
          assert.match(Told.findings(results.findings)[0]!, says)
          assert.match(Told.findings(results.findings)[0]!, shows)
        }))
    }
  })

  describe("what does not end the run is told when it is over", { concurrent: true }, () => {
    const cases: ReadonlyArray<readonly [way: string, says: RegExp]> = [
      ["endsNoLine", /^n1 has not ended the line that it wrote at .* s\n[^]*without a newline.*\n {2}\{"src":"n1"/],
      [
        "forges",
        /^n1 sent hello to n0 in the name of c\d, at .* s: the src of what a node writes is the node itself\n[^]*"type":"hello"/
      ],
      [
        "asksStrangely",
        /^n1 sent lin-kv a request increment, at .* never answers: the types .* read, write, cas; n1 sent lin-kv a request ts, .*; 1 more$/
      ]
    ]
    for (const [way, says] of cases) {
      it.effect(way, () =>
        Effect.gen(function*() {
          const { results } = yield* run({ command: { file: foreign("wrong.mjs"), args: [way] }, timeLimit: 4000 })
          const told = Told.findings(results.findings.filter(({ rules }) => rules === "strict"))
          assert.lengthOf(told, 1)
          assert.match(told[0]!, says)
        }))
    }
  })

  describe("numbers that JavaScript has not", { concurrent: true }, () => {
    const runNumbers = (way: string, options: Partial<RealCluster.Options> = {}) =>
      run({
        command: { file: foreign("numbers.mjs"), args: [way] },
        workload: registry["unique-ids"].workload,
        timeLimit: 4000, // each number takes a few messages, however busy the machine is
        rate: 100,
        journal: true,
        ...options
      })

    it.effect("ids of 64 bits are told apart", () =>
      Effect.gen(function*() {
        const { history, messages, results } = yield* runNumbers("snowflakes")
        assert.deepStrictEqual(results.findings, [])
        assert.isAbove(results.operations.ok, 1)
        assert.strictEqual(results.operations.ok, results.operations.count)
        const ids = [...History.toText(history).matchAll(/"type":"ok","f":"generate","value":(\d{19})[,}]/g)]
        assert.strictEqual(new Set(ids.map(([, id]) => id)).size, results.operations.count)
        const replies = messages!.messages.filter(({ type }) => type === "generate_ok")
        assert.deepStrictEqual(new Set(replies.map(({ body }) => body)), new Set(ids.map(([, id]) => `{"id":${id}}`)))
        const { body, in_reply_to: reply, size, src } = replies[0]!
        const line = `{"src":"${src}","dest":"c0","body":{"type":"generate_ok","in_reply_to":${reply},${body.slice(1)}}`
        assert.strictEqual(size, line.length + 1)
      }))

    it.effect("and found if they are handed out again, as they were written", () =>
      Effect.gen(function*() {
        const { results } = yield* runNumbers("repeats")
        assert.lengthOf(results.findings, 1)
        assert.match(
          Told.findings(results.findings)[0]!,
          /^duplicate id: 1234567890123456789 was handed out \d+ times: /
        )
        assert.strictEqual(Told.results(results).workload.evidence[0]?.about, "1234567890123456789")
      }))

    it.effect("doubles are ids too", () =>
      Effect.gen(function*() {
        const { history, results } = yield* runNumbers("doubles", { nodeCount: 1 })
        assert.deepStrictEqual(results.findings, [])
        assert.include(History.toText(history), '"type":"ok","f":"generate","value":3.0}')
      }))

    it.effect("a counter that counts in doubles is malformed", () =>
      Effect.gen(function*() {
        const { results } = yield* runNumbers("", { workload: registry["g-counter"].workload, timeLimit: endless })
        assert.lengthOf(results.findings, 1)
        const reply = /^n\d gave a malformed reply: \{.*"value":3\.0\}, not of the form \{.*, "value": integer\}\n/
        assert.match(Told.findings(results.findings)[0]!, reply)
      }))

    it.effect("they pass from node to node, and through lin-kv, where they are compared", () =>
      Effect.gen(function*() {
        const { messages, results } = yield* runNumbers("stores")
        assert.deepStrictEqual(results.findings, [])
        assert.isAbove(results.operations.ok, 0)
        assert.strictEqual(results.operations.ok, results.operations.count)
        const bodies = messages!.messages.map(({ body }) => body)
        assert.isTrue(bodies.some((body) => /^\{"key":\d{19},"from":\d{19},"to":\d{19},/.test(body)))
        assert.isFalse(bodies.some((body) => body.includes("\u2060")))
      }))
  })

  it.effect("a file that the system does not run is no verdict", () =>
    Effect.gen(function*() {
      const file = join(mkdtempSync(join(tmpdir(), "gossip-girl-")), "node")
      writeFileSync(file, "#!/nowhere/at/all\n", { mode: 0o755 })
      const error = yield* Effect.flip(run({ command: { file, args: [] } }))
      assert.deepStrictEqual([error._tag, error.file], ["CannotStart", file])
    }))

  const languages = [["plain Node", foreign("broadcast.mjs")], ["Python", foreign("broadcast.py")]] as const
  const hasPython = spawnSync("python3", ["--version"]).status === 0
  if (!hasPython) console.warn("SKIPPED: no python3 here, so no node in Python is tried")

  for (const [language, file] of languages) {
    it.effect.skipIf(language === "Python" && !hasPython)(
      `broadcast in ${language} is valid`,
      () =>
        Effect.gen(function*() {
          const lines: Array<string> = []
          const { history, messages, results } = yield* run({
            command: { file, args: [] },
            workload: registry.broadcast.workload,
            nodeCount: 5,
            concurrency: 10,
            timeLimit: 1000,
            recovery: 6000, // however busy the machine is
            latency: { mean: 5, dist: "constant" },
            journal: true,
            onErrorLines: (node, some) => lines.push(...some.map((line) => `${node}: ${line}`))
          })
          assert.deepStrictEqual(results.findings, [])
          assert.isAbove(results.operationsByKind["broadcast"]!.count, 0)
          // In a grid of five, news passes each of five links at least once and at most twice.
          const broadcasts = results.operationsByKind["broadcast"]!.count
          assert.isAtLeast(results.network.servers.sent, 4 * broadcasts)
          assert.isAtMost(results.network.servers.sent, 10 * broadcasts)
          assert.sameMembers(lines, ["n0: I am n0", "n1: I am n1", "n2: I am n2", "n3: I am n3", "n4: I am n4"])
          assert.strictEqual(Operations.completed(history).length, results.operations.count)
          assert.strictEqual(messages?.messages.length, results.network.all.sent)
        })
    )
  }
})
