import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ExactSum from "../../src/schema/ExactSum.ts"

const max = Number.MAX_SAFE_INTEGER
const limit = BigInt(max)

const isRefused = <A>(effect: Effect.Effect<A, unknown>): boolean =>
  Effect.runSync(Effect.match(effect, { onSuccess: () => false, onFailure: () => true }))

describe("ExactSum", () => {
  it("says what a number can hold exactly, and nothing else", () => {
    for (const sum of [0n, 1n, -1n, limit, -limit]) assert.strictEqual(BigInt(Effect.runSync(ExactSum.say(sum))), sum)
    for (const sum of [limit + 1n, -limit - 1n, 4n * limit]) assert.isTrue(isRefused(ExactSum.say(sum)), `${sum}`)
  })

  it("refuses with a definite error", () => {
    const error = Effect.runSync(Effect.flip(ExactSum.say(limit + 1n)))
    assert.deepStrictEqual([error.code, error.definite], [14, true])
  })

  it("admits all that keeps the sum in bounds, or brings it nearer to them", () => {
    const cases: ReadonlyArray<readonly [sum: bigint, delta: number, admitted: boolean]> = [
      [limit - 1n, 1, true],
      [limit, 1, false],
      [limit, -max, true],
      [-limit, -1, false],
      [-limit, 1, true],
      [3n * limit, -1, true],
      [3n * limit, -max, true],
      [3n * limit, 1, false],
      [3n * limit, 0, true],
      [-3n * limit, 1, true],
      [-3n * limit, -1, false]
    ]
    for (const [sum, delta, admitted] of cases) {
      assert.strictEqual(isRefused(ExactSum.admit(sum, delta)), !admitted, `${sum} and ${delta}`)
    }
  })
})
