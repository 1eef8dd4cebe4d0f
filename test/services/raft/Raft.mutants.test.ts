import { assert, describe, it } from "@effect/vitest"
import * as Raft from "../../../src/services/raft/Raft.ts"
import { seeds } from "../../Seeds.ts"
import type * as Cluster from "./Cluster.ts"
import * as Mutants from "./Mutants.ts"
import * as Scenario from "./Scenario.ts"
import type { Property } from "./Watcher.ts"
import * as World from "./World.ts"

/** What goes wrong in a course of events. */
const play = (machine: Cluster.Machine, { script, settings, syncs }: Mutants.Course): ReadonlyArray<Property> => {
  const rules = { machine, settings: { ...World.settings, ...settings }, isSyncImmediate: syncs !== true }
  const { places, watcher } = World.play(rules, World.begin(rules), script)
  const isDeposed = places.every(({ server }) => server.role.type !== "leader")
  return [...watcher.violations.map(({ property }) => property), ...isDeposed ? ["stability"] as const : []]
}

/** Whether it goes wrong in this way under faults, for one of some seeds. */
const isFound = (machine: Cluster.Machine, { scenario, violates }: Mutants.Mutant): boolean =>
  seeds(300).some((seed) => {
    const { cluster } = Scenario.run({ ...Scenario.draw(seed, machine), duration: 4000, ...scenario })
    return cluster.watcher.violations.some(({ property }) => property === violates)
  })

describe("Raft that is wrong on purpose", { timeout: 1e6 }, () => {
  for (const mutant of Mutants.mutants) {
    const { course, name, patches, violates } = mutant
    it(`is found out when it ${name}`, async () => {
      const machine = await Mutants.load(patches)
      if (course === undefined) return assert.isTrue(isFound(machine, mutant))
      assert.include(play(machine, course), violates)
      assert.notInclude(play(Raft, course), violates)
    })
  }

  it("with no patch at all is the one that is in use", async () => {
    const machine = await Mutants.load([])
    for (const { course } of Mutants.mutants) {
      if (course !== undefined) assert.deepStrictEqual(play(machine, course), play(Raft, course))
    }
  })
})
