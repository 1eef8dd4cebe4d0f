/**
 * A whole Maelstrom run in virtual time: a cluster of nodes that run a program, the services, the clients of a workload
 * and the nemesis; then the verdict.
 *
 * A run is a function of its options, program and seed among them: the same options give the same history byte for byte.
 */
import { ClientId, NodeId } from "../schema/Address.ts"
import { Init } from "../schema/InitProtocol.ts"
import * as Client from "./Client.ts"
import * as History from "./History.ts"
import * as Journal from "./Journal.ts"
import * as Latency from "./Latency.ts"
import * as Load from "./Load.ts"
import * as Nemesis from "./Nemesis.ts"
import * as Network from "./Network.ts"
import * as Results from "./Results.ts"
import * as SeededRandom from "./SeededRandom.ts"
import * as Services from "./services/Services.ts"
import * as SimulatedNode from "./SimulatedNode.ts"
import type * as Topology from "./Topology.ts"
import * as VirtualTime from "./VirtualTime.ts"
import * as Workload from "./Workload.ts"

export interface Options {
  readonly workload: Workload.Workload
  readonly program: SimulatedNode.Program
  readonly seed: number
  readonly nodeCount: number
  /** How many clients work at a time. */
  readonly concurrency: number
  /** Operations a second, of all clients together. */
  readonly rate: number
  /** How long clients work, in ms. */
  readonly timeLimit: number
  readonly latency: Latency.Latency
  readonly nemesis: ReadonlyArray<Nemesis.Fault>
  /** The mean time between the deeds of the nemesis, in ms. */
  readonly nemesisInterval: number
  /** The fraction of operations that must be ok; 0 demands nothing. */
  readonly availability: number
  /** The probability that a message between servers is lost, and that it is delivered twice. */
  readonly loss: number
  readonly duplicates: number
  /** In which order tasks of the same instant run: as in a real process, or any, drawn from the seed. */
  readonly scheduling: "fifo" | "random"
  /** Which neighbours a workload that speaks of them suggests to the nodes. */
  readonly topology: Topology.Name
  /** What nodes find in their environment variables. */
  readonly config: Readonly<Record<string, string>>
  /** Whether to keep every message; see Journal. */
  readonly journal?: boolean
}

/** Maelstrom's defaults, for what a workload or a challenge does not say. */
export const defaults = {
  seed: 0,
  nodeCount: 5,
  concurrency: 5,
  rate: 5,
  timeLimit: 60_000,
  latency: { mean: 0, dist: "constant" },
  nemesis: [],
  nemesisInterval: 10_000,
  availability: 0,
  loss: 0,
  duplicates: 0,
  scheduling: "fifo",
  topology: "grid",
  config: {}
} as const satisfies Partial<Options>

/** How long the cluster gets to recover before the final operations, in ms. */
const recovery = 10_000

/** How long a node may take to answer `init`, in ms. */
const initPatience = 10_000

export interface Simulation {
  /** Works for so many events, and says whether the run is over. */
  readonly work: (budget: number) => boolean
  /** How much of the run is done, from 0 to 1. */
  readonly progress: () => number
  /** What came of it, once it is over. */
  readonly results: () => Results.Results
  readonly history: History.History
  /** If it keeps a journal. */
  readonly messages: () => Journal.Messages | undefined
  readonly nodes: ReadonlyArray<SimulatedNode.SimulatedNode>
  readonly options: Options
}

