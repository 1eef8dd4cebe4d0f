import { assert, describe, it } from "@effect/vitest"
import * as Logs from "../../../bin/benchmark/Logs.ts"

describe("Raft beside Raft as one writes it first", () => {
  it.each([[3, 100], [5, 100], [3, 1000], [5, 1000]])(
    "takes less than half of its messages: %i nodes, %i operations a second",
    (nodeCount, rate) => {
      const { name, ours, ratio, reference } = Logs.comparison({ nodeCount, rate, timeLimit: 100_000 / rate })
      assert.isAtMost(ratio, 0.5, `${name}: ${ours} beside ${reference}`)
    }
  )
})
