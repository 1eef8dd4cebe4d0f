import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as History from "../src/bench/History.ts"
import * as Nemesis from "../src/bench/Nemesis.ts"
import { Programs } from "../src/bench/Programs.ts"
import type { Program } from "../src/bench/SimulatedNode.ts"
import * as Simulation from "../src/bench/Simulation.ts"
import * as Verdict from "../src/bench/Verdict.ts"
import type { Workload } from "../src/bench/Workload.ts"
import { EchoWorkload } from "../src/bench/workloads/EchoWorkload.ts"
import { ServiceId } from "../src/schema/Address.ts"
import { EchoProtocol } from "../src/schema/EchoProtocol.ts"
import { Read, Write } from "../src/schema/KvProtocol.ts"
import { Node } from "../src/services/Node.ts"
import { seeds as seedsOf } from "./Seeds.ts"

const seeds = seedsOf(24)

type Subject = readonly [name: string, workload: Workload, program: Program]

const subjects = Object.entries(Programs).flatMap(([workloadName, { programs, workload }]) =>
  Object.entries<Program>(programs).map(([name, program]): Subject => [`${workloadName} ${name}`, workload, program])
).filter(([name]) => !/^g-set|^kafka mesh|^pn-counter|^g-counter (?!seq-kv)|thrifty$/.test(name)) // broadcast under other names, and with other windows

/** Everything that can go wrong, often, in a short run. */
const eventful = ([, workload, program]: Subject, seed: number): Simulation.Options => ({
  ...Simulation.defaults,
  workload,
  program,
  seed,
  rate: 50,
  concurrency: 10,
  timeLimit: 2000,
  latency: { mean: 50, dist: "exponential" },
  nemesis: Nemesis.faults,
  nemesisInterval: 300,
  loss: 0.1,
  duplicates: 0.1,
  scheduling: seed % 2 === 0 ? "fifo" : "random"
})

/** The history of a run, as text, done in slices of so many events. */
const historyOf = (options: Simulation.Options, budget = 1_000_000): string => {
  const simulation = Simulation.make(options)
  for (let slices = 0; !simulation.work(budget); slices++) {
    assert.isBelow(slices * budget, 2_000_000, `it never ends, seed ${options.seed}`)
  }
  return History.toLines(simulation.history)
}

const differingLine = (a: string, b: string): string => {
  const lines = b.split("\n")
  const index = a.split("\n").findIndex((line, i) => line !== lines[i])
  return `line ${index}: ${lines[index]}`
}

describe("Simulation", { timeout: 60_000 }, () => {
  describe("a run is a function of its options", () => {
    it("the same seed gives the same history byte for byte, whatever ran before and in slices of any size", () => {
      for (const seed of seeds) {
        const first = subjects.map((subject) => historyOf(eventful(subject, seed)))
        // Again in the opposite order, so that something else has run before each of them.
        for (const [i, subject] of [...subjects.entries()].toReversed()) {
          const again = historyOf(eventful(subject, seed), [1000, 97][seed % 2])
          assert.isTrue(again === first[i], `${subject[0]}, seed ${seed}, ${differingLine(first[i]!, again)}`)
        }
      }
    })

    it("every fault, every kind of end and several lives of a node occur in these runs, or it would mean little", () => {
      for (const subject of subjects) {
        const histories = seeds.slice(0, 10).map((seed) => historyOf(eventful(subject, seed)))
        const seen = (text: string) => histories.filter((history) => history.includes(text)).length
        for (const fault of Nemesis.faults) {
          assert.isAtLeast(seen(`start-${fault}`), 10, fault)
          assert.isAtLeast(seen(`stop-${fault}`), 9, fault)
        }
        for (const type of ["invoke", "ok", "info"]) assert.isAtLeast(seen(`"type":"${type}"`), 9, subject[0])
      }
    })

    it("another seed gives another history", () => {
      for (const subject of subjects) {
        const histories = new Set(
          seeds.map((seed) => historyOf({ ...eventful(subject, seed), timeLimit: 500 }))
        )
        assert.strictEqual(histories.size, seeds.length, subject[0])
      }
    })

    it("another order of scheduling, latency, loss or another fault does not go unnoticed either", () => {
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
      const options = { ...eventful(["busy", workload, busy], 0), nemesis: [] }
      const variants: ReadonlyArray<Partial<Simulation.Options>> = [
        {},
        { scheduling: "random" },
        { latency: { mean: 51, dist: "exponential" } },
        { latency: { mean: 50, dist: "uniform" } },
        { loss: 0.2 },
        { duplicates: 0.9 },
        { nemesis: ["partition", "kill"] },
        { concurrency: 11 },
        { rate: 51 }
      ]
      const histories = variants.map((variant) => historyOf({ ...options, ...variant }))
      assert.strictEqual(new Set(histories).size, variants.length)
    })
  })

  describe("work", () => {
    it("says when the run is over, and progress rises to 1 meanwhile", () => {
      for (const subject of subjects) {
        const simulation = Simulation.make(eventful(subject, 0))
        assert.isFalse(simulation.work(10))
        let progress = simulation.progress()
        for (let over = false; !over;) {
          over = simulation.work(200)
          const now = simulation.progress()
          assert.isTrue(now >= progress && (now < 1 || over), subject[0])
          progress = now
        }
        assert.strictEqual(simulation.progress(), 1)
        const { length } = simulation.history
        assert.isTrue(simulation.work(1000), "and nothing happens any more")
        assert.lengthOf(simulation.history, length)
      }
    })

    it("run does all of it", () => {
      for (const subject of subjects) {
        const options = eventful(subject, 0)
        assert.strictEqual(History.toLines(Simulation.run(options).history), historyOf(options), subject[0])
      }
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
        Simulation.run({ ...options, program: slow(10_100) }).results().findings,
        ["n0", "n1", "n2", "n3", "n4"].map((id) => `${id} did not answer init: no reply in time`)
      )
    })

    it("is not blamed for not answering init when it is killed or paused meanwhile", () => {
      for (const seed of seeds) {
        for (const nemesis of [["kill"], ["kill", "pause"]] as const) {
          const options = {
            ...eventful(["slow", EchoWorkload, slow(1000)], seed),
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
