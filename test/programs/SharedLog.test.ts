/** The programs that execute a shared log, on a log that is no cluster's: they do not know which layer they run on. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { KafkaSharedLog } from "../../src/programs/KafkaSharedLog.ts"
import { TxnListAppend } from "../../src/programs/TxnListAppend.ts"
import * as SeededRandom from "../../src/workloads/SeededRandom.ts"
import { seeds } from "../Seeds.ts"
import * as MemoryLog from "../services/log/MemoryLog.ts"
import * as Cluster from "./kafka/Cluster.ts"

type Request = readonly [type: string, fields: object]

const keys = ["x", "y", "__proto__"]

const programs = {
  TxnListAppend: {
    program: TxnListAppend,
    change: (random: SeededRandom.SeededRandom, i: number): Request => [
      "txn",
      { txn: [["append", random.pick(keys), i], ["append", random.pick(keys), { i }]] }
    ],
    read: ["txn", { txn: keys.map((key) => ["r", key, null]) }]
  },
  KafkaSharedLog: {
    program: KafkaSharedLog,
    change: (random: SeededRandom.SeededRandom, i: number): Request =>
      random.chance(0.8)
        ? ["send", { key: random.pick(keys), msg: { i } }]
        : ["commit_offsets", { offsets: { x: random.below(5), y: random.below(5) } }],
    read: ["list_committed_offsets", { keys }]
  }
} as const

const running = (name: keyof typeof programs) => {
  const log = MemoryLog.make()
  const cluster = Cluster.make({ program: Effect.provide(programs[name].program, log.layer), nodeCount: 1 })
  cluster.boot(0)
  cluster.pass(100)
  const ask = ([type, fields]: Request): Readonly<Record<string, unknown>> => ({
    ...cluster.answer(0, type, fields),
    in_reply_to: "one or the other"
  })
  const all = () => [ask(programs[name].read), ...keys.map((key) => cluster.log(0, key))]
  return { log, ask, all }
}

for (const name of ["TxnListAppend", "KafkaSharedLog"] as const) {
  describe(`${name}`, () => {
    it("has all of its state in a snapshot, and goes on from one", () => {
      for (const seed of seeds(5)) {
        const random = SeededRandom.make(seed)
        const [former, next] = [running(name), running(name)]
        for (let i = 0; i < 20; i++) former.ask(programs[name].change(random, i))
        for (let i = 0; i < 5; i++) next.ask(programs[name].change(random, i))
        const snapshot = former.log.snapshot()
        next.log.restore(snapshot)
        assert.deepStrictEqual(next.all(), former.all(), `seed ${seed}`)
        for (let i = 20; i < 40; i++) {
          const request = programs[name].change(random, i)
          assert.deepStrictEqual(next.ask(request), former.ask(request), `seed ${seed}`)
        }
        assert.deepStrictEqual(next.all(), former.all(), `seed ${seed}`)
        assert.strictEqual(next.log.snapshot(), former.log.snapshot())
      }
    })

    it("refuses what the log refuses, and goes on when it does not", () => {
      const { ask, log } = running(name)
      const random = SeededRandom.make(0)
      const before = log.snapshot()
      log.refuse(true)
      for (let i = 0; i < 10; i++) assert.strictEqual(ask(programs[name].change(random, i))["code"], 11)
      assert.strictEqual(ask(programs[name].read)["code"], 11)
      log.refuse(false)
      assert.strictEqual(log.snapshot(), before)
      assert.notStrictEqual(ask(programs[name].change(random, 0))["type"], "error")
    })
  })
}
