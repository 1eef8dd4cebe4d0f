import { assert, describe, it } from "@effect/vitest"
import { NodeId } from "../../../src/schema/Address.ts"
import type { Event, History } from "../../../src/workloads/history/History.ts"
import * as Operations from "../../../src/workloads/history/Operations.ts"

const [n0, n1] = [NodeId.make("n0"), NodeId.make("n1")]

const event = (process: Event["process"], type: Event["type"], f: string, node?: NodeId): Omit<Event, "index"> => ({
  time: 0,
  process,
  type,
  f,
  value: null,
  ...node !== undefined && { node }
})

const make = (...events: ReadonlyArray<Omit<Event, "index">>): History =>
  events.map((event, index) => ({ ...event, index, time: index }))

const history = make(
  event("nemesis", "info", "start-kill"), // 0
  event(0, "invoke", "add", n1),
  event(1, "invoke", "add", n0),
  event(0, "ok", "add"), // 3
  event(0, "invoke", "read", n1),
  event(1, "info", "add"),
  event(7, "info", "crash"), // 6: ends nothing
  event(0, "ok", "read"),
  event(2, "invoke", "add", n0),
  event(2, "fail", "add"), // 9
  event(3, "invoke", "read", n0),
  event(3, "ok", "read"),
  event(4, "invoke", "read", n0) // never ends
)

const indices = ({ completion, invoke }: Operations.Operation) => [invoke.index, completion?.index]

describe("Operations", () => {
  it("pairs what begins with what ends it", () => {
    const { all, nodes, of } = Operations.fold(history)
    assert.deepStrictEqual(all.map(indices), [[1, 3], [2, 5], [4, 7], [8, 9], [10, 11], [12, undefined]])
    assert.deepStrictEqual(all.map(({ id }) => id), [0, 1, 2, 3, 4, 5])
    assert.deepStrictEqual(nodes, [n1, n0])
    assert.deepStrictEqual(all.map(Operations.outcome), ["ok", "unknown", "ok", "fail", "ok", "unknown"])
    assert.deepStrictEqual(
      history.map((event) => of(event)?.id),
      [undefined, 0, 1, 0, 2, 1, undefined, 2, 3, 3, 4, 4, 5]
    )
    assert.deepStrictEqual(Operations.completed(history).map(({ id }) => id), [0, 1, 2, 3, 4])
  })

  it("knows what a node was asked last", () => {
    const operations = Operations.fold(history)
    assert.strictEqual(Operations.lastAsked(operations, n0)?.id, 5)
    assert.strictEqual(Operations.lastAsked(operations, n0, "add")?.id, 3)
    assert.isUndefined(Operations.lastAsked(operations, NodeId.make("n2")))
  })

  it("walks through the history in its order", () => {
    const steps: Array<string> = []
    Operations.walk(Operations.fold(history), {
      begin: ({ id }) => void steps.push(`begin ${id}`),
      end: ({ id }) => void steps.push(`end ${id}`),
      fault: ({ f }) => void steps.push(f)
    })
    assert.strictEqual(
      steps.join(", "),
      "start-kill, begin 0, begin 1, end 0, begin 2, end 1, end 2, begin 3, end 3, begin 4, end 4, begin 5"
    )
  })

  it("knows the reads at the end: the last of a process, ok, and begun when every write had ended", () => {
    const those = { isRead: ({ f }: Event) => f === "read", isWrite: ({ f }: Event) => f === "add" }
    assert.deepStrictEqual(Operations.finalReads(Operations.fold(history), those).map(indices), [[10, 11]])
    assert.deepStrictEqual(
      Operations.finalReads(Operations.fold(history.slice(0, 8)), those).map(indices),
      [],
      "1 had not ended"
    )
  })
})
