import { assert, describe, it } from "@effect/vitest"
import { ClientId, NodeId } from "../../../src/schema/Address.ts"
import type { Client } from "../../../src/simulator/clients/Client.ts"
import * as Load from "../../../src/simulator/clients/Load.ts"
import type { Timeline } from "../../../src/simulator/time/Timeline.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import type * as History from "../../../src/workloads/history/History.ts"
import * as Recorder from "../../../src/workloads/history/Recorder.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import type { Invocation, Outcome } from "../../../src/workloads/Workload.ts"
import { seeds as seedsOf } from "../../Seeds.ts"
import * as Told from "../../Told.ts"

const seeds = seedsOf(8)

const nodes = ["n0", "n1", "n2"].map((id) => NodeId.make(id))

const ok: Outcome = { type: "ok", value: "done" }
const fail: Outcome = { type: "fail", error: Told.refused("no") }
const info: Outcome = { type: "info", error: Told.refused("who knows") }

const operation = (f: string): Invocation => ({
  f,
  value: null,
  readOnly: false,
  request: { type: f },
  outcome: () => ok
})

interface Asked {
  readonly client: ClientId
  readonly node: NodeId
  readonly at: number
}

/** Workers whose operations end as `outcome` says, so many ms after they began. */
const world = (options: {
  readonly seed?: number
  readonly workers?: number
  readonly outcome?: (random: SeededRandom.SeededRandom) => readonly [delay: number, outcome: Outcome]
  readonly crashInterval?: number
  /** How late the timers of this timeline fire, in ms. */
  readonly late?: (random: SeededRandom.SeededRandom) => number
} = {}) => {
  const { crashInterval, late, outcome = () => [0, ok], seed = 0, workers = 6 } = options
  const random = SeededRandom.make(seed)
  const time = VirtualTime.make()
  const lateness = random.fork("lateness")
  const timeline: Timeline = late === undefined
    ? time
    : { now: time.now, after: (delay, event) => time.after(Math.max(0, delay) + late(lateness), event) }
  const asked: Array<Asked> = []
  const drawn: Array<ClientId> = []
  const open = new Set<ClientId>()
  const closed: Array<ClientId> = []
  const { history, record } = Recorder.make(time.now)

  const newClient = (): Client => {
    const id = ClientId.make(`c${open.size + closed.length}`)
    const outcomes = random.fork(id)
    open.add(id)
    return {
      id,
      ask: (node, _question, done) => {
        assert.isTrue(open.has(id), `${id} is gone`)
        asked.push({ client: id, node, at: time.now() })
        const [delay, result] = outcome(outcomes)
        time.after(delay, () => done(result))
      },
      close: () => {
        open.delete(id)
        closed.push(id)
      }
    }
  }
  const load = Load.make({ timeline, random: random.fork("load"), nodes, workers, newClient, crashInterval, record })

  /** Runs to the end, and says when that was. */
  const run = (rate: number, duration: number): number => {
    const ended: Array<number> = []
    const next = (client: ClientId): Invocation => {
      drawn.push(client)
      return operation("work")
    }
    load.run({ rate, duration, next }, () => ended.push(time.now()))
    assert.strictEqual(time.run(() => false), "deadlock")
    assert.lengthOf(ended, 1, "it ends once")
    return ended[0]!
  }
  return { time, load, run, asked, drawn, open, closed, history }
}

const invocations = (history: History.History) => history.filter(({ type }) => type === "invoke")

