/**
 * A whole Maelstrom run: nodes are started and told who they are, clients set them up and work while the nemesis does
 * its deeds, the cluster recovers, clients do their final operations; then the verdict.
 *
 * It knows time only as a timeline and nodes only as members, so the same run is made in virtual time of simulated nodes
 * (see Simulation) and in real time of real processes (see RealCluster).
 */
import { ClientId, NodeId } from "../schema/Address.ts"
import { Init } from "../schema/InitProtocol.ts"
import * as History from "../workloads/history/History.ts"
import * as Verdict from "../workloads/history/Verdict.ts"
import type { SeededRandom } from "../workloads/SeededRandom.ts"
import * as Workload from "../workloads/Workload.ts"
import * as Client from "./clients/Client.ts"
import * as Load from "./clients/Load.ts"
import * as Nemesis from "./faults/Nemesis.ts"
import * as Journal from "./network/Journal.ts"
import * as Latency from "./network/Latency.ts"
import * as Network from "./network/Network.ts"
import type { Member } from "./nodes/Member.ts"
import type { Options as RunOptions } from "./Options.ts"
import * as Results from "./Results.ts"
import * as Services from "./services/Services.ts"
import type { Timeline } from "./time/Timeline.ts"

export interface Options extends RunOptions {
  readonly workload: Workload.Workload
  /** Whether to keep every message; see Journal. */
  readonly journal?: boolean
}

/** How long Maelstrom gives a node to answer `init`, in ms. */
export const initPatience = 10_000

/** Where a run takes place. */
export interface World<M extends Member> {
  readonly timeline: Timeline
  readonly random: SeededRandom
  /** Puts a node on the network. `now` is the time as the history tells it: it is below 0 before clients work. */
  readonly member: (id: NodeId, network: Network.Network, now: () => number) => M
  /** How many nodes are started at a time, before the run begins. Who is up no longer counts, ready or not. */
  readonly startsAtOnce: number
  /** How long a node may take to answer `init`, in ms. */
  readonly initPatience: number
  /** Whether it is over as soon as something is found against a node. */
  readonly endsAtFinding: boolean
}

export interface Trial<M extends Member> {
  /** Calls `done` when it is over. */
  readonly start: (done?: () => void) => void
  /** It is over, for the reason given if there is one. */
  readonly end: (finding?: string) => void
  readonly isOver: () => boolean
  /** How much of it is done, from 0 to 1. */
  readonly progress: () => number
  /** What came of it, once it is over. */
  readonly results: () => Results.Results
  readonly history: History.History
  /** If it keeps a journal. */
  readonly messages: () => Journal.Messages | undefined
  /** How many operations, without the final ones, and how many faults have been drawn, whether they came to pass or not. */
  readonly drawn: () => Drawn
  readonly members: ReadonlyArray<M>
}

export interface Drawn {
  readonly operations: number
  readonly faults: number
}

/** Whether a number is among those; all are, if there are none to be among. */
const among = (numbers: ReadonlyArray<number> | undefined): (n: number) => boolean => {
  const wanted = numbers && new Set(numbers)
  return (n) => wanted?.has(n) ?? true
}

