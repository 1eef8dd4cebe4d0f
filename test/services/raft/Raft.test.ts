import { assert, describe, it } from "@effect/vitest"
import * as Raft from "../../../src/services/raft/Raft.ts"
import { seeds } from "../../Seeds.ts"
import * as Scenario from "./Scenario.ts"
import * as Walk from "./Walk.ts"

describe("Raft", { timeout: 1e6 }, () => {
  it("keeps its promises under all faults", () => {
    for (const seed of seeds(40)) {
      const { cluster } = Scenario.run(Scenario.draw(seed, Raft))
      assert.deepStrictEqual(cluster.watcher.violations, [], `seed ${seed}`)
    }
  })

  it("keeps its promises whatever happens in whatever order", () => {
    for (const seed of seeds(100)) {
      const { course, world } = Walk.run(Raft, seed)
      assert.deepStrictEqual(world.watcher.violations, [], `seed ${seed}: ${course.join("\n")}`)
    }
  })
})
