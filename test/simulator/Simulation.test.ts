import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ServiceId } from "../../src/schema/Address.ts"
import { EchoProtocol } from "../../src/schema/EchoProtocol.ts"
import { Read, Write } from "../../src/schema/KvProtocol.ts"
import { Node } from "../../src/services/node/Node.ts"
import * as Nemesis from "../../src/simulator/faults/Nemesis.ts"
import type { Program } from "../../src/simulator/nodes/SimulatedNode.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import { EchoWorkload } from "../../src/workloads/echo/EchoWorkload.ts"
import * as Verdict from "../../src/workloads/finding/Verdict.ts"
import * as History from "../../src/workloads/history/History.ts"
import { seeds as seedsOf } from "../Seeds.ts"
import { eventful, type Subject, subjects } from "../Subjects.ts"
import * as Told from "../Told.ts"

const seeds = seedsOf(3)

/** The history of a run, as text, done in slices of so many events, in which progress rises to 1. */
const historyOf = (options: Simulation.Options, budget = 1_000_000): string => {
  const simulation = Simulation.make(options)
  let progress = simulation.progress()
  for (let slices = 0; !simulation.work(budget); slices++) {
    assert.isBelow(slices * budget, 2_000_000, `it never ends, seed ${options.seed}`)
    const now = simulation.progress()
    assert.isTrue(now >= progress && now < 1, `progress, seed ${options.seed}`)
    progress = now
  }
  assert.strictEqual(simulation.progress(), 1)
  return History.toText(simulation.history)
}

/** The results of the first of these runs: more than one test looks at them. */
const firstHistory = (() => {
  const known = new Map<string, string>()
  return (subject: Subject, seed: number): string => {
    const key = `${subject.name} ${seed}`
    const history = known.get(key) ?? historyOf(eventful(subject, seed))
    known.set(key, history)
    return history
  }
})()

const differingLine = (a: string, b: string): string => {
  const lines = b.split("\n")
  const index = a.split("\n").findIndex((line, i) => line !== lines[i])
  return `line ${index}: ${lines[index]}`
}

describe("Simulation", () => {
  describe("a run is a function of its options", () => {
    it("the same seed gives the same history byte for byte, whatever ran before and in slices of any size, in which progress rises to 1", () => {
      for (const seed of seeds.slice(0, Math.ceil(seeds.length / 3))) {
        const first = subjects.map((subject) => firstHistory(subject, seed))
        // Again in the opposite order, so that something else has run before each of them.
        for (const [i, subject] of [...subjects.entries()].toReversed()) {
          const again = historyOf(eventful(subject, seed), 97)
          assert.isTrue(again === first[i], `${subject.name}, seed ${seed}, ${differingLine(first[i]!, again)}`)
        }
      }
    })

    it("every fault, every kind of end and several lives of a node occur in these runs, or it would mean little", () => {
      for (const subject of subjects) {
        const histories = seeds.map((seed) => firstHistory(subject, seed))
        const seen = (text: string) => histories.filter((history) => history.includes(text)).length
        const events = Nemesis.faults.flatMap((fault) => [`start-${fault}`, `stop-${fault}`])
        // A cluster of Raft begins when all nodes have met, which these faults may put off to the end.
        const ends = subject.name.endsWith(" raft") ? ["info"] : ["ok", "info"]
        const types = ["invoke", ...ends].map((type) => `"type":"${type}"`)
        for (const text of [...events, ...types]) {
          assert.isAtLeast(seen(text), 0.85 * histories.length, `${subject.name}: ${text}`)
        }
      }
    })

    it("another seed gives another history", () => {
      for (const subject of subjects) {
        const histories = new Set(seeds.map((seed) => firstHistory(subject, seed)))
        assert.strictEqual(histories.size, seeds.length, subject.name)
      }
    })

    it("another order of scheduling, latency, loss, price or fault does not go unnoticed either", () => {
      /** Answers who was first, and what it then finds in a store: that depends on everything. */
      const busy = Effect.flatMap(Node, (node) => {
        const store = ServiceId.make("lin-kv")
        return node.serve(EchoProtocol, {
          echo: ({ echo }) =>
            Effect.gen(function*() {
              const order: Array<number> = []
              yield* Effect.forEach([1, 2, 3, 4], (n) =>
                Effect.andThen(Effect.yieldNow, Effect.sync(() => order.push(n))), { concurrency: 4 })
              yield* node.ask(store, Write, { key: 0, value: echo })
              return { echo: [...order, (yield* node.ask(store, Read, { key: 0 })).value] }
            })
        })
      })
      const workload = { ...EchoWorkload, check: () => Verdict.make([]) }
      const options = { ...eventful({ name: "busy", workload, program: busy }, 0), nemesis: [] }
      const variants: ReadonlyArray<Partial<Simulation.Options>> = [
        {},
        { scheduling: "random" },
        { latency: { mean: 51, dist: "exponential" } },
        { latency: { mean: 50, dist: "uniform" } },
        { loss: 0.2 },
        { duplicates: 0.9 },
        { nemesis: ["partition", "kill"] },
        { concurrency: 11 },
        { rate: 51 },
        { bandwidth: 100 },
        { cost: { messageMicros: 100, byteNanos: 0 } },
        { cost: { messageMicros: 0, byteNanos: 1000 } }
      ]
      const historiesOf = () => variants.map((variant) => historyOf({ ...options, ...variant }))
      const histories = historiesOf()
      assert.deepStrictEqual(historiesOf(), histories)
      assert.strictEqual(new Set(histories).size, variants.length)
    })
  })

  describe("work", () => {
    it("says when the run is over, and nothing happens any more", () => {
      const [subject] = subjects
      const simulation = Simulation.make(eventful(subject!, 0))
      while (!simulation.work(200));
      const { length } = simulation.history
      assert.isTrue(simulation.work(1000))
      assert.lengthOf(simulation.history, length)
    })

    it("run does all of it", () => {
      const [subject] = subjects
      const { history } = Simulation.run(eventful(subject!, 0))
      assert.strictEqual(History.toText(history), firstHistory(subject!, 0))
    })
  })

  describe("a node that needs time to begin", () => {
    const slow = (millis: number): Program =>
      Effect.flatMap(Node, (node) =>
        Effect.andThen(
          Effect.sleep(millis),
          node.serve(EchoProtocol, { echo: ({ echo }) => Effect.succeed({ echo }) })
        ))

    it("is waited for before clients begin, for at most 10 s", () => {
      const options = { ...Simulation.defaults, workload: EchoWorkload, availability: 1, timeLimit: 1000 }
      assert.isEmpty(Simulation.run({ ...options, program: slow(9_900) }).results().findings)
      assert.deepStrictEqual(
        Told.findings(Simulation.run({ ...options, program: slow(10_100) }).results().findings),
        ["n0", "n1", "n2", "n3", "n4"].map((id) => `${id} did not answer init: no reply in time`)
      )
    })

    it("is not blamed for not answering init when it is killed or paused meanwhile", () => {
      for (const seed of seeds) {
        for (const nemesis of [["kill"], ["kill", "pause"]] as const) {
          const options = {
            ...eventful({ name: "slow", workload: EchoWorkload, program: slow(1000) }, seed),
            nemesis,
            timeLimit: 30_000,
            rate: 10
          }
          const simulation = Simulation.make({ ...options, nemesisInterval: nemesis.length === 1 ? 1000 : 9000 })
          assert.isTrue(simulation.work(1_000_000), `seed ${seed}`)
          assert.isEmpty(simulation.results().findings, `seed ${seed}`)
        }
      }
    })
  })
})
