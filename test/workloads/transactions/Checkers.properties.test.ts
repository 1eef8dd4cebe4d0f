import { assert, describe, it } from "@effect/vitest"
import type { Json } from "../../../src/schema/Json.ts"
import type { Verdict } from "../../../src/workloads/finding/Verdict.ts"
import type { Event, History } from "../../../src/workloads/history/History.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import * as ConsistencyModel from "../../../src/workloads/transactions/ConsistencyModel.ts"
import * as ListAppendChecker from "../../../src/workloads/transactions/ListAppendChecker.ts"
import * as RwRegisterChecker from "../../../src/workloads/transactions/RwRegisterChecker.ts"
import * as Exhaustive from "./Exhaustive.ts"
import * as Stores from "./Stores.ts"

const seeds = (count: number): ReadonlyArray<number> =>
  Array.from({ length: Number(process.env["SEEDS"] ?? 1) * count }, (_, seed) => seed)

const check = (kind: Stores.Kind, history: History, model: ConsistencyModel.ConsistencyModel): Verdict =>
  (kind === "w" ? RwRegisterChecker : ListAppendChecker).check(history, [model])

const kinds = [["w", "registers"], ["append", "lists"]] as const

const assertValid = ({ findings }: Verdict, seed: number): void =>
  assert.isEmpty(findings, `seed ${seed}: ${findings.join("\n")}`)

