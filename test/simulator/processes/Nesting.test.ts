import { assert, describe, it } from "@effect/vitest"
import * as Nesting from "../../../src/simulator/processes/Nesting.ts"

const nested = (levels: number, inside = ""): string => `${"[".repeat(levels)}${inside}${"]".repeat(levels)}`

describe("Nesting", () => {
  it("counts levels of arrays and objects", () => {
    const { deepest, isTooDeep } = Nesting
    assert.isFalse(isTooDeep(nested(deepest)))
    assert.isTrue(isTooDeep(nested(deepest + 1)))
    assert.isTrue(isTooDeep(`${'{"a":'.repeat(deepest + 1)}0`))
    assert.isFalse(isTooDeep(`[${"[],".repeat(2 * deepest)}[]]`))
  })

  it("and no brackets in strings", () => {
    const { deepest, isTooDeep } = Nesting
    const brackets = "[".repeat(deepest + 1)
    for (const text of [brackets, `\\"${brackets}`, `\\\\\\"${brackets}`]) {
      assert.isFalse(isTooDeep(`["${text}"]`), text.slice(0, 9))
      assert.isTrue(isTooDeep(nested(deepest, `["${text}"]`)))
    }
    assert.isTrue(isTooDeep(`["\\\\",${brackets}`), "the string ends before them")
    assert.isFalse(isTooDeep(`"${brackets}`), "it never ends")
  })
})
