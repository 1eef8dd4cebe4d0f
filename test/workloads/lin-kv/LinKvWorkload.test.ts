import { assert, describe, it } from "@effect/vitest"
import { LinKvProxy } from "../../../src/programs/LinKvProxy.ts"
import { ClientId } from "../../../src/schema/Address.ts"
import type { Json } from "../../../src/schema/Json.ts"
import * as Nemesis from "../../../src/simulator/faults/Nemesis.ts"
import type { Program } from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import { LinKvWorkload } from "../../../src/workloads/lin-kv/LinKvWorkload.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds } from "../../Seeds.ts"
import * as Told from "../../Told.ts"
import * as Wrong from "../../wrong/LinKvNodes.ts"

/** So many operations, which workers begin in turn. */
const draw = (seed: number, crew: { readonly nodeCount: number; readonly workers: number }, count: number) => {
  const next = LinKvWorkload.generator(SeededRandom.make(seed), crew)
  return Array.from({ length: count }, (_, i) => {
    const worker = i % crew.workers
    const { f, value } = next(ClientId.make(`c${worker}`), worker)
    const [key, of] = value as readonly [number, Json] // as the workload says
    return { worker, f, key, of }
  })
}

const run = (options: Partial<Simulation.Options>) =>
  Told.results(
    Simulation.run({ ...Simulation.defaults, workload: LinKvWorkload, program: LinKvProxy, ...options }).results()
  )

const { onlyStrict, needs, usual, ...nodes } = Wrong

describe("LinKvWorkload", () => {
  const drawn = draw(1, { nodeCount: 3, workers: 12 }, 20_000)
  const share = (is: (one: (typeof drawn)[number]) => boolean): number => drawn.filter(is).length / drawn.length

  it("2n workers share a key, of which the first half reads; the others write once for two cas", () => {
    assert.isTrue(drawn.every(({ f, worker }) => (f === "read") === (worker % 6 < 3)))
    assert.approximately(share(({ f }) => f === "write"), 1 / 6, 0.01)
    assert.approximately(share(({ f }) => f === "cas"), 1 / 3, 0.01)
    const groups = new Map<number, Set<number>>()
    for (const { key, worker } of drawn) groups.set(key, (groups.get(key) ?? new Set()).add(Math.floor(worker / 6)))
    for (const [key, workers] of groups) assert.strictEqual(workers.size, 1, `key ${key}`)
  })

  it("keys are whole numbers that are used 108 to 120 times and never again, values are 0 to 4", () => {
    const uses = new Map<number, number>()
    for (const { key } of drawn) uses.set(key, (uses.get(key) ?? 0) + 1)
    const counts = [...uses].filter(([key]) => key < uses.size - 2).map(([, count]) => count)
    assert.isAbove(counts.length, 100)
    assert.isTrue(counts.every((count) => count >= 108 && count <= 120), counts.join(" "))
    assert.deepStrictEqual([...uses.keys()].toSorted((a, b) => a - b), [...uses.keys()].map((_, i) => i))
    const values = new Set(drawn.flatMap(({ f, of }) => f === "read" ? [] : [of].flat()))
    assert.deepStrictEqual([...values].toSorted(), [0, 1, 2, 3, 4])
  })

  it("a key is left when 20 clients had to do with it", () => {
    const next = LinKvWorkload.generator(SeededRandom.make(1), { nodeCount: 3, workers: 6 })
    const keys = Array.from({ length: 60 }, (_, i) => {
      const [key] = next(ClientId.make(`c${i}`), i % 6).value as readonly [number, Json] // as the workload says
      return key
    })
    assert.deepStrictEqual(keys.map((key) => key === 0).lastIndexOf(true), 19)
  })

  it("where workers are too few to share a key as they should, half of the operations read", () => {
    const few = draw(1, { nodeCount: 5, workers: 3 }, 6000)
    assert.approximately(few.filter(({ f }) => f === "read").length / few.length, 0.5, 0.03)
  })

  it("clients wait for ten times the mean latency, and for 1 s at least", () => {
    assert.deepStrictEqual([0, 50, 100, 300].map((mean) => LinKvWorkload.clientTimeout?.(mean)), [
      1000,
      1000,
      1000,
      3000
    ])
  })

  it("finds nothing wrong with a proxy to lin-kv, under all faults and loss", () => {
    for (const seed of seeds(10)) {
      const { findings, okFraction, operations, valid } = run({
        seed,
        concurrency: 12,
        rate: 100,
        timeLimit: 10_000,
        latency: { mean: [0, 50, 200][seed % 3]!, dist: "exponential" },
        nemesis: Nemesis.faults,
        nemesisInterval: 1000,
        loss: 0.05,
        scheduling: seed % 2 === 0 ? "fifo" : "random"
      })
      assert.isTrue(valid, `seed ${seed}: ${findings.join("; ")}`)
      assert.isAbove(operations.ok, 30, `seed ${seed}, ${okFraction}`)
    }
  })

  it("a proxy needs two messages an operation", () => {
    const { messagesPerOperation, valid } = run(usual)
    assert.isTrue(valid)
    assert.strictEqual(messagesPerOperation.servers, 2)
  })

  for (const [name, program] of Object.entries<Program>(nodes)) {
    const options = { ...usual, ...needs[name] }
    const isStrict = onlyStrict.includes(name)
    it(`finds ${name}, by ${isStrict ? "strict" : "Maelstrom's"} rules, and nothing against a proxy there`, () => {
      const found = seeds(20).some((seed) => {
        const { findings } = Simulation.run({
          ...Simulation.defaults,
          workload: LinKvWorkload,
          ...options,
          program,
          seed
        })
          .results()
        if (isStrict) assert.isTrue(findings.every(({ rules }) => rules === "strict"), `seed ${seed}`)
        return findings.some(({ kind, rules }) => kind === "not linearizable" && (isStrict || rules === "maelstrom"))
      })
      assert.isTrue(found)
      for (const seed of seeds(3)) {
        const { findings, valid } = run({ ...options, seed })
        assert.isTrue(valid, `seed ${seed}: ${findings.join("; ")}`)
      }
    })
  }
})
