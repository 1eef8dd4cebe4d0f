import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as ExactNumbers from "../../../src/workloads/history/ExactNumbers.ts"

const parse = (line: string): unknown => JSON.parse(ExactNumbers.read(line))

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const kept = ["0", "-0", "1", "9007199254740991", "-9007199254740991", "0.5", "-1.25", "1e-5", "12.5e0", "1.5E-300"]
const lostIntegers = [
  "9007199254740992",
  "9007199254740993",
  "-9007199254740993",
  "1234567890123456789",
  "9".repeat(400)
]
const lostDoubles = ["3.0", "-0.0", "1e3", "1E+3", "10e-1", "0.0", "1e21", "1e400", "-1e400", "1e-400", "1.5e300"]
const lost = [...lostIntegers, ...lostDoubles]

const plain = ["", "a", "3.0", "9007199254740993", "\\", '"3.0', '\\"', ":"]
const marked = ["\u2060", "\u20603.0", "\u2060\u2060", "\u20609007199254740993"]
const strings = [...plain, ...marked].map((string) => JSON.stringify(string))
const escaped = ['"\\u20603.0"', '"\\u2060"', '"\u2060\\u2060"', '"\\n\\u00e9\\\\"']
const structure = ["[", "]", "{", "}", ",", ":", " ", "\t", '"a":', "null", "true"]
const scraps = ['"', "\\", "\u2060", "\\u2060", "-", "+", ".", "e", "E", "0", "1", "n"]

describe("ExactNumbers", () => {
  it("keeps what JavaScript would lose, and only that, by its text", () => {
    for (const literal of kept) assert.strictEqual(ExactNumbers.read(literal), literal)
    for (const literal of lost) {
      assert.isString(parse(literal), literal)
      assert.strictEqual(ExactNumbers.text(parse(literal)), literal)
    }
    assert.strictEqual(new Set(lost.map(parse)).size, lost.length)
  })

  it("does not touch keys", () => {
    const line = '{"\u20603.0":{"9007199254740993" : 1, "\\u20601" :[]}, "3.0"\n:"x"}'
    assert.strictEqual(ExactNumbers.read(line), line)
    assert.strictEqual(ExactNumbers.write(line), line)
  })

  it("tells a node's own marked string from a number", () => {
    for (const string of ['"\u20603.0"', '"\\u20603.0"']) {
      assert.notStrictEqual(parse(string), parse("3.0"))
      assert.strictEqual(ExactNumbers.text(parse(string)), '"\u20603.0"')
    }
  })

  it("makes no JSON of what is none", () => {
    for (const line of ["03.0", "3.0.0", "+3.0", "3.", ".30e0", "{3.0:1}", "--1e3", "1e3e", '"3.0', "[1.0 2.0]"]) {
      assert.isFalse(isJson(ExactNumbers.read(line)), line)
    }
  })

  it("is linear in time, and survives any line", () => {
    const long = 1 << 17
    const parts = ['\\"', '"\\\\', "1.0,", "9".repeat(20), " ", '"a" ', "-", '["\u2060', '"\\""']
    for (const part of parts) {
      const line = `${part.repeat(long)},"${'\\"'.repeat(long)}",3.0`
      assert.isTrue(ExactNumbers.write(ExactNumbers.read(line)) === line, part)
    }
  })

  const pieces = Schema.Array(Schema.Literals(["7", ...kept, ...lost, ...strings, ...escaped, ...structure, ...scraps]))

  it.prop("gives any line back, and what is JSON stays so, as what is not", [pieces], ([pieces]) => {
    const line = pieces.join("")
    const read = ExactNumbers.read(line)
    assert.strictEqual(ExactNumbers.write(read), line)
    assert.strictEqual(isJson(read), isJson(line))
  }, { arbitrary: { runs: 5000 } })

  const Leaf = Schema.Literals([
    ...kept.filter((it) => String(Number(it)) === it),
    ...lost,
    ...strings,
    "null",
    "false"
  ])
  const Document = Schema.Array(
    Schema.Struct({ key: Schema.Union([Schema.Literals(strings), Schema.String]), leaf: Leaf })
  )

  it.prop("values that a service has read and written are what they were", [Document], ([fields]) => {
    const object = new Map(fields.map(({ key, leaf }) => [JSON.stringify(`_${key}`), leaf]))
    const line = `[{${[...object].map(([key, leaf]) => `${key}:${leaf}`).join()}},[${
      fields.map(({ leaf }) => leaf).join()
    }]]`
    assert.strictEqual(ExactNumbers.text(parse(line)), line)
  }, { arbitrary: { runs: 2000 } })
})
