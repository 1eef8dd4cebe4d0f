import { assert, describe, it } from "@effect/vitest"
import type * as Results from "../src/bench/Results.ts"
import type { Program } from "../src/bench/SimulatedNode.ts"
import * as Simulation from "../src/bench/Simulation.ts"
import { KafkaWorkload } from "../src/bench/workloads/KafkaWorkload.ts"
import * as Wrong from "./wrong/KafkaNodes.ts"

const seeds = Array.from({ length: 3 }, (_, seed) => seed)

/** Challenge 5b, but shorter and slower, unless told otherwise. */
const simulate = (program: Program, options: Partial<Simulation.Options> = {}): Simulation.Simulation => {
  const simulation = Simulation.make({
    ...Simulation.defaults,
    nodeCount: 2,
    concurrency: 4,
    rate: 100,
    timeLimit: 4000,
    latency: { mean: 5, dist: "exponential" },
    workload: KafkaWorkload,
    program,
    ...options
  })
  assert.isTrue(simulation.work(10_000_000), `it never ends, seed ${options.seed}`)
  return simulation
}

const run = (program: Program, options: Partial<Simulation.Options> = {}): Results.Results =>
  simulate(program, options).results()

/** What it does wrong, and what is found, whatever else is found as well. */
const wrong: ReadonlyArray<readonly [string, Program, finding: RegExp, options?: Partial<Simulation.Options>]> = [
  [
    "acknowledges without storing",
    Wrong.inattentive,
    /^(lost|unseen): message 2 of key \d+ at offset \d+ \(acknowledged/
  ],
  ["acknowledges without storing", Wrong.inattentive, /^inconsistent offsets: /],
  [
    "loses what it has stored",
    Wrong.lossy,
    /^lost: message 2 of key \d+ at offset 1 \(acknowledged .*, never polled, though/
  ],
  [
    "appends a retry again",
    Wrong.insistent,
    /^duplicate: message \d+ of key \d+ at offset \d+ \(.*\) and \d+ \(polled/
  ],
  ["skips", Wrong.skipping, /^skipped within a poll: key \d+: offset \d+ before \d+, by process \d+ at [\d.]+ ms/],
  ["answers only the newest", Wrong.impatient, /^skipped by a poll: key \d+: offset \d+ (and \d+ more )?before \d+/],
  ["answers in no order", Wrong.unordered, /^nonmonotonic within a poll: key \d+: offset \d+ by .*, after \d+/],
  ["answers again what it has answered", Wrong.repetitive, /^nonmonotonic polls: key \d+: offset \d+ by /],
  ["answers what it is not asked for", Wrong.talkative, /^polled but not asked for: /],
  ["gives lower offsets to later messages", Wrong.descending, /^nonmonotonic sends: key \d+: offset \d+ by /],
  ["tells senders other offsets", Wrong.misleading, /^duplicate: /],
  [
    "invents a message",
    Wrong.inventive,
    /^polled but never sent before: message -1 of key \d+ at offset 3, polled by /
  ],
  ["stores what it refuses", Wrong.insincere, /^polled though refused: message 3 of key \d+ at offset 2, polled by /],
  ["takes the last commit for the highest", Wrong.forgetful, /^commit went back: key \d+: n\d listed offset \d+ to /],
  ["takes what is committed for what comes next", Wrong.hasty, /^commit ahead of what was polled: key \d+: /],
  ["tells only the clients of one node", Wrong.secretive, /^missing at the end: .*, at n1/],
  ["answers only the clients of one node", Wrong.reticent, /^no final poll: n1 answered none$/]
]

describe("KafkaWorkload", { timeout: 60_000 }, () => {
  for (const [name, program, finding, options] of wrong) {
    it(`finds a node that ${name}: ${finding.source.split(":")[0]!.slice(1)}`, () => {
      for (const seed of seeds) {
        const { findings, valid } = run(program, { ...options, seed })
        assert.isFalse(valid, `seed ${seed}`)
        assert.isTrue(findings.some((text) => finding.test(text)), `seed ${seed}: ${findings.join("\n")}`)
      }
    })
  }
})