describe("what a store promises is never found broken", () => {
  for (const [kind, name] of kinds) {
    it(`one transaction after the other is strict serializable, on ${name}`, () => {
      for (const seed of seeds(12)) {
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
      for (const seed of seeds(12)) {
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
      assert.isAbove(skewed, 3)
    })
  }

  it("a replica a node, where the last writer wins, is causal", () => {
    let torn = 0
    for (const seed of seeds(15)) {
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
    assert.isAbove(torn, 7)
  })

  it("writes one after the other, and reads of whatever there was, are read uncommitted", () => {
    let dirty = 0
    for (const seed of seeds(15)) {
      const random = SeededRandom.make(seed)
      const history = Stores.observe(Stores.uncommitted(random.fork("store")), random, {
        kind: "w",
        transactions: 200,
        clients: 10,
        nodes: 5,
        failures: 0.1,
        unknowns: 0.1
      })
      assertValid(check("w", history, "read-uncommitted"), seed)
      if (!check("w", history, "read-committed").valid) dirty++
    }
    assert.isAbove(dirty, 7)
  })
})

type Mutation = (history: History, random: SeededRandom.SeededRandom) => History | undefined

type Operations = ReadonlyArray<Stores.Operation>

/** Changes one transaction that was ok, of those that the change concerns. */
const change = (
  isConcerned: (event: Event) => boolean,
  to: (event: Event, random: SeededRandom.SeededRandom) => Event
): Mutation =>
(history, random) => {
  const concerned = history.filter((event) => event.type === "ok" && event.f === "txn" && isConcerned(event))
  if (concerned.length === 0) return undefined
  const chosen = random.pick(concerned)
  return history.map((event) => event === chosen ? to(event, random) : event)
}

const operations = ({ value }: Event): Operations => value as Operations // the stores' are

/** Changes what a transaction reads first of a key that it had not written. */
const changeRead = (
  isConcerned: (value: Json) => boolean,
  to: (value: Json) => Json
): Mutation =>
(history, random) => {
  const indexOf = (event: Event): number =>
    operations(event).findIndex(([f, key, value], i) =>
      f === "r" && isConcerned(value)
      && !operations(event).some(([, other], j) => j !== i && other === key)
    )
  return change((event) => indexOf(event) >= 0, (event) => {
    const index = indexOf(event)
    const value = operations(event).map((operation, i) => {
      const [f, key, value] = operation
      return i === index ? [f, key, to(value)] : operation
    })
    return { ...event, value }
  })(history, random)
}

const listOf = (value: Json): ReadonlyArray<Json> => Array.isArray(value) ? value : []

const hasRead = (history: History, event: Event): boolean =>
  operations(event).some(([f, key, value]) =>
    f !== "r" && history.some((other) =>
      other !== event && other.type === "ok"
      && operations(other).some(([f, k, v]) => f === "r" && k === key && (v === value || listOf(v).includes(value)))
    )
  )

describe("what is falsified afterwards is found", () => {
  const aborted = (history: History, random: SeededRandom.SeededRandom): History | undefined =>
    change((event) => hasRead(history, event), (event) => ({ ...event, type: "fail" }))(history, random)
  // Where not every one is rejected, the falsified history can still be valid: what overlaps may come in either order.
  const mutations: ReadonlyArray<
    readonly [name: string, Stores.Kind, ConsistencyModel.ConsistencyModel, Mutation, least: number]
  > = [
    [
      "a list without its last element",
      "append",
      "strict-serializable",
      changeRead((value) => listOf(value).length > 0, (value) => listOf(value).slice(0, -1)),
      0.5
    ],
    ["an empty list", "append", "serializable", changeRead((value) => listOf(value).length > 4, () => null), 0.5],
    [
      "two elements the other way round",
      "append",
      "read-uncommitted",
      changeRead((value) => listOf(value).length > 1, (value) => listOf(value).toReversed()),
      1
    ],
    ["an element too many", "append", "read-uncommitted", changeRead(() => true, (value) => [...listOf(value), -1]), 1],
    ["what was read was refused", "append", "read-committed", aborted, 1],
    ["a register before its time", "w", "read-uncommitted", changeRead(() => true, () => -1), 1],
    [
      "a register as it was before",
      "w",
      "strict-serializable",
      changeRead((value) => typeof value === "number" && value > 1, (value) => Number(value) - 1),
      0.3
    ],
    [
      "a register as it was at first",
      "w",
      "causal",
      changeRead((value) => typeof value === "number" && value > 4, () => null),
      0.8
    ],
    ["what was read was refused", "w", "read-committed", aborted, 1]
  ]
  for (const [name, kind, model, mutate, least] of mutations) {
    it(`${name}, on ${kind === "w" ? "registers" : "lists"}: breaks ${model}`, () => {
      let mutated = 0
      let rejected = 0
      for (const seed of seeds(20)) {
        const random = SeededRandom.make(seed)
        const store = model === "causal" ? Stores.causal(random.fork("store"), 3) : Stores.serial()
        const history = Stores.observe(store, random, { kind, transactions: 100, clients: 6, nodes: 3 })
        const falsified = mutate(history, random)
        if (falsified === undefined) continue
        mutated++
        if (!check(kind, falsified, model).valid) rejected++
      }
      assert.isAtLeast(mutated, 15)
      assert.isAtLeast(rejected / mutated, least)
      if (process.env["SEEDS"] !== undefined) console.log(name, kind, model, `${rejected} of ${mutated}`)
    })
  }
})

describe("small histories, beside every order of their transactions", () => {
  const storyOf = (seed: number, history: History, { findings }: Verdict): string =>
    [`seed ${seed}: ${findings.join("\n")}`, ...history.map((event) => JSON.stringify(event))].join("\n")

  /** Of registers too little is known for the others. */
  const exact: ReadonlyArray<ConsistencyModel.ConsistencyModel> = [
    "read-uncommitted",
    "read-committed",
    "read-atomic",
    "causal"
  ]
  /** Where Elle, and this, look for less than there could be, whatever is known. */
  const partial: ReadonlyArray<ConsistencyModel.ConsistencyModel> = ["cursor-stability", "update-atomic"]
  for (const [kind, name] of kinds) {
    for (const model of ConsistencyModel.names) {
      const isExact = exact.includes(model) || (kind === "append" && !partial.includes(model))
      it(`${model} on ${name}: ${isExact ? "the same verdict" : "never a false alarm"}`, () => {
        let valid = 0
        let invalid = 0
        let missed = 0
        for (const seed of seeds(100)) {
          const random = SeededRandom.make(seed)
          const history = Stores.chaos(random, kind, 2 + seed % 5)
          const truth = Exhaustive.isValid(history, model, kind === "append")
          const verdict = check(kind, history, model)
          const story = storyOf(seed, history, verdict)
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
        assert.isAbove(invalid, kind === "w" && model.includes("uncommitted") ? 0 : 10)
        if (process.env["SEEDS"] !== undefined) console.log(kind, model, { valid, invalid, missed })
      })
    }
  }

  for (const model of ["read-uncommitted", "read-committed"] as const) {
    it(`${model} on registers that are read before they are written: the same verdict`, () => {
      const found = new Map<string, number>()
      let valid = 0
      for (const seed of seeds(400)) {
        const random = SeededRandom.make(seed)
        const history = Stores.dreams(random, 2 + seed % 4)
        const verdict = check("w", history, model)
        assert.strictEqual(
          verdict.valid,
          Exhaustive.isValid(history, model, false),
          storyOf(seed, history, verdict)
        )
        if (verdict.valid) valid++
        for (const anomaly of Object.keys(verdict.figures["anomalies"] as object)) {
          found.set(anomaly, (found.get(anomaly) ?? 0) + 1)
        }
      }
      assert.isAbove(valid, 30)
      for (const anomaly of ["cyclic-versions", "G0"]) assert.isAbove(found.get(anomaly) ?? 0, 10, anomaly)
      if (process.env["SEEDS"] !== undefined) console.log(model, { valid, found })
    })
  }
})
