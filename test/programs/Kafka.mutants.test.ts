import { assert, describe, it } from "@effect/vitest"
import * as Simulation from "../../src/simulator/Simulation.ts"
import { KafkaWorkload } from "../../src/workloads/kafka/KafkaWorkload.ts"
import * as Told from "../Told.ts"
import * as Wrong from "../wrong/KafkaNodes.ts"

const maxSeeds = 10

interface Mutant {
  readonly name: string
  readonly finding: RegExp
  readonly options?: Partial<Simulation.Options>
  readonly patches: ReadonlyArray<Wrong.Patch>
}

/** With so many clients some are free when a node starts again: those that asked while it was down wait for 5 s. */
const kills = {
  nemesis: ["kill"],
  nemesisInterval: 300,
  concurrency: 60,
  latency: { mean: 100, dist: "exponential" }
} as const satisfies Partial<Simulation.Options>

const mutants: ReadonlyArray<Mutant> = [
  {
    name: "serves what is not stable",
    finding: /^skipped by a poll: /,
    patches: [{
      module: "programs/KafkaCopy",
      find: "unstable.add(entry)",
      replace: "index.add(entry.operation.key, entry.operation)"
    }]
  },
  {
    name: "takes for stable what it has itself",
    finding: /^skipped by a poll: /,
    patches: [{
      module: "programs/KafkaCopy",
      find: "sequence <= (frontier.get(origin) ?? 0)",
      replace: "frontier !== undefined && origin !== undefined && sequence > 0"
    }]
  },
  {
    name: "takes for stable what all nodes but one have",
    finding: /^skipped by a poll: /,
    patches: [{
      module: "services/gossip/replica/Frontiers",
      find: "copies === 1 ? log.end() : nthLargest(confirmed, copies - 1)",
      replace: "copies <= 2 ? log.end() : nthLargest(confirmed, copies - 2)"
    }]
  },
  {
    name: "takes offsets that another node takes as well",
    finding: /^inconsistent offsets: /,
    patches: [{
      module: "programs/KafkaOffsets",
      find: "Offset.make(least + (place - least % nodeCount + nodeCount) % nodeCount)",
      replace: "Offset.make(least)"
    }]
  },
  {
    name: "serves before it is recovered, and takes offsets again",
    finding: /^inconsistent offsets: /,
    options: kills,
    patches: [
      {
        module: "programs/Kafka",
        find: "Recovery.make(replica, (",
        replace: "Recovery.make({ ...replica, recovered: Effect.succeed(0) }, ("
      }
    ]
  },
  {
    name: "does not take the highest commit, but the last",
    finding: /^commit went back: /,
    patches: [
      {
        module: "programs/KafkaIndex",
        find:
          "const isAdvance = ([key, offset]: readonly [string, Offset]): boolean => offset > (commits.get(key) ?? -1)",
        replace: "const isAdvance = () => true"
      }
    ]
  },
  {
    name: "keeps commits to itself",
    finding: /^commit missing at the end: /,
    patches: [
      {
        module: "programs/Kafka",
        find: "Effect.as(publish({ committed }), {})",
        replace: "Effect.sync(() => (copy.index().commit(committed), {}))"
      }
    ]
  },
  {
    name: "appends again what it has just appended",
    finding: /^duplicate: /,
    patches: [
      {
        module: "programs/Kafka",
        find: "const published = publish({ key, offset, msg })",
        replace:
          "const published = Effect.andThen(publish({ key, offset: offset + nodeCount, msg }), publish({ key, offset, msg }))"
      }
    ]
  },
  {
    name: "polls skip one when a batch is full",
    finding: /^skipped (within|by) a poll: /,
    options: { config: { KAFKA_POLL_LIMIT: "4" } },
    patches: [
      {
        module: "programs/KafkaIndex",
        find: "log.slice(start, start + share)",
        replace: "log.slice(start, start + share + 1).filter((_, i) => i !== share - 1)"
      }
    ]
  }
]

const simulate = async (patches: ReadonlyArray<Wrong.Patch>) => {
  const program = await Wrong.mutant(...patches)
  return (seed: number, options: Partial<Simulation.Options> = {}) => {
    const simulation = Simulation.make({
      ...Simulation.defaults,
      nodeCount: 3,
      concurrency: 6,
      rate: 100,
      timeLimit: 4000,
      latency: { mean: 20, dist: "exponential" },
      workload: KafkaWorkload,
      program,
      seed,
      ...options
    })
    assert.isTrue(simulation.work(10_000_000), `it never ends, seed ${seed}`)
    return Told.results(simulation.results())
  }
}

describe("Kafka that is wrong", () => {
  for (const { finding, name, options, patches } of mutants) {
    it(`${name}: ${finding.source.split(":")[0]!.slice(1)}`, async () => {
      const run = await simulate(patches)
      const found: Array<string> = []
      let seed = 0
      while (seed < maxSeeds && !found.some((text) => finding.test(text))) found.push(...run(seed++, options).findings)
      assert.isTrue(found.some((text) => finding.test(text)), [...new Set(found)].join("\n"))
    })
  }
})
