import { assert, describe, it } from "@effect/vitest"
import { ClientId } from "../../../src/schema/Address.ts"
import * as Nemesis from "../../../src/simulator/faults/Nemesis.ts"
import type { Program } from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import { GCounterWorkload, PnCounterWorkload } from "../../../src/workloads/counter/CounterWorkload.ts"
import type * as Workload from "../../../src/workloads/Workload.ts"
import { seeds as seedsOf } from "../../Seeds.ts"
import * as Told from "../../Told.ts"
import * as Wrong from "../../wrong/CounterNodes.ts"
import { leadsToOperations } from "../../wrong/Evidence.ts"
import * as Table from "../../wrong/Table.ts"
import { drawing } from "../Draw.ts"

const { needs } = Wrong
const seeds = seedsOf(3)

const run = (program: Program, options: Partial<Simulation.Options> = {}): Told.Results => {
  const simulation = Simulation.make({ ...Simulation.defaults, ...Wrong.usual, program, ...options })
  assert.isTrue(simulation.work(10_000_000), `it never ends, seed ${options.seed}`)
  const results = Told.results(simulation.results())
  leadsToOperations(results.workload, simulation.history)
  return results
}

const disturbed = (seed: number): Partial<Simulation.Options> => ({
  seed,
  nemesis: ["partition", "one-way", "pause", "clock"],
  nemesisInterval: 1000,
  loss: 0.1,
  duplicates: 0.1,
  scheduling: seed % 2 === 0 ? "fifo" : "random"
})

const wrong: ReadonlyArray<Table.Row> = [
  ["counts twice what it is told twice", Wrong.retrying, /^wrong at the end: \d+ in what n\d answered/, needs.retrying],
  ["counts duplicates", Wrong.counting, /^wrong at the end: \d+ in what n\d answered/, needs.counting],
  ["lets the last writer win", Wrong.lastWriter, /^wrong at the end: /],
  ["loses what the network loses", Wrong.hasty, /^different at the end: /, needs.hasty],
  [
    "acknowledges without counting",
    Wrong.inattentive,
    /^went back: \d+ in what n\d answered .* and [1-9]\d* acknowledged since/
  ],
  ["counts what it refuses", Wrong.insincere, /^too large: .*at most \d+ had been added/],
  ["goes back", Wrong.wavering, /^went back: \d+ in what n\d answered at [\d.]+ ms, \d+ had been read at/],
  ["does not answer at the end", Wrong.reticent, /^no final read: n1 answered none$/],
  [
    "adds in floating point",
    Wrong.floating,
    /^wrong at the end: 1 in what n0 answered at \d+ ms, not 2$/,
    needs.floating
  ],
  ["forgets in a restart what it had shown", Wrong.amnesiac, /^went back: /, needs.amnesiac],
  ["is stale at the end", Wrong.stale, /^wrong at the end: /, needs.stale],
  ["takes a write that changes nothing for a barrier", Wrong.idle, /^wrong at the end: /, needs.idle],
  ["does not compare before it writes", Wrong.overwriting, /^wrong at the end: /],
  ["adds again when nobody answers", Wrong.repeating, /^wrong at the end: /, needs.repeating],
  ["acknowledges what is not stored", Wrong.deferring, /^wrong at the end: /, needs.deferring],
  ["trusts a clock", Wrong.trusting, /^wrong at the end: /, needs.trusting]
]

describe("CounterWorkload", () => {
  Table.eachIsFound(wrong, seeds, run)

  it("finds nothing wrong with a node that is right, whatever befalls nodes and network", () => {
    for (const seed of seeds) {
      for (const workload of [GCounterWorkload, PnCounterWorkload]) {
        for (const options of [{ seed, availability: 1 }, disturbed(seed)]) {
          const { findings, operationsByKind } = run(Wrong.right, { ...options, workload })
          assert.isEmpty(findings, `seed ${seed}: ${findings.join("\n")}`)
          assert.isAbove(operationsByKind["add"]!.ok, 20)
        }
      }
    }
  })

  it("finds nothing wrong with one that keeps it in seq-kv, even when nodes are killed", () => {
    for (const seed of seeds) {
      const options = { ...disturbed(seed), nemesis: Nemesis.faults, workload: Wrong.durable } as const
      for (const seqKv of ["any", "oldest"] as const) {
        const { findings } = run(Wrong.rightSeqKv, { ...options, seqKv })
        assert.isEmpty(findings, `seed ${seed}, ${seqKv}: ${findings.join("\n")}`)
      }
    }
  })

  it("finds nothing wrong with nodes that are wrong, as long as what they cannot cope with does not happen", () => {
    for (const seed of seeds) {
      for (const program of [Wrong.retrying, Wrong.counting, Wrong.hasty, Wrong.floating, Wrong.amnesiac]) {
        const { findings } = run(program, { seed })
        assert.isEmpty(findings, `seed ${seed}: ${findings.join("\n")}`)
      }
    }
  })

  it("finds only going back in a node that goes back, which Maelstrom does not mind", () => {
    for (const seed of seeds) {
      const { findings } = run(Wrong.wavering, { seed })
      assert.lengthOf(findings.filter((text) => !text.startsWith("too small")), 1, findings.join("\n"))
    }
  })

  describe("operations are Maelstrom's", () => {
    const draw = (workload: Workload.Workload, seed: number) => {
      const next = drawing(workload, seed)
      return Array.from({ length: 1000 }, () => next(ClientId.make("c0")))
    }
    const within = (count: number, of: number, share: number): boolean =>
      Math.abs(count - of * share) < 5 * Math.sqrt(of * share * (1 - share))

    for (
      const [workload, deltas, share] of [
        [GCounterWorkload, [0, 1, 2, 3, 4], 1 / 3],
        [PnCounterWorkload, [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4], 1 / 2]
      ] as const
    ) {
      it(`${workload.name}: ${deltas[0]} to ${deltas.at(-1)}, each as often as any other`, () => {
        for (const seed of seeds) {
          const drawn = draw(workload, seed)
          const adds = drawn.filter(({ f }) => f === "add")
          assert.isTrue(within(adds.length, drawn.length, share), `seed ${seed}`)
          assert.sameMembers([...new Set(adds.map(({ value }) => value))], [...deltas])
          for (const delta of deltas) {
            const count = adds.filter(({ value }) => value === delta).length
            assert.isTrue(within(count, adds.length, 1 / deltas.length), `${delta}, seed ${seed}`)
          }
          for (const { f, readOnly, request, value } of drawn) {
            assert.isFalse(readOnly, "a client whose request times out is gone, whatever it asked")
            assert.deepStrictEqual<unknown>(request, f === "add" ? { type: "add", delta: value } : { type: "read" })
          }
        }
      })
    }
  })
})
