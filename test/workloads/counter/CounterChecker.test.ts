import { assert, describe, it } from "@effect/vitest"
import { NodeId } from "../../../src/schema/Address.ts"
import * as CounterChecker from "../../../src/workloads/counter/CounterChecker.ts"
import * as Finding from "../../../src/workloads/finding/Finding.ts"
import type { Event, History } from "../../../src/workloads/history/History.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds } from "../../Seeds.ts"
import * as Told from "../../Told.ts"
import { leadsToOperations } from "../../wrong/Evidence.ts"
import * as Naive from "./Naive.ts"

/** A step of a history, written in one line; each takes 10 ms. Process 1 asks n1, and so on; so do 11, 21 and so on. */
type Step = string

/**
 * - `1 add 3`, `1 read 5`: an operation that is ok. `1 add 3 fail`, `1 add 3 info`: one that is not.
 * - `1 add 3 …`, `1 read …`: one that begins, and `1 … ok 5`: its end.
 * - `kill 1 2`, `start 1 2`: what the nemesis does to these nodes.
 */
const parse = (steps: ReadonlyArray<Step>): History => {
  const events: Array<Event> = []
  const open = new Map<number, Event>()
  const add = (event: Omit<Event, "index" | "time">): Event => {
    const added = { index: events.length, time: 10 * events.length, ...event }
    events.push(added)
    return added
  }
  for (const step of steps) {
    const [first, f, ...rest] = step.split(" ")
    if (first === "kill" || first === "start") {
      const nodes = [f!, ...rest].map((n) => `n${n}`)
      add({ process: "nemesis", type: "info", f: first === "kill" ? "start-kill" : "stop-kill", value: nodes })
      continue
    }
    const process = Number(first)
    const end = (type: string, value: number | null): void => {
      const { f, value: asked } = open.get(process)!
      assert.include(["ok", "fail", "info"], type)
      add({ process, type: type as Event["type"], f, value: type === "ok" && f === "read" ? value : asked })
    }
    if (f === "…") {
      end(rest[0]!, Number(rest[1] ?? 0))
      continue
    }
    const isOpen = rest.at(-1) === "…"
    const value = f === "add" ? Number(rest[0]) : null
    open.set(process, add({ process, type: "invoke", f: f!, value, node: NodeId.make(`n${process % 10}`) }))
    if (!isOpen) end(f === "add" ? rest[1] ?? "ok" : "ok", Number(rest[0]))
  }
  return events
}

const judge = (steps: ReadonlyArray<Step>, options: Partial<CounterChecker.Options> = {}) => {
  const history = parse(steps)
  const verdict = Told.verdict(CounterChecker.check(history, { growOnly: true, memory: "volatile", ...options }))
  leadsToOperations(verdict, history)
  return verdict
}

const accepts = (steps: ReadonlyArray<Step>, options: Partial<CounterChecker.Options> = {}) =>
  assert.deepStrictEqual([...judge(steps, options).findings], [], steps.join(", "))

const finds = (steps: ReadonlyArray<Step>, expected: ReadonlyArray<string>, options = {}) =>
  assert.deepStrictEqual([...judge(steps, options).findings], [...expected], steps.join(", "))

