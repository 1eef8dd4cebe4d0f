import { assert, describe, it } from "@effect/vitest"
import type { Json } from "../../../src/schema/Json.ts"
import * as Register from "../../../src/simulator/services/Register.ts"

const cas = (from: Json, to: Json, create?: Json) =>
  ({ type: "cas", key: "x", from, to, ...(create === undefined ? {} : { create_if_not_exists: create }) }) as const

const done = (to: Json): Register.Step => ({ reply: { type: "cas_ok" }, writes: to })

const missing: Register.Step = { reply: { type: "error", code: 20, text: "key does not exist" }, writes: undefined }

describe("Register", () => {
  it("read: the value, null included, or error 20", () => {
    const read = { type: "read", key: "x" } as const
    assert.deepStrictEqual(Register.step(undefined, read), missing)
    for (const value of [null, 0, false, "", [1, { a: 2 }]]) {
      assert.deepStrictEqual(Register.step(value, read), { reply: { type: "read_ok", value }, writes: undefined })
    }
  })

  it("write: always", () => {
    for (const present of [undefined, null, 1]) {
      const step = Register.step(present, { type: "write", key: "x", value: null })
      assert.deepStrictEqual(step, { reply: { type: "write_ok" }, writes: null })
    }
  })

  it("cas: writes on an equal value, compared as JSON", () => {
    assert.deepStrictEqual(Register.step(1, cas(1, 2)), done(2))
    assert.deepStrictEqual(Register.step(null, cas(null, 2)), done(2))
    assert.deepStrictEqual(Register.step({ a: [1], b: 2 }, cas({ b: 2, a: [1] }, null)), done(null))
  })

  it("cas: error 22 on another value, even if it may create", () => {
    for (const create of [undefined, false, true]) {
      assert.deepStrictEqual(Register.step([1, 2], cas([2, 1], 3, create)), {
        reply: { type: "error", code: 22, text: "current value [1,2] is not [2,1]" },
        writes: undefined
      })
    }
    assert.deepInclude(Register.step(1, cas("1", 2)).reply, { code: 22 })
  })

  it("cas: a missing key is error 20, unless it may create, whatever `from` is", () => {
    assert.deepStrictEqual(Register.step(undefined, cas(null, 2)), missing)
    assert.deepStrictEqual(Register.step(undefined, cas(null, 2, false)), missing)
    assert.deepStrictEqual(Register.step(undefined, cas(1, 2, null)), missing)
    for (const truthy of [true, 0, "", [], "no"]) {
      assert.deepStrictEqual(Register.step(undefined, cas(1, 2, truthy)), done(2))
    }
  })
})
