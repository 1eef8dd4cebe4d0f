import { assert, describe, it } from "@effect/vitest"
import hashes from "./hashes.json" with { type: "json" }
import { hash, runs } from "./Runs.ts"

const expected: Readonly<Record<string, ReadonlyArray<string>>> = hashes
const seeds = Array.from({ length: Number(process.env["GOLDEN_SEEDS"] ?? 1) }, (_, seed) => seed)
const only = process.env["GOLDEN"] ?? ""

/** `GOLDEN_SEEDS=10` compares all that was recorded, `GOLDEN=kafka` only what has that in its name. */
describe("histories are what they were before the house was rebuilt", { timeout: 1e6 }, () => {
  it.each(runs.filter(([name]) => name.includes(only)))("%s", (name, options) => {
    assert.deepStrictEqual(
      seeds.map((seed) => hash(options(seed))),
      expected[name]!.slice(0, seeds.length)
    )
  })
})
