import { assert, describe, it } from "@effect/vitest"
import { ClientId } from "../../../src/schema/Address.ts"
import * as Nemesis from "../../../src/simulator/faults/Nemesis.ts"
import type { Program } from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import * as History from "../../../src/workloads/history/History.ts"
import * as Operations from "../../../src/workloads/history/Operations.ts"
import { asked, isPoll, keysOf, polled, sent } from "../../../src/workloads/kafka/KafkaHistory.ts"
import { KafkaWorkload } from "../../../src/workloads/kafka/KafkaWorkload.ts"
import { seeds as seedsOf } from "../../Seeds.ts"
import * as Told from "../../Told.ts"
import { leadsToOperations } from "../../wrong/Evidence.ts"
import * as Wrong from "../../wrong/KafkaNodes.ts"
import * as Table from "../../wrong/Table.ts"
import { drawing } from "../Draw.ts"

const seeds = seedsOf(2)

const simulate = (program: Program, options: Partial<Simulation.Options> = {}): Simulation.Simulation => {
  const simulation = Simulation.make({ ...Simulation.defaults, ...Wrong.usual, program, ...options })
  assert.isTrue(simulation.work(10_000_000), `it never ends, seed ${options.seed}`)
  return simulation
}

const run = (program: Program, options: Partial<Simulation.Options> = {}): Told.Results => {
  const simulation = simulate(program, options)
  const results = Told.results(simulation.results())
  leadsToOperations(results.workload, simulation.history)
  return results
}

