import { assert, describe, it } from "@effect/vitest"
import * as Chronicle from "../../src/report/Chronicle.ts"
import { NodeId } from "../../src/schema/Address.ts"
import type * as History from "../../src/workloads/history/History.ts"

const [n0, n1] = ["n0", "n1"].map((id) => NodeId.make(id)) as [NodeId, NodeId]

const make = (events: ReadonlyArray<Omit<History.Event, "index">>): History.History =>
  events.map((event, index) => ({ index, ...event }))

const history = make([
  { time: 0, process: "nemesis", type: "info", f: "start-kill", value: ["n1"] },
  { time: 1.5, process: 0, type: "invoke", f: "broadcast", value: 7, node: n0 },
  { time: 2, process: 1, type: "invoke", f: "broadcast", value: 8, node: n1 },
  { time: 3.8001, process: 0, type: "ok", f: "broadcast", value: 7 },
  { time: 4, process: 0, type: "invoke", f: "read", value: null, node: n0 },
  { time: 4, process: 0, type: "ok", f: "read", value: [7] },
  { time: 5002, process: 1, type: "info", f: "broadcast", value: 8, error: { _tag: "NoReply" } },
  { time: 12_345.678, process: "nemesis", type: "info", f: "stop-partition", value: null },
  { time: 20_000, process: 6, type: "invoke", f: "read", value: null, node: n1 }
])

describe("Chronicle", () => {
  it("tells what happened, a line for each operation as it begins, and for each deed of the nemesis", () => {
    assert.deepStrictEqual(Chronicle.tell(history).split("\n"), [
      '    0.000 s  start-kill ["n1"]',
      "    0.002 s  process 0 asks n0 to broadcast 7: ok 7, after 2.3 ms",
      "    0.002 s  process 1 asks n1 to broadcast 8: info: no reply in time, after 5000 ms",
      "    0.004 s  process 0 asks n0 to read: ok [7], after 0 ms",
      "   12.346 s  stop-partition",
      "   20.000 s  process 6 asks n1 to read: it never ended",
      ""
    ])
  })
})
