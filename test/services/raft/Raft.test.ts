import { assert, describe, it } from "@effect/vitest"
import * as Raft from "../../../src/services/raft/Raft.ts"
import { seeds } from "../../Seeds.ts"
import * as Scenario from "./Scenario.ts"

describe("Raft", { timeout: 1e6 }, () => {
  it("keeps its promises under all faults", () => {
    for (const seed of seeds(40)) {
      const { cluster } = Scenario.run(Scenario.draw(seed, Raft))
      assert.deepStrictEqual(cluster.watcher.violations, [], `seed ${seed}`)
    }
  })
})