const wrong: ReadonlyArray<Table.Row> = [
  [
    "acknowledges without storing",
    Wrong.inattentive,
    /^(lost|unseen): message 2 of key \d+ at offset \d+ \(acknowledged/
  ],
  ["acknowledges without storing", Wrong.inattentive, /^inconsistent offsets: /],
  [
    "loses what it has stored",
    Wrong.lossy,
    /^lost: message 2 of key \d+ at offset 1 \(acknowledged .*, never polled, though/
  ],
  [
    "appends a retry again",
    Wrong.insistent,
    /^duplicate: message \d+ of key \d+ at offset \d+ \(.*\) and \d+ \(polled/
  ],
  [
    "skips",
    Wrong.skipping,
    /^skipped within a poll: key \d+: process \d+ polled offset \d+ at [\d.]+ ms, and not \d+ (and \d+ more )?before it/
  ],
  ["answers only the newest", Wrong.impatient, /^(lost: message|skipped by a poll: key) /],
  [
    "answers in no order",
    Wrong.unordered,
    /^nonmonotonic within a poll: key \d+: process \d+ polled offset \d+ after \d+/
  ],
  [
    "answers again what it has answered",
    Wrong.repetitive,
    /^nonmonotonic polls: key \d+: process \d+ polled offset \d+ at .*, after \d+ at /
  ],
  ["answers what it is not asked for", Wrong.talkative, /^polled but not asked for: /],
  ["gives lower offsets to later messages", Wrong.descending, /^nonmonotonic sends: key \d+: process \d+ was told /],
  ["tells senders other offsets", Wrong.misleading, /^duplicate: /],
  [
    "invents a message",
    Wrong.inventive,
    /^polled but never sent before: message -1 of key \d+ at offset 3, polled by /
  ],
  ["stores what it refuses", Wrong.insincere, /^polled though refused: message 3 of key \d+ at offset 2, polled by /],
  ["takes the last commit for the highest", Wrong.forgetful, /^commit went back: key \d+: n\d listed offset \d+ to /],
  ["takes what is committed for what comes next", Wrong.hasty, /^commit ahead of what was polled: key \d+: /],
  ["tells only the clients of one node", Wrong.secretive, /^missing at the end: n1 does not show /],
  ["answers only the clients of one node", Wrong.reticent, /^no final poll: n1 answered none$/]
]

describe("KafkaWorkload", () => {
  Table.eachIsFound(wrong, seeds, run)

  it("finds nothing wrong with nodes that are right, whatever befalls nodes and network", () => {
    for (const seed of seeds) {
      for (const program of [Wrong.right, Wrong.brief, Wrong.sparse, Wrong.zeroes]) {
        const { findings, okFraction, operationsByKind, workload } = run(program, { seed, availability: 1 })
        assert.isEmpty(findings, `seed ${seed}: ${findings.join("\n")}`)
        assert.strictEqual(okFraction, 1)
        assert.strictEqual(operationsByKind["crash"], undefined, "is no operation")
        assert.strictEqual(workload.figures["polled"], workload.figures["attempted"])
        assert.strictEqual(workload.figures["stale"], 0, "it answers everything at once")
      }
      const disturbed = run(Wrong.right, {
        seed,
        nemesis: Nemesis.faults.filter((fault) => fault !== "kill"),
        nemesisInterval: 500,
        timeLimit: 10_000,
        loss: 0.05,
        scheduling: seed % 2 === 0 ? "fifo" : "random"
      })
      assert.isEmpty(disturbed.findings, `seed ${seed}: ${disturbed.findings.join("\n")}`)
    }
  })

  it("is the same run for the same seed", () => {
    const lines = () => History.toText(simulate(Wrong.brief, { seed: 1, nemesis: ["partition"] }).history)
    assert.strictEqual(lines(), lines())
  })

  describe("operations", () => {
    const c0 = ClientId.make("c0")

    it("are as many sends as polls, and now and then an assign", () => {
      for (const seed of seeds) {
        const next = drawing(KafkaWorkload, seed)
        const counts = new Map<string, number>()
        for (let i = 0; i < 20_000; i++) {
          const { f } = next(c0)
          counts.set(f, (counts.get(f) ?? 0) + 1)
        }
        assert.isBelow(Math.abs(counts.get("assign")! - 20_000 / 64), 90, `seed ${seed}`) // 5 deviations
        assert.isBelow(Math.abs(counts.get("send")! - counts.get("poll")!), 710, `seed ${seed}`) // 5 deviations
        assert.strictEqual(counts.size, 3)
      }
    })

    it("send 1, 2, 3 … to each key, 16, to ten keys at a time, each twice as often as the one before; or as told", () => {
      const told = { keyCount: 3, maxWritesPerKey: 50 }
      for (const [workload, keyCount, most] of [[KafkaWorkload, 10, 16], [KafkaWorkload.set!(told), 3, 50]] as const) {
        for (const seed of seeds) {
          const next = drawing(workload, seed)
          const sends = Array.from({ length: 10_000 }, () => next(c0)).filter(({ f }) => f === "send")
          const count = new Map<string, number>()
          for (const { request } of sends) {
            const { key, msg } = request as { readonly key: string; readonly msg: number }
            assert.strictEqual(msg, (count.get(key) ?? 0) + 1, `seed ${seed}`)
            count.set(key, msg)
          }
          assert.isAtMost([...count.values()].filter((size) => size !== most).length, keyCount, `seed ${seed}`)
          assert.strictEqual(Math.max(...count.values()), most)
          assert.isAtMost(new Set(sends.slice(0, 30).map(({ request }) => request["key"])).size, keyCount + 1)
        }
      }
    })

    it("take a list of none that a node writes as null for what it is", () => {
      const question = drawing(KafkaWorkload, 0)
      const poll = Array.from({ length: 100 }, () => question(c0)).find(({ f }) => f === "poll")!
      assert.deepStrictEqual(poll.outcome({ type: "poll_ok", msgs: { a: null } }), { type: "ok", value: {} })
    })

    it("take a committed offset of less than 0 for none", () => {
      const question = drawing(KafkaWorkload, 0)
      const assign = Array.from({ length: 1000 }, () => question(c0)).find(({ f }) => f === "assign")!
      const [key = ""] = assign.request["keys"] as ReadonlyArray<string> // as the workload says
      const reply = { type: "list_committed_offsets_ok", offsets: { [key]: -1, b: 0 } }
      assert.deepStrictEqual(assign.outcome(reply), { type: "ok", value: { b: 0 } })
      const poll = Array.from({ length: 100 }, () => question(c0)).find(({ f }) => f === "poll")!
      assert.strictEqual((poll.value as Readonly<Record<string, number>>)[key], 0)
    })

    it("poll from where the client is: from the last commit on, or 0, and then on from what it was answered", () => {
      for (const seed of seeds) {
        const { history } = simulate(Wrong.brief, { seed, timeLimit: 10_000 })
        const positions = new Map<History.Event["process"], Map<string, number>>()
        const ends = new Map<History.Event["process"], string>()
        let compared = 0
        for (const event of history) {
          const own = positions.get(event.process) ?? new Map<string, number>()
          positions.set(event.process, own)
          if (event.type === "invoke" && event.f === "poll") {
            assert.deepStrictEqual(asked(event), Object.fromEntries(own), `seed ${seed}, event ${event.index}`)
            compared += own.size
          } else if (event.type === "invoke") {
            ends.set(event.process, event.f)
            if (event.f === "assign") {
              positions.set(event.process, new Map(keysOf(event).map((key) => [key, own.get(key) ?? -1])))
            }
          } else if (event.type === "ok" && event.f === "assign") {
            for (const [key, position] of own) if (position === -1) own.set(key, asked(event)[key] ?? 0)
          } else if (event.type === "ok" && event.f === "poll") {
            for (const [key, pairs] of Object.entries(polled(event))) {
              for (const [offset] of pairs) own.set(key, offset + 1)
            }
          }
        }
        assert.isAbove(compared, 200)
      }
    })

    it("of a client crash now and then: another goes on, as another process, and it counts against nothing", () => {
      for (const seed of seeds) {
        const { history } = simulate(Wrong.right, { seed, timeLimit: 60_000, rate: 20 })
        const crashes = history.filter(({ f, time }) => f === "crash" && time < 60_000)
        // one in 30 s for each of four clients
        assert.isTrue(crashes.length >= 3 && crashes.length <= 16, `${crashes.length} crashes, seed ${seed}`)
        for (const { index, process, type } of crashes) {
          assert.strictEqual(type, "info")
          assert.isFalse(history.slice(index + 1).some((event) => event.process === process), "is gone")
          assert.isTrue(history.some((event) => event.process === Number(process) + 4), "another goes on")
        }
        assert.lengthOf(Operations.completed(history).filter(({ invoke }) => invoke.f === "crash"), 0)
      }
    })

    it("commit what was polled: who is new begins there, at every node", () => {
      const { history } = simulate(Wrong.right, { seed: 1, timeLimit: 20_000 })
      const operations = Operations.completed(history)
      const last = new Map<string, number>()
      for (const { completion } of operations.filter(({ invoke }) => invoke.f === "poll")) {
        for (const [key, pairs] of Object.entries(polled(completion))) {
          for (const [offset] of pairs) last.set(key, Math.max(offset, last.get(key) ?? 0))
        }
      }
      const lists = operations.filter(({ invoke }) => invoke.f === "final-assign")
      assert.lengthOf(lists, 8, "before and after the first final poll of each of four clients")
      assert.isAbove(last.size, 20)
      for (const { completion } of lists.slice(0, 4)) {
        assert.deepStrictEqual(asked(completion), Object.fromEntries(last))
      }
    })

    it("end with polls of every client from the beginning on, five a second, until it has seen all", () => {
      for (const seed of seeds) {
        const { history } = simulate(Wrong.brief, { seed })
        const operations = Operations.completed(history)
        const finals = operations.filter(({ invoke }) => invoke.f === "final-poll")
        const acknowledged = operations.filter(({ completion: { f, type } }) => f === "send" && type === "ok")
        const clients = new Set(finals.map(({ invoke }) => invoke.process))
        assert.strictEqual(clients.size, 4)
        for (const client of clients) {
          const own = finals.filter(({ invoke }) => invoke.process === client)
          assert.isAtLeast(own.length, 4, "two messages of a key at a time")
          const seen = own.flatMap(({ completion }) =>
            Object.entries(polled(completion)).flatMap(([key, pairs]) => pairs.map(([offset]) => `${key} ${offset}`))
          )
          assert.sameMembers(
            seen,
            acknowledged.map(({ completion }) => `${sent(completion).key} ${sent(completion).offset}`)
          )
          assert.isTrue(Object.values(asked(own[0]!.invoke)).every((offset) => offset === 0))
          for (const [i, { invoke }] of own.entries()) {
            assert.isAtLeast(invoke.time, 14_000)
            if (i > 0) assert.isAtLeast(invoke.time - own[i - 1]!.invoke.time, 199.999)
          }
        }
      }
    })

    it("end after 10 s, even if somebody does not answer all", () => {
      const { history } = simulate(Wrong.secretive, { seed: 1 })
      const finals = history.filter((event) => event.type === "invoke" && isPoll(event) && event.time > 14_000)
      assert.isBelow(finals.at(-1)!.time, 24_100)
      assert.isAbove(finals.at(-1)!.time, 23_000)
    })
  })
})
