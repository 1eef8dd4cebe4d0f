import { assert, describe, it } from "@effect/vitest"
import * as Finding from "../../../src/workloads/finding/Finding.ts"
import * as Rules from "../../../src/workloads/finding/Rules.ts"

const lost = Finding.once("set", "lost", "maelstrom")
const vanished = Finding.once("set", "vanished", "strict")
const neverOk = { ...Finding.once("run", "never ok", "maelstrom"), unknownBy: ["strict"] } as const
const nothing = {
  ...Finding.once("set", "nothing to judge by", "maelstrom"),
  unknownBy: ["maelstrom", "strict"]
} as const
const nothingOfOurs = { ...Finding.once("kafka", "nothing to judge by", "strict"), unknownBy: ["strict"] } as const

/** By Maelstrom's rules, by strict ones, and by those where availability is asked for. */
const judge = (...findings: ReadonlyArray<Finding.Finding>): ReadonlyArray<Rules.Validity> => [
  Rules.judge({ rules: "maelstrom", availability: 0 }, findings),
  Rules.judge({ rules: "strict", availability: 0 }, findings),
  Rules.judge({ rules: "strict", availability: 0.1 }, findings)
]

describe("Rules", () => {
  it("what is beyond Maelstrom counts by strict rules alone", () => {
    assert.deepStrictEqual(judge(), ["valid", "valid", "valid"])
    assert.deepStrictEqual(judge(lost), ["invalid", "invalid", "invalid"])
    assert.deepStrictEqual(judge(vanished), ["valid", "invalid", "invalid"])
    assert.deepStrictEqual(Rules.split("maelstrom", [vanished, lost]), { counted: [lost], beyond: [vanished] })
    assert.deepStrictEqual(Rules.split("strict", [vanished, lost]), { counted: [vanished, lost], beyond: [] })
  })

  it("where nothing could be judged, a run is unknown, unless availability is asked for", () => {
    assert.deepStrictEqual(judge(neverOk), ["invalid", "unknown", "invalid"])
    assert.deepStrictEqual(judge(nothing), ["unknown", "unknown", "invalid"])
    assert.deepStrictEqual(judge(nothingOfOurs), ["valid", "unknown", "invalid"])
    assert.deepStrictEqual(judge(nothing, vanished), ["unknown", "invalid", "invalid"])
    assert.deepStrictEqual(judge(nothing, lost), ["invalid", "invalid", "invalid"])
  })

  it("tells what went wrong from what could not be judged", () => {
    assert.deepStrictEqual(Rules.wrong("strict", [nothing, neverOk, vanished]), [vanished])
    assert.deepStrictEqual(Rules.wrong("maelstrom", [nothing, neverOk, vanished]), [neverOk])
  })
})
