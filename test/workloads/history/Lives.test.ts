import { assert, describe, it } from "@effect/vitest"
import { NodeId } from "../../../src/schema/Address.ts"
import type { Event, History } from "../../../src/workloads/history/History.ts"
import * as Lives from "../../../src/workloads/history/Lives.ts"
import { fold, isCompleted } from "../../../src/workloads/history/Operations.ts"

const [n0, n1] = [NodeId.make("n0"), NodeId.make("n1")]

const event = (process: Event["process"], type: Event["type"], node?: NodeId): Omit<Event, "index"> => ({
  time: 0,
  process,
  type,
  f: process === "nemesis" ? "start-kill" : "read",
  value: process === "nemesis" ? [n0] : null,
  ...node !== undefined && { node }
})

const history: History = [
  event(0, "invoke", n0),
  event(0, "ok"),
  event(0, "invoke", n0),
  event(1, "invoke", n1),
  event("nemesis", "info"), // 4
  event(0, "ok"),
  event(1, "ok"),
  event("nemesis", "info"), // 7
  event(0, "invoke", n0),
  event(0, "ok")
].map((event, index) => ({ ...event, index }))

const operations = fold(history).all.filter(isCompleted)

describe("Lives", () => {
  it("numbers the lives of a node", () => {
    const { at } = Lives.make(history, "replicated")
    assert.deepStrictEqual(history.map((event) => at(n0, event)), [0, 0, 0, 0, 0, 1, 1, 1, 2, 2])
    assert.deepStrictEqual(history.map((event) => at(n1, event)), Array(10).fill(0))
  })

  it("knows which operations lie in one life", () => {
    assert.deepStrictEqual(operations.map(Lives.make(history, "volatile").isOne), [true, false, true, true])
    assert.deepStrictEqual(operations.map(Lives.make(history, "replicated").isOne), [true, false, true, true])
    assert.deepStrictEqual(operations.map(Lives.make(history, "durable").isOne), [true, true, true, true])
  })

  it("knows what is gone with a life, if it was in memory alone", () => {
    const kept = (memory: Lives.Memory) => operations.map(({ invoke }) => Lives.make(history, memory).keeps(invoke))
    assert.deepStrictEqual(kept("volatile"), [false, false, true, true])
    assert.deepStrictEqual(kept("replicated"), [true, true, true, true])
    assert.deepStrictEqual(kept("durable"), [true, true, true, true])
  })
})
