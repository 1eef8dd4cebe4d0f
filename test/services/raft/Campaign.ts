/**
 * Runs of the real programs over Raft, each with other faults, by its seed. The nemesis begins faults for some seconds, then
 * ends all of them: every node runs, and a majority has never lost its disk. So there is no run that could not go on. From
 * then on clients of all nodes ask for something new for {@link recovery}, and in the end they look at everything. If
 * something that was acknowledged is lost, the workload's checker finds that out.
 */
import * as Registry from "../../../src/registry/Registry.ts"
import type { Json } from "../../../src/schema/Json.ts"
import * as Nemesis from "../../../src/simulator/faults/Nemesis.ts"
import type * as Results from "../../../src/simulator/Results.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import type { Event, History } from "../../../src/workloads/history/History.ts"
import * as Operations from "../../../src/workloads/history/Operations.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import * as Workload from "../../../src/workloads/Workload.ts"

/** Within so many ms after the last fault somebody is answered with ok. */
export const recovery = 2000

type Request = readonly [type: string, fields: Readonly<Record<string, Json>>]

interface Subject {
  /** Asks for something new, another thing for each number. */
  readonly probe: (number: number) => Request
  /** Changes nothing. */
  readonly wait: Request
}

/** No generator draws this key. */
const key = "probe"

const subjects = {
  "lin-kv": {
    probe: (number) => ["write", { key, value: number }],
    wait: ["read", { key }]
  },
  "txn-list-append": {
    probe: (number) => ["txn", { txn: [["append", -1, number]] }],
    wait: ["txn", { txn: [["r", -1, null]] }]
  },
  kafka: {
    probe: (number) => ["send", { key, msg: number }],
    wait: ["list_committed_offsets", { keys: [key] }]
  }
} satisfies Readonly<Record<string, Subject>>
type Name = keyof typeof subjects
const names = Object.keys(subjects) as ReadonlyArray<Name> // its own keys

const isClient = ({ process }: Event): boolean => typeof process === "number"

/** A read of each key of lin-kv; other workloads look at everything in the end by themselves. */
const reads = (workload: Workload.Workload) => (history: History): ReadonlyArray<Workload.Invocation> => {
  const keys = new Set(history.filter(isClient).map(({ value }) => (value as readonly [Json])[0])) // so lin-kv has it
  return [...keys].map((key) => Workload.byHand(workload, "read", { key }))
}

/** When the last fault ended. */
const endOf = (history: History): number => history.findLast(({ process }) => process === "nemesis")?.time ?? 0

/** The same workload, whose clients look at everything in the end when all of them have probed. */
const probing = (workload: Workload.Workload, { probe, wait }: Subject): Workload.Workload => {
  const { final = reads(workload) } = workload
  const probed = new Set<Json>()
  const draw = (): Workload.Invocation => {
    const invocation = Workload.byHand(workload, ...probe(Workload.unused(probed.size)))
    probed.add(invocation.value)
    return invocation
  }
  const isAnswered = (history: History): boolean =>
    Operations.completed(history).filter(({ invoke }) => probed.has(invoke.value)).length === probed.size
  return {
    ...workload,
    final: (history) => ({
      *[Symbol.iterator]() {
        // Somebody has done something just before.
        while (history.at(-1)!.time < endOf(history) + recovery) yield draw()
        while (!isAnswered(history)) yield Workload.byHand(workload, ...wait)
        yield* final(history)
      }
    })
  }
}

const optionsOf = (name: Name, seed: number): Simulation.Options => {
  const random = SeededRandom.make(seed).fork("campaign")
  const { program, workload } = Registry.find(name, "raft")! // it is there
  const isAll = random.chance(0.5)
  const nodeCount = random.pick([3, 5])
  return {
    ...Simulation.defaults,
    workload: probing(workload, subjects[name]),
    program,
    seed,
    nodeCount,
    concurrency: nodeCount + 1,
    rate: 60,
    timeLimit: 3000,
    recovery: 0,
    nemesis: Nemesis.faults.filter(() => isAll || random.chance(0.5)),
    nemesisInterval: random.pick([300, 1000, 2000]),
    latency: { mean: random.pick([1, 5, 10]), dist: "exponential" },
    loss: random.pick([0, 0.02, 0.05]),
    duplicates: random.pick([0, 0.02, 0.05]),
    scheduling: random.pick(["fifo", "random"]),
    config: { RAFT_SNAPSHOT_AFTER: random.pick(["20", "10000"]) }
  }
}

export interface Run {
  readonly name: Name
  readonly results: Results.Results
  /** From the end of the last fault until a client of any node, and until one of each node, was first answered with ok, in ms. */
  readonly progress: { readonly any: number; readonly all: number }
}

/** How long each node took to answer with ok what it was asked after the last fault. */
const progressOf = (history: History, nodes: Simulation.Simulation["nodes"]): Run["progress"] => {
  const end = endOf(history)
  const operations = Operations.completed(history).filter(({ completion, invoke }) =>
    invoke.time >= end && completion.type === "ok"
  )
  const times = nodes.map(({ id }) =>
    Math.min(...operations.filter(({ invoke }) => invoke.node === id).map(({ completion }) => completion.time - end))
  )
  return { any: Math.min(...times), all: Math.max(...times) }
}

/** The run of this seed: one seed after the other is of another program. */
export const run = (seed: number): Run => {
  const name = names[seed % names.length]! // there are some
  const { history, nodes, results } = Simulation.run(optionsOf(name, seed))
  return { name, results: results(), progress: progressOf(history, nodes) }
}