export const make = (options: Options): Simulation => {
  const { config, program, workload } = options
  const random = SeededRandom.make(options.seed)
  const time = VirtualTime.make(options.scheduling === "random" ? random.fork("scheduling") : undefined)
  const journal = options.journal === true ? Journal.make(time.now) : undefined
  const network = Network.make({
    timeline: time,
    journal,
    random: random.fork("faults of the network"),
    latency: Latency.make(options.latency, random.fork("latency")),
    loss: options.loss,
    duplicates: options.duplicates
  })
  Services.join(network, random.fork("services"))

  const ids = Array.from({ length: options.nodeCount }, (_, i) => NodeId.make(`n${i}`))
  const nodes = ids.map((id) => SimulatedNode.make({ id, time, network, random: random.fork(id), program, config }))
  const findings: Array<string> = []

  let clients = 0
  const newClient = (patience?: number): Client.Client => {
    const id = ClientId.make(`c${clients++}`)
    return Client.make({ id, network, timeline: time, ...(patience === undefined ? {} : { patience }) })
  }

  const boot = (node: SimulatedNode.SimulatedNode, ready: () => void = () => {}): void => {
    const wasDisturbed = node.start()
    const client = newClient(initPatience)
    const init = Workload.invocation({
      f: "init",
      value: null,
      rpc: Init,
      request: { node_id: node.id, node_ids: ids },
      readOnly: false,
      result: () => null
    })
    client.ask(node.id, init, (outcome) => {
      client.close()
      if (outcome.type !== "ok" && !wasDisturbed()) findings.push(`${node.id} did not answer init: ${outcome.error}`)
      ready()
    })
  }

  let begun = 0
  const { history, record } = History.recorder(() => time.now() - begun)
  const nemesis = Nemesis.make({
    faults: options.nemesis,
    interval: options.nemesisInterval,
    random: random.fork("nemesis"),
    timeline: time,
    network,
    nodes,
    boot,
    record: (f, value) => record({ process: "nemesis", type: "info", f, value })
  })
  let over = false
  const end = (): void => {
    over = true
  }

  const main = (): void => {
    begun = time.now()
    journal?.begin()
    const load = Load.make({
      timeline: time,
      random: random.fork("load"),
      nodes: ids,
      workers: options.concurrency,
      newClient,
      record
    })
    nemesis.start(options.timeLimit)
    load.run({
      rate: options.rate,
      duration: options.timeLimit,
      next: workload.generator(random.fork("operations"))
    }, () => {
      if (workload.final.length === 0) return end()
      nemesis.stop()
      time.after(recovery, () => load.each(workload.final, end))
    })
  }

  const setup = (node: NodeId, ready: () => void): void => {
    const invocations = workload.setup?.(node, { nodes: ids, topology: options.topology }) ?? []
    if (invocations.length === 0) return ready()
    const client = newClient()
    const finish = (): void => {
      client.close()
      ready()
    }
    const proceed = (index: number): void => {
      const invocation = invocations[index]
      if (invocation === undefined) return finish()
      client.ask(node, invocation, (outcome) => {
        if (outcome.type === "ok") return proceed(index + 1)
        findings.push(`${node} did not answer ${invocation.f}: ${outcome.error}`)
        finish()
      })
    }
    proceed(0)
  }

  /** Does `step` on all nodes at once, then goes on, but for a node that failed. */
  const onEach = (step: (node: SimulatedNode.SimulatedNode, ready: () => void) => void, next: () => void): void => {
    let busy = nodes.length
    for (const node of nodes) {
      step(node, () => {
        if (--busy > 0) return
        if (findings.length === 0) next()
        else end()
      })
    }
  }

  onEach(boot, () => onEach(({ id }, ready) => setup(id, ready), main))

  const length = options.timeLimit + (workload.final.length > 0 ? recovery : 0)
  return {
    work: (budget) => {
      const state = time.run(() => over, budget)
      if (state === "deadlock") findings.push(`deadlock: nothing can happen any more, at ${time.now()} ms`)
      if (state === "livelock") findings.push(`livelock: time stands still, at ${time.now()} ms`)
      over ||= state !== "more"
      return state !== "more"
    },
    progress: () => over ? 1 : Math.min(0.999, (time.now() - begun) / length),
    results: () =>
      Results.make({
        history,
        verdict: workload.check(history),
        availability: options.availability,
        network: network.statistics(),
        findings: [...findings, ...nodes.flatMap((node) => node.findings)]
      }),
    history,
    messages: () => journal?.messages(),
    nodes,
    options
  }
}

/** Runs to the end without looking up. */
export const run = (options: Options): Simulation => {
  const simulation = make(options)
  simulation.work(Infinity)
  return simulation
}
