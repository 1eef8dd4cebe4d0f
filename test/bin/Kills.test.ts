/**
 * Real processes under load that are killed again and again, by SIGKILL: all of them at the same moment, any one, any
 * several. What they keep on their disks is all that their next lives have. The checker of the workload judges, by
 * strict rules and as of nodes that forget nothing.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { environment, registry } from "../../src/registry/Registry.ts"
import { NodeId } from "../../src/schema/Address.ts"
import type { Script } from "../../src/simulator/faults/Script.ts"
import * as RealCluster from "../../src/simulator/processes/RealCluster.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as SeededRandom from "../../src/workloads/SeededRandom.ts"
import type { Workload } from "../../src/workloads/Workload.ts"
import * as Told from "../Told.ts"
import { root } from "./GossipGirl.ts"

/** `KILLS=50` kills as often in each of the ways; `FROM=42` draws other kills and other requests. */
const kills = process.env["KILLS"]

/** From one kill to the next there are so many ms, on average: enough for some answers in between. */
const interval = 900

/**
 * How long a client waits for an answer, in ms, and how long nodes think that it does. Where the machine is busy a request
 * has waited for some time before the node sees it.
 */
const clientTimeout = 2000
const CLIENT_TIMEOUT = "1 second"

/** A run may take so long, in ms, where the machine is busy. */
const timeout = 60_000 + 30 * interval * Number(kills ?? 1)

type Random = SeededRandom.SeededRandom

/** Whom a kill fells, of these nodes; each way has its turn. */
const ways: ReadonlyArray<(ids: ReadonlyArray<NodeId>, random: Random) => ReadonlyArray<NodeId>> = [
  (ids) => ids,
  (ids, random) => [random.pick(ids)],
  (ids, random) => random.shuffle(ids).slice(0, 1 + random.below(ids.length))
]

/** Whoever is killed starts again at once, or a little later. */
const scriptOf = (ids: ReadonlyArray<NodeId>, rounds: number, random: Random): Script =>
  Array.from({ length: rounds }, (_, round) => {
    const at = Math.round(interval * (round + 0.3 + 0.5 * random.nextDoubleUnsafe()))
    return ways[round % ways.length]!(ids, random).flatMap((node) => [
      { deed: "kill" as const, node, at },
      { deed: "start" as const, node, at: at + 1 + random.below(100) }
    ])
  }).flat()

/**
 * Runs three nodes of an executable in dist, and kills some of them so often. Fails if anything is found, or if next to
 * nothing was acknowledged.
 */
const survives = (executable: string, workload: Workload, usual: number, env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const rounds = kills === undefined ? usual : ways.length * Number(kills)
    const seed = Number(process.env["FROM"] ?? 0)
    const ids = ["n0", "n1", "n2"].map((id) => NodeId.make(id))
    const script = scriptOf(ids, rounds, SeededRandom.make(seed).fork("kills"))
    const errors: Array<string> = []
    const { history, results } = yield* RealCluster.run({
      ...Simulation.defaults,
      seed,
      rules: "strict",
      workload: { ...workload, clientTimeout: () => clientTimeout },
      command: {
        file: process.execPath,
        args: [join(root, "dist", `${executable}.js`)],
        env: { ...env, CLIENT_TIMEOUT }
      },
      onErrorLines: (node, lines) => errors.push(...lines.map((line) => `${node}: ${line}`)),
      nodeCount: ids.length,
      concurrency: 20 * ids.length, // who asks a node that is killed waits in vain
      rate: 50,
      timeLimit: interval * (rounds + 1),
      recovery: 10_000, // nodes that start have to share the cores with other tests
      script
    })
    const { fail, info, ok } = results.operations
    const felled = script.filter(({ deed }) => deed === "kill").length
    const counts = `${executable}, seed ${seed}, ${felled} killed: ${ok} ok, ${fail} fail, ${info} info`
    if (kills !== undefined) console.log(counts)
    assert.strictEqual(results.validity, "valid", [counts, ...Told.findings(results.findings), ...errors].join("\n"))
    assert.isTrue(history.some(({ f }) => f === "start-kill"))
    assert.isAbove(ok, 10, counts)
  })

describe("real processes lose nothing though they are killed, all at once too", { timeout, concurrent: true }, () => {
  it.live("lin-kv: the history is linearizable", () => survives("lin-kv", registry["lin-kv"].workload, 3))

  const settings = { durable: true }
  for (const name of ["broadcast", "kafka", "g-counter"] as const) {
    it.live(`${name} on disk`, () => survives(name, registry[name].workload.set(settings), 1, environment(settings)))
  }
})
