/**
 * Nodes that now and then refuse with a definite error, and do nothing then. They are right: only a node that never
 * answers a final operation is found against.
 */
import { assert, describe, it } from "@effect/vitest"
import { registry } from "../../src/registry/Registry.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import { seeds } from "../Seeds.ts"
import * as Told from "../Told.ts"
import * as Broadcast from "../wrong/BroadcastNodes.ts"
import * as Kafka from "../wrong/KafkaNodes.ts"
import { refusing } from "../wrong/Refusing.ts"

const options = {
  ...Simulation.defaults,
  nodeCount: 3,
  concurrency: 6,
  rate: 50,
  timeLimit: 500,
  recovery: 1500
} satisfies Partial<Simulation.Options>

const { "txn-list-append": lists, "txn-rw-register": registers } = registry

const nodes = {
  "txn-rw-register, 5 % of transactions": {
    workload: registers.workload,
    program: refusing(registers.programs.star.program, ["txn"], 0.05)
  },
  "txn-list-append, 5 % of transactions": {
    workload: lists.workload,
    program: refusing(lists.programs["lin-kv"].program, ["txn"], 0.05)
  },
  "broadcast, 40 % of reads": {
    workload: registry.broadcast.workload,
    program: refusing(Broadcast.right, ["read"], 0.4)
  },
  "kafka, 30 % of polls": {
    workload: registry.kafka.workload,
    program: refusing(Kafka.right, ["poll"], 0.3)
  }
} satisfies Record<string, Partial<Simulation.Options>>

describe("a node that refuses now and then", () => {
  it.each(Object.entries(nodes))("%s: valid whatever the seed", (_, node) => {
    let refusals = 0
    for (const seed of seeds(25)) {
      const { history, results } = Simulation.run({ ...options, ...node, seed })
      const { findings, validity } = Told.results(results())
      assert.notStrictEqual(validity, "invalid", `seed ${seed}: ${findings.join("\n")}`)
      refusals += history.filter(({ tries = 1 }) => tries > 1).length
    }
    assert.isAbove(refusals, 0)
  })

  it("is not available: Maelstrom asks once", () => {
    const run = { ...options, ...nodes["broadcast, 40 % of reads"], rate: 0, availability: 1 }
    const { findings, okFraction } = Told.results(Simulation.run(run).results())
    assert.isBelow(okFraction, 1)
    assert.match(findings.join("\n"), /\d of \d operations were not ok/)
  })

  it("is found if it answers nothing to the end", () => {
    for (const seed of seeds(5)) {
      const mute = refusing(registers.programs.star.program, ["txn"], 1)
      const { kinds } = Told.results(
        Simulation.run({ ...options, ...registers, program: mute, seed, timeLimit: 2000 }).results()
      )
      assert.includeMembers(kinds, ["never ok", "no-final-read"])
    }
  })
})
