import { assert, describe, it } from "@effect/vitest"
import * as Cluster from "./Cluster.ts"
import * as Mutants from "./Mutants.ts"
import * as Overload from "./Overload.ts"

const seed = 1

/** Without a bound on what is in flight. */
const boundless = Mutants.patch(
  "Sending",
  "{ operations: 6000, bytes: 262_144 }",
  "{ operations: Infinity, bytes: Infinity }"
)

/** What makes nodes drown that have a backlog to catch up with, and is no fault where computing takes no time. */
const mutants: Readonly<Record<string, ReadonlyArray<Mutants.Patch>>> = {
  "sends what is under way again because a clock struck": [
    boundless,
    Mutants.patch("Sending", "{ operations: 100, bytes: 2048 }", "{ operations: Infinity, bytes: Infinity }")
  ],
  "never gives way to clients": [boundless, Mutants.patch("Pace", "lastSegment + turn", "-Infinity")]
}

describe("Gossip with a backlog, where computing has a price", () => {
  it("catches up, says little twice, and answers clients meanwhile", () => {
    const outcome = Overload.run(Cluster.layers.star, seed)
    const text = JSON.stringify(outcome)
    assert.isTrue(outcome.isValid, text)
    assert.isAtMost(outcome.caughtUpAfter, 10_000, text)
    assert.isAtMost(outcome.slowestAnswer, 1000, text)
    assert.isAtMost(outcome.bytes, 1.5, text)
  })

  for (const [name, patches] of Object.entries(mutants)) {
    it(`drowns if it ${name}`, async () => {
      const { star } = await Mutants.load(patches)
      const outcome = Overload.run(star, seed)
      assert.isAbove(outcome.slowestAnswer, 1500, JSON.stringify(outcome))
    })
  }
})
