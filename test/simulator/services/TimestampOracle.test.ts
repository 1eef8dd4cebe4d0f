import { assert, describe, it } from "@effect/vitest"
import * as TimestampOracle from "../../../src/simulator/services/TimestampOracle.ts"

describe("TimestampOracle", () => {
  it("counts from 0, whoever asks", () => {
    const { handle } = TimestampOracle.make()
    const answers = ["n0", "n1", "n0", "n2"].map((client) => handle(client, { type: "ts" }))
    assert.deepStrictEqual(answers, [0, 1, 2, 3].map((ts) => ({ type: "ts_ok", ts })))
  })
})
