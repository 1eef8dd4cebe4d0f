import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Json from "../../src/schema/Json.ts"

const accepts = (value: unknown): boolean => Result.isSuccess(Schema.decodeUnknownResult(Json.Json)(value))

const nested = (depth: number): unknown => JSON.parse("[".repeat(depth) + "]".repeat(depth))

// Each text is a value, and so is the value that it stands for.
const texts = ["null", "true", "1", '"x"', "[]", "{}", "[[]]", "[null]", "[1]", "[1,2]", "[2,1]", '["1",2]']
const objects = ['{"a":1}', '{"a":"1"}', '{"a":{"b":1}}', '{"a":[{"b":1}]}', '{"__proto__":1}', '{"a":1,"b":1}']
const different = [...texts, ...objects].flatMap((text): ReadonlyArray<Json.Json> => [text, JSON.parse(text)])

describe("Json", () => {
  it("accepts what survives a round trip, and nothing else", () => {
    for (const value of different) assert.isTrue(accepts(value), JSON.stringify(value))
    const extremes = [2 ** 53 - 1, 1 - 2 ** 53, 0.1, 1e-300, "\ud800", { deep: [{ er: 2 ** 53 - 1 }] }]
    for (const value of extremes) assert.isTrue(accepts(value), JSON.stringify(value))
    const inexact = [2 ** 53, -(2 ** 53), 1e300, NaN, Infinity, undefined, 1n, { a: [{ b: 2 ** 53 }] }]
    for (const value of inexact) assert.isFalse(accepts(value), String(value))
  })

  it("accepts nesting up to its limit, and survives any", () => {
    assert.isTrue(accepts(nested(Json.maxDepth)))
    assert.isFalse(accepts(nested(Json.maxDepth + 2)))
    assert.isFalse(accepts(nested(1_000_000)))
  })

  it("is equal, and has one canonical text, regardless of the order of fields", () => {
    const a = { a: 1, b: { c: [{ d: 1, e: 2 }], f: 3 } }
    const b = { b: { f: 3, c: [{ e: 2, d: 1 }] }, a: 1 }
    assert.isTrue(Json.equals(a, b))
    assert.strictEqual(Json.canonical(a), Json.canonical(b))
  })

  it("tells different values apart", () => {
    assert.strictEqual(new Set(different.map(Json.canonical)).size, different.length)
    for (const a of different) for (const b of different) assert.strictEqual(Json.equals(a, b), a === b)
  })
})
