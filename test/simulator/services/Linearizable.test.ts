import { assert, describe, it } from "@effect/vitest"
import * as Linearizable from "../../../src/simulator/services/Linearizable.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"

describe("Linearizable", () => {
  it("every client meets what was written last, under each key its own", () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = SeededRandom.make(seed)
      const { handle } = Linearizable.make()
      const written = new Map<number, number>()
      for (let i = 0; i < 200; i++) {
        const of = `seed ${seed}, request ${i}`
        const client = `n${random.below(3)}`
        const key = random.below(4)
        const present = written.get(key)
        const type = random.pick(["read", "write", "cas"])
        if (type === "write") {
          assert.deepStrictEqual(handle(client, { type: "write", key, value: i }), { type: "write_ok" }, of)
          written.set(key, i)
        } else if (type === "cas" && present !== undefined) {
          assert.deepStrictEqual(handle(client, { type: "cas", key, from: present, to: i }), { type: "cas_ok" }, of)
          written.set(key, i)
        } else {
          const read = handle(client, { type: "read", key })
          if (present === undefined) assert.deepInclude(read, { type: "error", code: 20 }, of)
          else assert.deepStrictEqual(read, { type: "read_ok", value: present }, of)
        }
      }
    }
  })

  it("a cas that fails changes nothing; one that may create does so once", () => {
    const { handle } = Linearizable.make()
    const create = { type: "cas", key: "x", from: 0, to: 1, create_if_not_exists: true } as const
    assert.deepInclude(handle("n0", { type: "cas", key: "x", from: 0, to: 1 }), { type: "error", code: 20 })
    assert.deepInclude(handle("n0", { type: "read", key: "x" }), { type: "error", code: 20 })
    assert.deepStrictEqual(handle("n0", create), { type: "cas_ok" })
    assert.deepInclude(handle("n1", { ...create, to: 2 }), { type: "error", code: 22 })
    assert.deepStrictEqual(handle("n1", { type: "read", key: "x" }), { type: "read_ok", value: 1 })
  })

  it("takes keys by value", () => {
    const { handle } = Linearizable.make()
    handle("n0", { type: "write", key: { a: 1, b: 2 }, value: 1 })
    assert.deepStrictEqual(handle("n0", { type: "read", key: { b: 2, a: 1 } }), { type: "read_ok", value: 1 })
  })
})