describe("Load", () => {
  describe("rate", () => {
    it("is the one asked for, within 3 %, whatever the number of clients", () => {
      for (const seed of seeds.slice(0, 1)) { // 10,000 operations are many already
        for (const rate of [10, 1000]) {
          for (const workers of [1, 6]) {
            const { asked, run } = world({ seed, workers })
            const duration = 10_000 / rate * 1000
            run(rate, duration)
            // Steps drawn evenly from 0 to twice the mean deviate by 1/√3 of it: 3 % of 10,000 are 5 deviations.
            assert.isBelow(Math.abs(asked.length - 10_000), 300, `rate ${rate}, ${workers} workers, seed ${seed}`)
          }
        }
      }
    })

    it("steps from one operation to the next are drawn evenly from 0 to twice the mean", () => {
      for (const seed of seeds.slice(0, 1)) {
        const { asked, run } = world({ seed })
        run(10, 1_000_000)
        const steps = asked.slice(1).map(({ at }, i) => at - asked[i]!.at)
        assert.isBelow(Math.max(...steps), 200, `seed ${seed}`)
        for (let from = 0; from < 200; from += 20) {
          const share = steps.filter((step) => step >= from && step < from + 20).length / steps.length
          assert.isBelow(Math.abs(share - 0.1), 0.015, `${from} to ${from + 20} ms, seed ${seed}`) // 5 deviations
        }
      }
    })

    it("is the same where timers are late, as they are in real time", () => {
      for (const seed of seeds.slice(0, 1)) { // 10,000 operations are many already
        for (const rate of [10, 1000]) {
          const { asked, run } = world({ seed, late: (random) => random.below(5) })
          run(rate, 10_000 / rate * 1000)
          assert.isBelow(Math.abs(asked.length - 10_000), 300, `rate ${rate}, seed ${seed}`)
        }
      }
    })

    it("begins at once and ends with the time, even if no operation is ever due", () => {
      for (const seed of seeds) {
        const { asked, run } = world({ seed })
        assert.strictEqual(run(100, 5000), 5000, `seed ${seed}`)
        assert.strictEqual(asked[0]?.at, 0, `seed ${seed}`)
        assert.isTrue(asked.every(({ at }) => at < 5000), `seed ${seed}`)
      }
      const { asked, run } = world()
      assert.strictEqual(run(0, 5000), 5000)
      assert.isEmpty(asked)
    })

    it("is lower when every client is busy: an operation waits for a free one", () => {
      const { asked, run } = world({ workers: 3, outcome: () => [1000, ok] })
      run(1000, 60_000)
      for (let second = 0; second < 60; second++) {
        const begun = asked.filter(({ at }) => at >= second * 1000 && at < (second + 1) * 1000).length
        assert.isTrue(begun <= 3, `${begun} in second ${second}`)
      }
      assert.isAbove(asked.length, 170)
    })

    it("does not catch up with what was not done while every client was busy", () => {
      for (const seed of seeds) {
        let operations = 0
        const { asked, run } = world({ seed, workers: 1, outcome: () => [operations++ === 0 ? 5000 : 0, ok] })
        run(100, 10_000)
        const begun = asked.filter(({ at }) => at >= 5000 && at < 6000).length
        assert.isTrue(begun > 70 && begun < 130, `${begun} in the second after that, seed ${seed}`) // 5 deviations
      }
    })
  })

  describe("clients", () => {
    /** Operations of any outcome, which take any time. */
    const anything = (random: SeededRandom.SeededRandom) =>
      [random.below(300), random.pick([ok, ok, ok, fail, info])] as const

    it("do one thing at a time, and end what they have begun", () => {
      for (const seed of seeds) {
        for (const workers of [1, 2, 6]) {
          const { history, run } = world({ seed, workers, outcome: anything })
          const end = run(100, 10_000)
          const busy = new Set<History.Event["process"]>()
          let most = 0
          for (const { process, type } of history) {
            if (type === "invoke") {
              assert.isFalse(busy.has(process), `seed ${seed}`)
              busy.add(process)
            } else {
              assert.isTrue(busy.delete(process), `seed ${seed}`)
            }
            most = Math.max(most, busy.size)
          }
          assert.strictEqual(busy.size, 0, `seed ${seed}`)
          assert.strictEqual(most, workers, `seed ${seed}`)
          assert.closeTo(Math.max(10_000, history.at(-1)!.time), end, 0.001, `seed ${seed}`)
          assert.isTrue(invocations(history).every(({ time }) => time < 10_000), `seed ${seed}`)
        }
      }
    })

    it("take turns by chance, each about as often as the others", () => {
      for (const seed of seeds) {
        const { asked, run } = world({ seed })
        run(100, 60_000)
        for (const client of ["c0", "c1", "c2", "c3", "c4", "c5"]) {
          const share = asked.filter((one) => one.client === client).length / asked.length
          assert.isBelow(Math.abs(share - 1 / 6), 0.025, `${client}, seed ${seed}`) // 5 deviations
        }
        const twice = asked.filter(({ client }, i) => client === asked[i - 1]?.client).length / asked.length
        assert.isBelow(Math.abs(twice - 1 / 6), 0.025, `the same client again, seed ${seed}`)
      }
    })

    it("are spread over the nodes in turn, and each stays with its node", () => {
      for (const seed of seeds) {
        const { asked, run } = world({ seed, workers: 5, outcome: anything })
        run(100, 1000)
        for (const { client, node } of asked) {
          const worker = Number(client.slice(1))
          if (worker < 5) assert.strictEqual(node, nodes[worker % 3], `${client}, seed ${seed}`)
        }
      }
    })

    it("go on after ok and fail; after info another takes over, as another process at the same node", () => {
      for (const seed of seeds) {
        const workers = 5
        const { asked, closed, history, open, run } = world({ seed, workers, outcome: anything })
        run(100, 10_000)
        const begun = invocations(history)
        assert.lengthOf(asked, begun.length)

        const clientOf = new Map<History.Event["process"], ClientId>()
        begun.forEach(({ process }, i) => {
          const { client, node } = asked[i]!
          assert.strictEqual(clientOf.get(process) ?? client, client, `one process is one client, seed ${seed}`)
          clientOf.set(process, client)
          assert.strictEqual(node, nodes[Number(process) % workers % 3], `process ${process}, seed ${seed}`)
        })
        assert.strictEqual(new Set(clientOf.values()).size, clientOf.size, `seed ${seed}`)

        const lost = history.filter(({ type }) => type === "info").map(({ process }) => process)
        assert.isNotEmpty(lost)
        assert.strictEqual(new Set(lost).size, lost.length, `no process goes on after info, seed ${seed}`)
        assert.sameMembers(closed, lost.map((process) => clientOf.get(process)!), `seed ${seed}`)
        assert.strictEqual(open.size, workers, `seed ${seed}`)
        for (const process of clientOf.keys()) {
          const former = Number(process) - workers
          if (former >= 0) assert.include(lost, former, `process ${process}, seed ${seed}`)
        }
      }
    })
  })

  describe("an operation", () => {
    it("is drawn for the client that does it", () => {
      const { asked, drawn, run } = world({ outcome: (random) => [random.below(50), random.pick([ok, info])] })
      run(100, 10_000)
      assert.deepStrictEqual(drawn, asked.map(({ client }) => client))
    })
  })

  describe("crashes", () => {
    it("of a client: it is gone, another goes on as another process, and no operation is lost", () => {
      for (const seed of seeds) {
        const { asked, closed, history, open, run } = world({ seed, crashInterval: 1000 })
        run(100, 10_000)
        const crashes = history.filter(({ f }) => f === "crash")
        assert.isAbove(crashes.length, 30, `seed ${seed}`)
        for (const { index, process, type, value } of crashes) {
          assert.deepStrictEqual<unknown>([type, value], ["info", null])
          const later = history.slice(index + 1)
          assert.isFalse(later.some((event) => event.process === process), `seed ${seed}`)
        }
        assert.lengthOf(closed, crashes.length, `seed ${seed}`)
        assert.strictEqual(open.size, 6, `seed ${seed}`)
        assert.lengthOf(invocations(history), asked.length, `seed ${seed}`)
        assert.lengthOf(history.filter(({ type }) => type === "ok"), asked.length, `seed ${seed}`)
      }
    })

    it("are as often as asked for, for each client, and in the place of an operation", () => {
      const { asked, history, run } = world({ crashInterval: 6000 })
      run(10, 1_000_000)
      const crashes = history.filter(({ f }) => f === "crash").length
      assert.isBelow(Math.abs(crashes - 950), 100, "one a second, and each waits for an operation") // 5 deviations
      assert.isBelow(Math.abs(asked.length + crashes - 10_000), 300)
    })

    it("of all clients come before what each of them does", () => {
      const { closed, history, load, time } = world({ workers: 3, crashInterval: 1000 })
      load.each([operation("a")], 0, () => {})
      time.run(() => false)
      const events = history.map(({ f, process, type }) => [f, process, type])
      assert.sameDeepMembers(
        events,
        [0, 1, 2].flatMap((process) => [
          ["crash", process, "info"],
          ["a", process + 3, "invoke"],
          ["a", process + 3, "ok"]
        ])
      )
      assert.lengthOf(closed, 3)
    })

    it("do not happen unless they are asked for", () => {
      const { history, load, run, time } = world()
      run(100, 60_000)
      load.each([operation("a")], 0, () => {})
      time.run(() => false)
      assert.isTrue(history.every(({ type }) => type === "invoke" || type === "ok"))
    })
  })

  it("records each operation's beginning and end: what was asked, and what came of it", () => {
    const record = (outcome: Outcome) => {
      const { history, load, time } = world({ workers: 1, outcome: () => [250, outcome] })
      load.each([{ ...operation("read"), value: { key: 1 } }], 0, () => {})
      time.run(() => false)
      return history
    }
    const common = { process: 0, f: "read" }
    const invoke = { index: 0, time: 0, ...common, type: "invoke", value: { key: 1 }, node: "n0" }
    const end = { index: 1, time: 250, ...common }
    assert.deepStrictEqual<unknown>(record(ok), [invoke, { ...end, type: "ok", value: "done" }])
    assert.deepStrictEqual<unknown>(record(fail), [invoke, {
      ...end,
      type: "fail",
      value: { key: 1 },
      error: Told.refused("no")
    }])
    assert.deepStrictEqual<unknown>(record(info), [
      invoke,
      { ...end, type: "info", value: { key: 1 }, error: Told.refused("who knows") }
    ])
  })

  it("each: every worker does all of it, one thing after the other, then it ends", () => {
    for (const seed of seeds) {
      const { history, load, time } = world({
        seed,
        workers: 4,
        outcome: (random) => [1 + random.below(100), random.pick([ok, fail, info])]
      })
      const ended: Array<number> = []
      load.each(["a", "b", "c"].map(operation), 0, () => ended.push(time.now()))
      time.run(() => false)
      assert.deepStrictEqual(ended, [history.at(-1)!.time], `seed ${seed}`)
      for (let worker = 0; worker < 4; worker++) {
        const own = history.filter(({ process }) => Number(process) % 4 === worker)
        assert.deepStrictEqual(own.map(({ f }) => f).join(""), "aabbcc", `seed ${seed}`)
        assert.strictEqual(own[0]?.time, 0, "all at once")
        own.forEach(({ type }, i) => assert.strictEqual(type === "invoke", i % 2 === 0, `seed ${seed}`))
      }
    }
  })

  describe("each", () => {
    /** As many operations as the load takes. */
    const endless = (taken: Array<number>, now: () => number): Iterable<Invocation> => ({
      *[Symbol.iterator]() {
        for (;;) {
          taken.push(now())
          yield operation("again")
        }
      }
    })

    it("takes the next operation of a worker when its last one has ended, at most five a second, for 10 s", () => {
      for (const [delay, expected] of [[0, 50], [150, 50], [250, 40], [4000, 3]] as const) {
        const { history, load, time } = world({ workers: 1, outcome: () => [delay, ok] })
        const taken: Array<number> = []
        load.each(endless(taken, time.now), 0, () => {})
        time.run(() => false)
        const begun = invocations(history).map(({ time }) => time)
        assert.deepStrictEqual(begun, Array.from({ length: expected }, (_, i) => i * Math.max(200, delay)))
        assert.deepStrictEqual(taken.slice(0, expected), begun.map((_, i) => i === 0 ? 0 : begun[i - 1]! + delay))
      }
    })

    it("has a sequence for each worker", () => {
      const { history, load, time } = world({ workers: 3 })
      let ended = 0
      load.each(["a", "b"].map(operation), 0, () => ended++)
      time.run(() => false)
      assert.strictEqual(invocations(history).map(({ f }) => f).join(""), "aaabbb")
      assert.strictEqual(ended, 1)
    })
  })

  it("follows from the seed", () => {
    const history = (seed: number) => {
      const { history, run } = world({ seed })
      run(100, 1000)
      return history
    }
    for (const seed of seeds) {
      assert.deepStrictEqual(history(seed), history(seed), `seed ${seed}`)
      assert.notDeepEqual(history(seed), history(seed + 1), `seed ${seed}`)
    }
  })
})
