/** Nodes that keep on disk what they acknowledge: whatever is killed, nothing is lost and nothing goes back. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { GSet } from "../../../src/programs/GSet.ts"
import * as Registry from "../../../src/registry/Registry.ts"
import { NodeId } from "../../../src/schema/Address.ts"
import type * as Nemesis from "../../../src/simulator/faults/Nemesis.ts"
import type { Script } from "../../../src/simulator/faults/Script.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds } from "../../Seeds.ts"
import * as Told from "../../Told.ts"
import * as Mutants from "./Mutants.ts"

const workloads = ["broadcast", "g-set", "g-counter", "pn-counter", "kafka", "txn-rw-register"] as const

const faults: ReadonlyArray<Nemesis.Fault> = ["partition", "one-way", "kill", "pause", "clock", "disk"]

/** Kills all nodes at once, again and again, and starts each of them again somewhat later. */
const outages = (random: SeededRandom.SeededRandom, nodeCount: number, duration: number): Script => {
  const nodes = Array.from({ length: nodeCount }, (_, i) => NodeId.make(`n${i}`))
  const times = Array.from({ length: 1 + random.below(4) }, () => random.below(duration))
  return times.flatMap((at) =>
    nodes.flatMap((node) => [
      { deed: "kill", at, node } as const,
      { deed: "start", at: at + random.below(1000), node } as const
    ])
  )
}

const draw = (workload: Registry.WorkloadName, seed: number): Simulation.Options => {
  const random = SeededRandom.make(seed).fork("scenario")
  const nodeCount = 1 + random.below(6)
  const timeLimit = 5000
  const names = Registry.programNames(workload).filter((name) => ["star", "mesh", "relaxed"].includes(name))
  const subject = Registry.find(workload, random.pick(names))!
  return {
    ...Simulation.defaults,
    ...subject,
    settings: { durable: true },
    seed,
    nodeCount,
    timeLimit,
    concurrency: 2 * nodeCount,
    rate: random.pick([10, 50, 200]),
    recovery: 8000,
    latency: { mean: random.pick([0, 5, 20, 100]), dist: random.pick(["constant", "exponential"]) },
    loss: random.pick([0, 0.05]),
    duplicates: random.pick([0, 0.1]),
    nemesis: faults.filter(() => random.chance(0.4)),
    nemesisInterval: random.pick([300, 1000, 3000]),
    scheduling: random.pick(["fifo", "random"]),
    script: random.chance(0.7) ? outages(random, nodeCount, timeLimit) : [],
    config: { GOSSIP_DURABILITY: "disk", GOSSIP_SNAPSHOT_AFTER: random.pick(["200", "2000", "1000000"]) }
  }
}

/** With this seed a node starts while its disk is full, and is ready after five seconds. */
const late = 5014

describe("gossip on disk", () => {
  for (const workload of workloads) {
    it(`${workload}: nothing acknowledged is lost, and nothing that was read goes back`, () => {
      for (const seed of [...seeds(2), ...workload === "broadcast" ? [late] : []]) {
        const options = draw(workload, seed)
        const results = Told.results(Simulation.run(options).results())
        const found = [...results.findings, ...results.workload.findings].join("; ")
        assert.notStrictEqual(results.validity, "invalid", `${workload}, seed ${seed}: ${found}`)
      }
    })
  }
})

const maxSeeds = 20

/** Each is found out by what clients of a set see. */
const mutants: ReadonlyArray<readonly [name: string, find: string, replace: string]> = [
  [
    "speaks before it is safe",
    "=> noted === safe ? undefined : wait",
    "=> undefined"
  ],
  [
    "writes what others have made, and takes its own numbers again",
    'if (event._tag === "Delivered") runs.add(event.entry)',
    'if (event._tag === "Delivered" && !event.entry.origin.endsWith(life.split("-")[0])) runs.add(event.entry)'
  ],
  [
    "writes only what it has made itself",
    'if (event._tag === "Delivered") runs.add(event.entry)',
    'if (event._tag === "Delivered" && event.entry.origin.endsWith(life.split("-")[0])) runs.add(event.entry)'
  ],
  [
    "cuts the journal off before the snapshot is on disk",
    "...Array.from(parts, (part) => ({ part }))",
    ""
  ]
]

describe("gossip on disk that is wrong on purpose", () => {
  for (const [name, find, replace] of mutants) {
    it(`${name}: found out`, async () => {
      const { star } = await Mutants.load([{ module: "services/gossip/Durable", find, replace }])
      const isInvalid = (seed: number): boolean => {
        const options = { ...draw("g-set", seed), program: Effect.provide(GSet, star) }
        return Simulation.run(options).results().validity === "invalid"
      }
      assert.isTrue(Array.from({ length: maxSeeds }, (_, seed) => seed).some(isInvalid))
    })
  }
})
