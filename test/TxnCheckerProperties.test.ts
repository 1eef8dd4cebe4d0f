import { assert, describe, it } from "@effect/vitest"
import type { History } from "../src/bench/History.ts"
import * as SeededRandom from "../src/bench/SeededRandom.ts"
import type { ConsistencyModel } from "../src/bench/transactions/ConsistencyModel.ts"
import * as ListAppend from "../src/bench/transactions/ListAppend.ts"
import * as RwRegister from "../src/bench/transactions/RwRegister.ts"
import type { Verdict } from "../src/bench/Verdict.ts"
import * as Exhaustive from "./transactions/Exhaustive.ts"
import * as Stores from "./transactions/Stores.ts"

const seeds = (count: number): ReadonlyArray<number> =>
  Array.from({ length: Number(process.env["SEEDS"] ?? 1) * count }, (_, seed) => seed)

const check = (kind: Stores.Kind, history: History, model: ConsistencyModel): Verdict =>
  (kind === "w" ? RwRegister : ListAppend).check(history, [model])

const kinds = [["w", "registers"], ["append", "lists"]] as const

const assertValid = ({ findings }: Verdict, seed: number): void =>
  assert.isEmpty(findings, `seed ${seed}: ${findings.join("\n")}`)

describe("what a store promises is never found broken", { timeout: 60_000 }, () => {
  for (const [kind, name] of kinds) {
    it(`one transaction after the other is strict serializable, on ${name}`, () => {
      for (const seed of seeds(20)) {
        const random = SeededRandom.make(seed)
        const history = Stores.observe(Stores.serial(), random, {
          kind,
          transactions: 200,
          clients: 10,
          nodes: 5,
          failures: 0.1,
          unknowns: 0.1,
          generator: seed % 2 === 0 ? {} : { keyCount: 2, maxWritesPerKey: 100 }
        })
        assertValid(check(kind, history, "strict-serializable"), seed)
      }
    })

    it(`snapshots, however old, are snapshot isolation, on ${name}`, () => {
      let skewed = 0
      for (const seed of seeds(20)) {
        const random = SeededRandom.make(seed)
        const store = Stores.snapshot(random.fork("store"), seed % 4 === 0 ? 0 : 20)
        const history = Stores.observe(store, random, {
          kind,
          transactions: 200,
          clients: 10,
          nodes: 5,
          failures: 0.1,
          unknowns: 0.1
        })
        assertValid(check(kind, history, "snapshot-isolation"), seed)
        if (!check(kind, history, "serializable").valid) skewed++
      }
      assert.isAbove(skewed, 5)
    })
  }

  it("a replica a node, where the last writer wins, is causal", () => {
    let torn = 0
    for (const seed of seeds(30)) {
      const random = SeededRandom.make(seed)
      const nodes = 2 + seed % 4
      const history = Stores.observe(Stores.causal(random.fork("store"), nodes), random, {
        kind: "w",
        transactions: 200,
        clients: 2 * nodes,
        nodes,
        failures: 0.1,
        unknowns: 0.1,
        background: seed % 3
      })
      assertValid(check("w", history, "causal"), seed)
      if (!check("w", history, "snapshot-isolation").valid) torn++
    }
    assert.isAbove(torn, 15)
  })
})

describe("small histories, beside every order of their transactions", { timeout: 60_000 }, () => {
  const models = ["read-atomic", "causal", "snapshot-isolation", "serializable", "strict-serializable"] as const
  for (const [kind, name] of kinds) {
    for (const model of models) {
      const isExact = kind === "append" || model === "read-atomic" || model === "causal"
      it(`${model} on ${name}: ${isExact ? "the same verdict" : "never a false alarm"}`, () => {
        let valid = 0
        let invalid = 0
        let missed = 0
        for (const seed of seeds(150)) {
          const random = SeededRandom.make(seed)
          const history = Stores.chaos(random, kind, 2 + seed % 5)
          const truth = Exhaustive.isValid(history, model, kind === "append")
          const verdict = check(kind, history, model)
          const story = `seed ${seed}: ${verdict.findings.join("\n")}\n${
            history.map((e) => JSON.stringify(e)).join("\n")
          }`
          if (truth) {
            valid++
            assert.isTrue(verdict.valid, story)
          } else {
            invalid++
            if (verdict.valid) missed++
            assert.isTrue(!verdict.valid || !isExact, story)
          }
        }
        assert.isAbove(valid, 10)
        assert.isAbove(invalid, 10)
        if (process.env["SEEDS"] !== undefined) console.log(kind, model, { valid, invalid, missed })
      })
    }
  }
})
