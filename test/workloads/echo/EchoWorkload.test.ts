import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { registry } from "../../../src/registry/Registry.ts"
import { ClientId } from "../../../src/schema/Address.ts"
import { EchoProtocol } from "../../../src/schema/EchoProtocol.ts"
import type { Json } from "../../../src/schema/Json.ts"
import { Node } from "../../../src/services/node/Node.ts"
import * as Nemesis from "../../../src/simulator/faults/Nemesis.ts"
import type { Program } from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import { check, EchoWorkload } from "../../../src/workloads/echo/EchoWorkload.ts"
import * as ExactNumbers from "../../../src/workloads/history/ExactNumbers.ts"
import type * as History from "../../../src/workloads/history/History.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds as seedsOf } from "../../Seeds.ts"
import * as Told from "../../Told.ts"
import * as Wrong from "../../wrong/EchoNodes.ts"
import { leadsToOperations } from "../../wrong/Evidence.ts"

const seeds = seedsOf(8)

/** Challenge 1, unless told otherwise: one node, 10 s, five operations a second. */
const run = (program: Program, options: Partial<Simulation.Options> = {}): Told.Results => {
  const simulation = Simulation.make({
    ...Simulation.defaults,
    nodeCount: 1,
    timeLimit: 10_000,
    availability: 1,
    workload: EchoWorkload,
    program,
    ...options
  })
  assert.isTrue(simulation.work(1_000_000), `it never ends, seed ${options.seed}`)
  const results = Told.results(simulation.results())
  leadsToOperations(results.workload, simulation.history)
  return results
}

/** Right, but slow to begin. */
const slowToServe: Program = Effect.andThen(Effect.delay(Node, "6 seconds"), registry.echo.programs.echo.program)

const allFaults = (seed: number): Partial<Simulation.Options> => ({
  seed,
  nodeCount: 5,
  rate: 20,
  timeLimit: 30_000,
  availability: 0,
  nemesis: Nemesis.faults,
  nemesisInterval: 2000,
  latency: { mean: 100, dist: "exponential" },
  loss: 0.1,
  duplicates: 0.1,
  scheduling: seed % 2 === 0 ? "fifo" : "random"
})

/** Whatever else is wrong with it as well. Without availability, so that it cannot be that alone. */
const wrong: Record<string, readonly [program: Program, finding: RegExp, config?: Record<string, string>]> = {
  "answers something else": [Wrong.changed, /^process \d+ said ".*" and heard \[".*"\]/],
  "answers what was said before": [Wrong.stale, /^process \d+ said ".*" and heard ".*"/],
  "adds a field to its reply": [Wrong.talkative, /^no echo was ever ok: \d+ times malformed reply: .* from n0$/],
  "lacks a field in its reply": [Wrong.taciturn, /^no echo was ever ok: \d+ times malformed reply: .* from n0$/],
  "never answers": [Wrong.silent, /^no echo was ever ok: \d+ times no reply in time from n0$/],
  "answers two of three": [Wrong.forgetful, /^process \d+ said ".*" and heard no echo: no reply in time/],
  "answers a client that is gone": [
    Wrong.late,
    /^n0 sent echo_ok to c\d+ too late, at \d.* waited 5 s and left; the reply came 0.5 s later/,
    Wrong.lateConfig
  ],
  "speaks to a client that is gone": [Wrong.haunted, /^n0 sent gossip to c\d+, which had left/],
  "speaks to a node that does not exist": [Wrong.astray, /^n0 sent gossip to n99, which does not exist/],
  "crashes": [Wrong.crashing, /^n0 crashed: Error: out of memory[^]*, at 5.000 s$/],
  "exits": [Wrong.exiting, /^n0 exited, at 5.000 s$/],
  "crashes before it has answered init": [Wrong.stillborn, /^n0 crashed: Error: no such file[^]*, at 0.000 s$/],
  "never answers init": [Wrong.neverReady, /^n0 did not answer init: no reply in time$/]
}