export const make = <M extends Member>(options: Options, world: World<M>): Trial<M> => {
  const workload = Workload.withSettings(options.workload, options.settings)
  const { random, timeline } = world
  const journal = options.journal === true ? Journal.make(timeline.now) : undefined
  const network = Network.make({
    timeline,
    journal,
    random: random.fork("faults of the network"),
    latency: Latency.make(options.latency, random.fork("latency")),
    loss: options.loss,
    duplicates: options.duplicates
  })
  Services.join(network, random.fork("services"), options.seqKv)

  let begun: number | undefined
  const now = (): number => timeline.now() - (begun ?? 0)

  const ids = Array.from({ length: options.nodeCount }, (_, i) => NodeId.make(`n${i}`))
  const members = ids.map((id) => world.member(id, network, now))
  const findings: Array<string> = []

  let onOver: (() => void) | undefined
  let over = false
  const end = (finding?: string): void => {
    if (over) return
    if (finding !== undefined) findings.push(finding)
    over = true
    onOver?.()
  }
  const find = (node: NodeId, text: string): void => {
    const log = members.find(({ id }) => id === node)?.log ?? []
    findings.push([`${node} ${text}`, ...world.endsAtFinding ? log : []].join("\n"))
    if (world.endsAtFinding) end()
  }

  let clients = 0
  const newClient = (patience = workload.patience?.(options.latency.mean)): Client.Client => {
    const id = ClientId.make(`c${clients++}`)
    return Client.make({ id, network, timeline, patience })
  }

  const malformed = new Set<NodeId>()
  /** The same client, but it is told of the first malformed reply of a node. */
  const critical = (client: Client.Client): Client.Client => ({
    ...client,
    ask: (node, question, done) =>
      client.ask(node, question, (outcome) => {
        done(outcome)
        if (outcome.type !== "info" || outcome.malformed !== true || malformed.has(node)) return
        malformed.add(node)
        find(node, `gave a ${outcome.error}`)
      })
  })

  const boot = (node: Member, ready: () => void = () => {}, up: () => void = () => {}): void => {
    const wasDisturbed = node.start(up)
    const client = newClient(world.initPatience)
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
      if (outcome.type !== "ok" && !wasDisturbed()) find(node.id, `did not answer init: ${outcome.error}`)
      ready()
    })
  }

  const { history, record } = History.recorder(now)
  const nemesis = Nemesis.make({
    faults: options.nemesis,
    interval: options.nemesisInterval,
    isWanted: among(options.onlyFaults),
    random: random.fork("nemesis"),
    timeline,
    network,
    nodes: members,
    boot,
    record: (f, value) => record({ process: "nemesis", type: "info", f, value })
  })

  let operations = 0
  const isWanted = among(options.onlyOperations)
  const crew = { nodeCount: options.nodeCount, workers: options.concurrency }
  const generate = workload.generator(random.fork("operations"), crew)
  const next = (client: ClientId, worker: number): Workload.Invocation | undefined => {
    const invocation = generate(client, worker)
    return isWanted(operations++) ? invocation : undefined
  }

  const main = (): void => {
    begun = timeline.now()
    journal?.begin()
    const load = Load.make({
      timeline,
      random: random.fork("load"),
      nodes: ids,
      workers: options.concurrency,
      newClient: () => critical(newClient()),
      crashInterval: workload.crashInterval,
      record
    })
    nemesis.start(options.timeLimit)
    load.run({ rate: options.rate, duration: options.timeLimit, next }, () => {
      const { final } = workload
      if (final === undefined) return end()
      nemesis.stop()
      timeline.after(options.recovery, () => load.each(final(history), end))
    })
  }

  const setup = (node: NodeId, ready: () => void): void => {
    const invocations = workload.setup?.(node, ids) ?? []
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
        find(node, `did not answer ${invocation.f}: ${outcome.error}`)
        finish()
      })
    }
    proceed(0)
  }

  /** Once every node has called it, `next` is done, unless something was found. */
  const onceAll = (next: () => void): () => void => {
    let left = members.length
    return () => {
      if (--left > 0) return
      if (findings.length === 0) next()
      else end()
    }
  }

  const setupAll = (): void => {
    const ready = onceAll(main)
    for (const { id } of members) setup(id, ready)
  }

  /** A node may not be ready before it has heard from others, so it is not waited for before those are started. */
  const bootAll = (): void => {
    const ready = onceAll(setupAll)
    const waiting = [...members]
    const bootNext = (): void => {
      const node = waiting.shift()
      if (node !== undefined) boot(node, ready, bootNext)
    }
    for (let i = Math.min(world.startsAtOnce, members.length); i > 0; i--) bootNext()
  }

  const length = options.timeLimit + (workload.final === undefined ? 0 : options.recovery)
  return {
    start: (done) => {
      onOver = done
      bootAll()
    },
    end,
    isOver: () => over,
    // How long nodes take to start is not known before, and is none of its length.
    progress: () => over ? 1 : begun === undefined ? 0 : Math.min(0.999, now() / length),
    results: () => {
      const found = [...findings, ...members.flatMap((node) => node.findings)]
      // Half a history shows much that the whole would not.
      const isWhole = !world.endsAtFinding || found.length === 0
      const results = Results.make({
        history,
        verdict: isWhole ? workload.check(history) : Verdict.make([]),
        availability: options.availability,
        network: network.statistics(),
        findings: found
      })
      return isWhole ? results : { ...results, findings: found }
    },
    history,
    messages: () => journal?.messages(),
    drawn: () => ({ operations, faults: nemesis.drawn() }),
    members
  }
}
