import { assert, describe, it } from "@effect/vitest"
import type { Json } from "../../../src/schema/Json.ts"
import * as Eventual from "../../../src/simulator/services/Eventual.ts"
import type { KeyValueRequest, Service } from "../../../src/simulator/services/Service.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds as seedsOf } from "../../Seeds.ts"

const seeds = seedsOf(60)

const read = (service: Service<KeyValueRequest>, key: Json = "x"): Json | undefined => {
  const reply = service.handle("n0", { type: "read", key })
  if (reply.type === "read_ok") return reply.value
  assert.deepInclude(reply, { type: "error", code: 20 })
  return undefined
}

const write = (service: Service<KeyValueRequest>, value: Json, key: Json = "x"): void =>
  assert.deepStrictEqual(service.handle("n0", { type: "write", key, value }), { type: "write_ok" })

describe("Eventual", () => {
  it("two replicas, of which each request meets one, and which never meet each other", () => {
    for (const seed of seeds) {
      const service = Eventual.make(SeededRandom.make(seed))
      for (const value of [1, 2, 3]) write(service, value)
      const held = () => new Set(Array.from({ length: 60 }, () => read(service)))
      const early = held()
      assert.isTrue(early.has(3), `the last write is there, at one of them, seed ${seed}`)
      assert.isAtMost(early.size, 2, `seed ${seed}`)
      for (let i = 0; i < 300; i++) read(service)
      assert.deepStrictEqual(held(), early, `and nothing spreads, seed ${seed}`)
      for (const value of held()) assert.include([1, 2, 3, undefined], value)
    }
  })

  it("a write may not be there to be read, even by its writer", () => {
    const reads = seeds.map((seed) => {
      const service = Eventual.make(SeededRandom.make(seed))
      write(service, 1)
      return read(service)
    })
    assert.sameMembers([...new Set(reads)], [1, undefined])
  })

  it("a value may be seen and then not seen", () => {
    const goesBack = seeds.filter((seed) => {
      const service = Eventual.make(SeededRandom.make(seed))
      write(service, 1)
      const reads = Array.from({ length: 10 }, () => read(service))
      return reads.lastIndexOf(undefined) > reads.indexOf(1) && reads.includes(1)
    })
    assert.isAbove(goesBack.length, 0)
  })

  it("cas creates nothing", () => {
    for (const seed of seeds) {
      const { handle } = Eventual.make(SeededRandom.make(seed))
      for (let i = 0; i < 10; i++) {
        const reply = handle("n0", { type: "cas", key: "x", from: 0, to: 1, create_if_not_exists: true })
        assert.deepInclude(reply, { type: "error", code: 20 }, `seed ${seed}`)
      }
    }
  })
})