describe("EchoWorkload", () => {
  for (const [name, [program, finding, config = {}]] of Object.entries(wrong)) {
    it(`finds a node that ${name}: in all of ${seeds.length} seeds`, () => {
      for (const seed of seeds) {
        const { findings, valid } = run(program, { seed, config, availability: 0 })
        assert.isFalse(valid, `seed ${seed}`)
        assert.isTrue(findings.some((text) => finding.test(text)), `seed ${seed}: ${findings.join("; ")}`)
      }
    })
  }

  it("nobody hears a node any more that has spoken to somebody who does not exist", () => {
    for (const seed of seeds) {
      const { operations } = run(Wrong.astray, { seed })
      assert.strictEqual(operations.ok, 0, `seed ${seed}`)
    }
  })

  it("a node does not answer a client that is gone unless it is made to believe that clients wait longer", () => {
    for (const seed of seeds) {
      const { findings } = run(Wrong.late, { seed, availability: 0 })
      const heard = findings.filter((finding) => !/heard no echo: no reply in time(; \d+ more)?$/.test(finding))
      assert.lengthOf(heard, 1, `seed ${seed}`)
      assert.match(heard[0]!, /^no echo was ever ok: \d+ times no reply in time from n0$/, `seed ${seed}`)
    }
  })

  it("forgives a node that was paused a late reply, since it cannot know, but nothing else", () => {
    let late = 0
    for (const seed of seeds) {
      const paused: Partial<Simulation.Options> = {
        seed,
        rate: 20,
        timeLimit: 30_000,
        availability: 0,
        nemesis: ["pause"]
      }
      const { findings, operations } = run(registry.echo.programs.echo.program, paused)
      assert.isEmpty(findings, `seed ${seed}`)
      late += operations.info

      const astray = run(Wrong.astray, paused).findings
      assert.isTrue(astray.some((text) => text.includes("n99, which does not exist")), `seed ${seed}`)
    }
    assert.isAbove(late, seeds.length, "there were pauses longer than a client waits")
  })

  it("finds nothing wrong with a node that is right, in the same runs", () => {
    for (const seed of seeds) {
      const { findings, operations, valid } = run(registry.echo.programs.echo.program, { seed })
      assert.isTrue(valid, `seed ${seed}: ${findings.join("; ")}`)
      assert.isTrue(operations.ok === operations.count && operations.count > 20, `seed ${seed}`)
    }
  })

  it("finds nothing wrong with a node that is right, under all faults, loss and duplicates", () => {
    for (const seed of seeds) {
      const { findings, okFraction, valid } = run(registry.echo.programs.echo.program, allFaults(seed))
      assert.isTrue(valid, `seed ${seed}: ${findings.join("; ")}`)
      assert.isAbove(okFraction, 0.8, `seed ${seed}`)
    }
  })

  it("is totally available whatever befalls the network and the clocks", () => {
    for (const seed of seeds) {
      const { findings, valid } = run(registry.echo.programs.echo.program, {
        ...allFaults(seed),
        nemesis: ["partition", "one-way", "clock"],
        availability: 1
      })
      assert.isTrue(valid, `seed ${seed}: ${findings.join("; ")}`)
    }
  })

  describe("check", () => {
    const history = (type: "ok" | "fail" | "info", said: Json, heard: Json): History.History => [
      { index: 0, time: 0, process: 0, type: "invoke", f: "echo", value: said },
      { index: 1, time: 1, process: 0, type, f: "echo", value: heard }
    ]

    it("compares by value", () => {
      assert.isTrue(
        Told.verdict(check(history("ok", { a: [1, { b: null }], c: "x" }, { c: "x", a: [1, { b: null }] }))).valid
      )
      for (const [said, heard] of [["1", 1], [null, false], [[1, 2], [2, 1]], [{ a: 1 }, { a: 1, b: 2 }]] as const) {
        assert.isFalse(Told.verdict(check(history("ok", said, heard))).valid, JSON.stringify([said, heard]))
      }
    })

    it("takes no answer for a wrong answer, unless nodes were killed or paused", () => {
      assert.isTrue(Told.verdict(check([])).valid)
      for (const type of ["fail", "info"] as const) {
        const unanswered = history(type, "a", "a")
        assert.isFalse(Told.verdict(check(unanswered)).valid)
        for (const [f, excuses] of [["start-kill", true], ["start-pause", true], ["start-partition", false]] as const) {
          const fault = { index: 2, time: 0, process: "nemesis", type: "info", f, value: [] } as const
          assert.strictEqual(Told.verdict(check([...unanswered, fault])).valid, excuses, f)
        }
      }
    })
  })

  it("the id of a reply is a whole number, of whatever size, or missing", () => {
    const { outcome, value } = EchoWorkload.generator(SeededRandom.make(0), { nodeCount: 1, workers: 1 })(
      ClientId.make("c0"),
      0
    )
    const typeWith = (id: string): string => {
      const line = `{"type":"echo_ok","in_reply_to":1,"echo":${JSON.stringify(value)}${id}}`
      const ended = outcome(JSON.parse(ExactNumbers.read(line)))
      return "type" in ended ? ended.type : "goes on"
    }
    for (const id of ["", ...["0", "-1", "7", "18446744073709551615"].map((id) => `,"msg_id":${id}`)]) {
      assert.strictEqual(typeWith(id), "ok", id)
    }
    for (const id of ["null", "1.0", "1.5", '"1"', "[1]"]) assert.strictEqual(typeWith(`,"msg_id":${id}`), "info", id)
  })

  it("a request that was held for longer than its client waits is not answered", () => {
    for (const seed of seeds) {
      const { findings } = run(slowToServe, {
        seed,
        nodeCount: 5,
        timeLimit: 60_000,
        availability: 0,
        nemesis: ["kill"]
      })
      assert.isEmpty(findings, `seed ${seed}`)
    }
  })

  it("the time for which a request was held counts", () => {
    const slow = Effect.delay(
      Node.serve(EchoProtocol, { echo: ({ echo }) => Effect.delay(Effect.succeed({ echo }), "3 seconds") }),
      "3 seconds"
    )
    for (const seed of seeds.slice(0, 10)) {
      const { findings } = run(slow, {
        seed,
        nodeCount: 5,
        concurrency: 25,
        rate: 20,
        timeLimit: 60_000,
        availability: 0,
        nemesis: ["kill"],
        nemesisInterval: 3000
      })
      assert.isEmpty(findings, `seed ${seed}`)
    }
  })
})