describe("CounterChecker", () => {
  describe("at the end", () => {
    it("every read is the sum of what was acknowledged", () => {
      accepts(["1 add 3", "2 add 4", "1 read 7", "2 read 7"])
      finds(["1 add 3", "1 read 4"], [
        "wrong at the end: 4 in what n1 answered at 30 ms, not 3"
      ])
    })

    it("and of any of what may have happened, each of it wholly or not at all", () => {
      const unknown = ["1 add 10", "1 add 2 info", "21 add 3 info", "2 add 20 …"]
      for (const sum of [10, 12, 13, 15, 30, 32, 33, 35]) accepts([...unknown, `1 read ${sum}`, `12 read ${sum}`])
      for (const sum of [11, 14, 31, 34]) {
        finds([...unknown, `1 read ${sum}`, `12 read ${sum}`], [
          `wrong at the end: ${sum} in what n1 answered at 80 ms, not 10, 12 to 13, 15, 30, 32 to 33, …; `
          + `${sum} in what n2 answered at 100 ms, not 10, 12 to 13, 15, 30, 32 to 33, …`
        ])
      }
    })

    it("and of nothing that was refused", () => {
      accepts(["1 add 3 fail", "1 add 1", "1 read 1"])
      finds(["1 add 3 fail", "1 add 1", "1 read 4"], [
        "refused, and added: 4 in what n1 answered at 50 ms, not 1: what was refused is in it"
      ])
    })

    it("all are the same", () => {
      finds(["1 add 3 info", "2 add 1", "11 read 1", "2 read 4"], ["different at the end: 1 at n1; 4 at n2"])
    })

    it("every node that was asked anything answers one, after all adds have ended", () => {
      finds(["1 add 3", "2 read 3", "1 read 3", "2 add 0"], ["no final read: n1 answered none; n2 answered none"])
      finds(["1 add 3 …", "2 read 0", "1 … ok", "1 read 3"], ["no final read: n2 answered none"])
      finds(["1 read 0", "2 read …"], ["no final read: n2 answered none"])
    })

    it("a counter that goes both ways may be anything in between, if the deltas may", () => {
      const options = { growOnly: false }
      accepts(["1 add -3", "2 add 4", "1 read 1", "2 read 1"], options)
      for (const sum of [-4, 0, 1, 5]) accepts(["1 add -4 info", "11 add 5 info", `21 read ${sum}`], options)
      finds(["1 add -4 info", "11 add 5 info", "21 read 2"], [
        "wrong at the end: 2 in what n1 answered at 50 ms, not -4, 0 to 1, 5"
      ], options)
    })

    it("is exact beyond what numbers can hold", () => {
      const max = Number.MAX_SAFE_INTEGER
      const options = { growOnly: false }
      const adds = [`1 add ${max}`, `2 add ${max}`, "1 add 2", `1 add ${-max}`, `2 add ${-max}`]
      accepts([...adds, "1 read 2", "2 read 2"], options)
      finds([...adds, "1 read 1", "2 read 1"], [
        "wrong at the end: 1 in what n1 answered at 110 ms, not 2; 1 in what n2 answered at 130 ms, not 2"
      ], options)
    })
  })

  describe("at any time", () => {
    it("a read has nothing that nobody had begun to add before it ended", () => {
      accepts(["2 read …", "1 add 3 …", "2 … ok 3", "1 … ok", "1 read 3", "2 read 3"])
      finds(["1 add 1", "2 read …", "2 … ok 4", "1 add 3", "1 read 4", "2 read 4"], [
        "too large: 4 in what n2 answered at 30 ms, at most 1 had been added"
      ])
    })

    it("a read has what its node had acknowledged before it began", () => {
      accepts(["1 add 3 …", "1 … ok", "2 read 0", "1 read 3", "2 read 3"])
      accepts(["11 read …", "1 add 3", "11 … ok 0", "1 read 3", "11 read 3"])
      finds(["1 add 3", "11 read 2", "1 read 3", "11 read 3"], [
        "too small: 2 in what n1 answered at 30 ms, at least 3 was acknowledged there"
      ])
      finds(["1 add -3", "11 read -2", "1 read -3", "11 read -3"], [
        "too large: -2 in what n1 answered at 30 ms, at most -3 had been added"
      ], { growOnly: false })
      accepts(["1 add 5", "2 add -3 info", "1 read 2", "12 read 2"], { growOnly: false })
      finds(["1 add 5", "2 add -3 …", "11 read 1", "2 … ok", "1 read 2", "12 read 2", "11 read 2"], [
        "too small: 1 in what n1 answered at 40 ms, at least 2 was acknowledged there"
      ], { growOnly: false })
    })

    it("a counter that only grows does not go back at a node", () => {
      const end = ["1 read 3", "2 read 3"]
      accepts(["1 add 3", "2 read 3", "2 read …", "12 read 3", "2 … ok 3", ...end, "12 read 3"])
      accepts(["1 add 3", "2 read …", "12 read 3", "2 … ok 0", ...end, "12 read 3"])
      finds(["1 add 3", "2 read 3", "2 read 0", ...end], [
        "went back: 0 in what n2 answered at 50 ms, 3 had been read at 30 ms, and 0 acknowledged since"
      ])
    })

    it("nor does it forget what the node acknowledged since, though others have added more", () => {
      const begin = ["1 add 3", "2 read 3", "2 add 2", "1 add 2"]
      const end = ["1 read 7", "2 read 7"]
      accepts([...begin, "2 read 5", ...end])
      finds([...begin, "2 read 4", ...end], [
        "went back: 4 in what n2 answered at 90 ms, 3 had been read at 30 ms, and 2 acknowledged since"
      ])
      // begun before the read ended, so it may be in it
      accepts(["12 add 2 …", "2 read 2", "12 … ok", "2 read 2", "12 read 2"])
    })
  })

  describe("a kill", () => {
    it("excuses what the node had acknowledged before, there and at the end", () => {
      const steps = ["1 add 3", "2 add 4", "kill 1", "start 1", "1 read 4", "2 read 4"]
      accepts(steps)
      finds(steps, [
        "wrong at the end: 4 in what n1 answered at 70 ms, not 7; 4 in what n2 answered at 90 ms, not 7"
      ], { memory: "durable" })
      accepts(["1 add 3", "2 add 4", "kill 1", "start 1", "1 read 7", "2 read 7"])
      finds(["1 add 3", "2 add 4", "kill 2", "start 2", "1 read 5", "2 read 5"], [
        "wrong at the end: 5 in what n1 answered at 70 ms, not 3, 7; 5 in what n2 answered at 90 ms, not 3, 7"
      ])
    })

    it("does not excuse what the node acknowledges after it, nor what others do", () => {
      finds(["kill 1", "start 1", "1 add 3", "1 read 0"], [
        "wrong at the end: 0 in what n1 answered at 50 ms, not 3"
      ])
    })

    it("excuses going back behind what the node alone had shown, but not behind what others had that live", () => {
      const end = ["1 read 7", "2 read 7"]
      accepts(["1 add 3", "2 add 4", "1 read 7", "kill 1", "start 1", "1 read 0", ...end])
      finds(["1 add 3", "2 add 4", "2 read 7", "kill 1", "start 1", "1 read 4", ...end], [
        "went back: 4 in what n1 answered at 90 ms, 7 had been read at 50 ms, and 0 acknowledged since"
      ])
      // it was read after the other one had started, or at one that has been killed since
      accepts(["1 add 3", "2 add 4", "kill 1", "start 1", "2 read 7", "1 read 4", ...end])
      accepts(["1 add 3", "2 add 4", "2 read 7", "kill 1", "start 1", "kill 2", "start 2", "1 read 4", ...end])
    })

    it("excuses nothing where memory is durable", () => {
      finds(["1 add 3", "2 add 4", "1 read 7", "kill 1", "start 1", "1 read 4", "1 read 7", "2 read 7"], [
        "went back: 4 in what n1 answered at 90 ms, 7 had been read at 50 ms, and 0 acknowledged since"
      ], { memory: "durable" })
    })
  })

  describe("stable latencies", () => {
    const latencies = (steps: ReadonlyArray<Step>, options = {}) => judge(steps, options).figures["stableLatencies"]
    const all = (latency: number) => ({ "0": latency, "0.5": latency, "0.95": latency, "0.99": latency, "1": latency })

    it("are from the acknowledgement to the beginning of the last read that lacks it, at any node", () => {
      assert.deepStrictEqual(latencies(["1 add 3", "1 read 3", "2 read 3"]), all(0))
      assert.deepStrictEqual(
        latencies(["1 add 3", "2 read 0", "3 read 0", "1 read 3", "2 read 3", "3 read 3"]),
        all(30)
      )
      assert.deepStrictEqual(latencies(["2 read …", "1 add 3", "2 … ok 0", "1 read 3", "2 read 3"]), all(0))
    })

    it("are not shortened by what the node that reads has added itself", () => {
      assert.deepStrictEqual(
        latencies(["1 add 3", "2 add 3", "2 read 3", "1 read 6", "2 read 6"]),
        { "0": 0, "0.5": 30, "0.95": 30, "0.99": 30, "1": 30 }
      )
    })

    it("are nothing for a counter that goes both ways, nor of nothing, of 0, or of what is excused", () => {
      assert.isUndefined(latencies(["1 add 3", "1 read 3"], { growOnly: false }))
      assert.isUndefined(latencies(["1 add 0", "1 read 0"]))
      assert.isUndefined(latencies(["1 add 3 info", "11 read 3"]))
      assert.isUndefined(latencies(["1 add 3", "kill 1", "start 1", "1 read 0"]))
    })
  })

  it("agrees with a naive checker that follows the definitions word by word, on random histories", () => {
    const tried = seeds(150)
    const often = new Map<string, number>()
    for (const seed of tried) {
      for (const growOnly of [true, false]) {
        for (const memory of ["durable", "volatile"] as const) {
          const events = Naive.randomHistory(SeededRandom.make(seed), growOnly)
          const expected = Naive.judge(events, { growOnly, memory })
          const { findings, series } = CounterChecker.check(events, { growOnly, memory })
          const context = `seed ${seed}, ${growOnly ? "grow-only, " : ""}${memory}`
          /** How many there are, and which reads the first of them are about. */
          const found = (kind: string) => {
            const { count = 0, examples = [] } = findings.find((finding) => finding.kind === kind) ?? {}
            return [count, examples.map(({ events }) => events.at(-1)!)] as const
          }
          const sameReads = (kind: string, reads: ReadonlyArray<number>) =>
            assert.deepStrictEqual(found(kind), [reads.length, reads.slice(0, Finding.most)], `${kind}, ${context}`)
          sameReads("wrong at the end", expected.wrongAtEnd)
          sameReads("refused, and added", expected.refusedAtEnd)
          sameReads("too large", expected.tooLarge)
          sameReads("too small", expected.tooSmall)
          assert.strictEqual(found("different at the end")[0], expected.differentAtEnd.length, context)
          assert.strictEqual(found("no final read")[0], expected.silent.length, context)
          assert.deepStrictEqual(series?.[0]?.points ?? [], expected.latencies, context)
          // Of two reads that demand more of the next, one for what it shows and one for what came since, it keeps one.
          const [back, reads] = found("went back")
          assert.isTrue(back >= expected.behindValue.length && back <= expected.wentBack.length, context)
          assert.includeMembers([...expected.wentBack], reads, context)
          for (const [kind, found] of Object.entries(expected)) {
            often.set(kind, (often.get(kind) ?? 0) + Number(found.length > 0))
          }
          if (findings.length === 0) often.set("valid", (often.get("valid") ?? 0) + 1)
        }
      }
    }
    for (const [kind, times] of often) {
      assert.isAbove(times, tried.length / 30, `${kind}: ${JSON.stringify([...often])}`)
    }
  })

  it("counts", () => {
    const { figures } = judge([
      "1 add 3",
      "1 add 1 info",
      "2 add 2",
      "2 add 2 fail",
      "kill 2",
      "start 2",
      "11 read 4",
      "2 read 4"
    ])
    assert.containSubset(figures, {
      attempted: 4,
      acknowledged: 2,
      unknown: 1,
      excused: 1,
      acceptable: "3 to 6",
      finalReads: [4]
    })
  })
})
