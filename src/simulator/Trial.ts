/**
 * A whole Maelstrom run: nodes are started and told who they are, clients set them up and work while the nemesis does
 * its deeds, the cluster recovers, clients do their final operations; then the verdict.
 *
 * It knows time only as a timeline and nodes only as members, so the same run is made in virtual time of simulated nodes
 * (see Simulation) and in real time of real processes (see RealCluster).
 */
import { ClientId, NodeId } from "../schema/Address.ts"
import * as Finding from "../workloads/finding/Finding.ts"
import * as Rules from "../workloads/finding/Rules.ts"
import type * as History from "../workloads/history/History.ts"
import * as Recorder from "../workloads/history/Recorder.ts"
import type { SeededRandom } from "../workloads/SeededRandom.ts"
import * as Workload from "../workloads/Workload.ts"
import * as Client from "./clients/Client.ts"
import * as Load from "./clients/Load.ts"
import * as Nemesis from "./faults/Nemesis.ts"
import * as Script from "./faults/Script.ts"
import * as Findings from "./Findings.ts"
import * as Journal from "./network/Journal.ts"
import * as Latency from "./network/Latency.ts"
import * as Network from "./network/Network.ts"
import type { Member } from "./nodes/Member.ts"
import type { Options as RunOptions } from "./Options.ts"
import * as Results from "./Results.ts"
import * as Services from "./services/Services.ts"
import * as Startup from "./Startup.ts"
import type { Timeline } from "./time/Timeline.ts"

export interface Options extends RunOptions {
  readonly workload: Workload.Workload
  /** Whether to keep every message; see Journal. */
  readonly journal?: boolean
  readonly onMessage?: Network.OnMessage | undefined
  /** Is told which links are cut from now on. */
  readonly onCut?: Network.Options["onCut"]
}

/** How long Maelstrom gives a node to answer `init`, in ms. */
export const initTimeout = 10_000

/** Where a run takes place. */
export interface World<M extends Member> {
  readonly timeline: Timeline
  readonly random: SeededRandom
  /** Puts a node on the network. `now` is the time as the history tells it: it is below 0 before clients work. */
  readonly member: (id: NodeId, network: Network.Network, now: () => number) => M
  /** How many nodes are started at a time, before the run begins. Who is up no longer counts, ready or not. */
  readonly startsAtOnce: number
  /** How long a node may take to answer `init`, in ms. */
  readonly initTimeout: number
  /** Whether it is over as soon as something that counts is found against a node. */
  readonly endsAtFinding: boolean
}

export interface Trial<M extends Member> {
  /** Begins the run, and calls `done` when it is over. */
  readonly start: (done?: () => void) => void
  /** Ends the run at once, because of this finding if there is one. */
  readonly end: (finding?: Finding.Finding) => void
  readonly isOver: () => boolean
  /** How much of the run is done, from 0 to 1. */
  readonly progress: () => number
  /** Counts a line that has come from one node to another by a way of their own. */
  readonly note: Network.Network["note"]
  /** Records a fault that somebody else begins (`start-x`) or ends (`stop-x`). */
  readonly recordFault: Script.Stage["record"]
  /** The results of the run, once it is over. */
  readonly results: () => Results.Results
  readonly history: History.History
  /** All messages, if the run keeps a journal. */
  readonly messages: () => Journal.Messages | undefined
  /** How many operations, without the final ones, and how many faults have been drawn, whether they came to pass or not. */
  readonly drawn: () => Drawn
  readonly members: ReadonlyArray<M>
}

export interface Drawn {
  readonly operations: number
  readonly faults: number
}

/** Whether a number is among these numbers; without them, every number is. */
const among = (numbers: ReadonlyArray<number> | undefined): (n: number) => boolean => {
  const wanted = numbers && new Set(numbers)
  return (n) => wanted?.has(n) ?? true
}

/** What speaks against the run apart from its history, and whether the run is over. */
const docket = (members: () => ReadonlyArray<Member>, rules: Rules.Rules, endsAtFinding: boolean) => {
  const findings: Array<Finding.Finding> = []
  const malformed = new Set<NodeId>()
  let onOver: (() => void) | undefined
  let over = false

  const end = (finding?: Finding.Finding): void => {
    if (over) return
    if (finding !== undefined) findings.push(finding)
    over = true
    onOver?.()
  }
  const find = (node: NodeId, kind: Findings.NodeKind, about: Finding.Example["about"]): void => {
    const said = endsAtFinding ? members().find(({ id }) => id === node)?.said : {}
    const finding = Findings.node.once(kind, Finding.example([node], { ...about, ...said }))
    findings.push(finding)
    if (endsAtFinding && Rules.split(rules, [finding]).counted.length > 0) end()
  }
  return {
    findings,
    end,
    find,
    isOver: () => over,
    onOver: (done: (() => void) | undefined): void => {
      onOver = done
    },
    /**
     * The same client, but the first malformed reply of a node is found against it. (Maelstrom takes it for an operation
     * of unknown outcome, and goes on.)
     */
    watch: (client: Client.Client): Client.Client => ({
      ...client,
      ask: (node, question, done) =>
        client.ask(node, question, (outcome) => {
          done(outcome)
          if (outcome.type !== "info" || outcome.error._tag !== "Malformed" || malformed.has(node)) return
          malformed.add(node)
          find(node, "malformed reply", { failure: outcome.error })
        })
    })
  }
}

/** The network of a run, with its journal if it keeps one, and Maelstrom's services on it. */
const groundOf = (options: Options, { random, timeline }: World<Member>, now: () => number) => {
  const journal = options.journal === true ? Journal.make(timeline.now) : undefined
  const network = Network.make({
    timeline,
    journal,
    onMessage: options.onMessage,
    onCut: options.onCut,
    random: random.fork("faults of the network"),
    latency: Latency.make(options.latency, random.fork("latency")),
    loss: options.loss,
    duplicates: options.duplicates,
    bandwidth: options.bandwidth
  })
  const services = Services.join(network, random.fork("services"), options.seqKv, now)
  return { journal, network, services }
}

/** Draws the operations of clients, and counts them, also those that do not come to pass. */
const operationsOf = (options: Options, workload: Workload.Workload, random: SeededRandom) => {
  let drawn = 0
  const kinds = new Set<string>()
  const isWanted = among(options.onlyOperations)
  const crew = { nodeCount: options.nodeCount, workers: options.concurrency }
  const generate = workload.generator(random.fork("operations"), crew)
  return {
    drawn: () => drawn,
    kinds,
    next: (client: ClientId, worker: number): Workload.Invocation | undefined => {
      const invocation = generate(client, worker)
      kinds.add(invocation.f)
      return isWanted(drawn++) ? invocation : undefined
    }
  }
}

/** The names of so many nodes. */
export const nodeIds = (count: number): ReadonlyArray<NodeId> =>
  Array.from({ length: count }, (_, i) => NodeId.make(`n${i}`))

/** The clients of a run, each with a name of its own. */
const clientsOf = (workload: Workload.Workload, { latency }: Options, network: Network.Network, timeline: Timeline) => {
  let made = 0
  return (timeout = workload.clientTimeout?.(latency.mean)): Client.Client =>
    Client.make({ id: ClientId.make(`c${made++}`), network, timeline, timeout })
}

const nemesisOf = (options: Options, stage: Script.Stage, random: SeededRandom): Nemesis.Nemesis =>
  Nemesis.make({
    ...stage,
    faults: options.nemesis,
    interval: options.nemesisInterval,
    isWanted: among(options.onlyFaults),
    random: random.fork("nemesis")
  })

/** How long clients work and the cluster recovers, in ms. */
export const lengthOf = (
  { recovery, timeLimit, workload }: Pick<Options, "recovery" | "timeLimit" | "workload">
): number => timeLimit + (workload.final === undefined ? 0 : recovery)

/** The results of a run, in which no two findings blame a node for the same deed. */
const judge = (
  run: Omit<Parameters<typeof Results.make>[0], "findings" | "verdict">,
  workload: Workload.Workload,
  members: ReadonlyArray<Member>,
  endsAtFinding: boolean,
  { services, trial }: Readonly<Record<"services" | "trial", ReadonlyArray<Finding.Finding>>>
): Results.Results => {
  const decisive = [...trial, ...members.flatMap((node) => node.findings)]
  const blamed = new Set(decisive.flatMap(({ examples }) => examples.flatMap(({ nodes }) => nodes)))
  const others = members.filter(({ id }) => !blamed.has(id))
  const findings = [...decisive, ...services, ...others.flatMap((node) => node.remarks)]
  const brokeOff = endsAtFinding && Rules.split(run.rules, decisive).counted.length > 0
  return Results.of({ ...run, findings }, workload, brokeOff)
}

export const make = <M extends Member>(options: Options, world: World<M>): Trial<M> => {
  const workload = Workload.withSettings(options.workload, options.settings)
  const { random, timeline } = world
  let begun: number | undefined
  const now = (): number => timeline.now() - (begun ?? 0)
  const { journal, network, services } = groundOf(options, world, now)
  const ids = nodeIds(options.nodeCount)
  const members = ids.map((id) => world.member(id, network, now))
  const { end, find, findings, isOver, onOver, watch } = docket(() => members, options.rules, world.endsAtFinding)
  const newClient = clientsOf(workload, options, network, timeline)

  const startup = Startup.make({
    members,
    newClient,
    setup: (node) => workload.setup?.(node, ids) ?? [],
    startsAtOnce: world.startsAtOnce,
    initTimeout: world.initTimeout,
    onFailure: (node, f, failure) => find(node, "did not answer", { f, failure })
  })

  const { history, record } = Recorder.make(now)
  const extra = Script.operations(options.script ?? [], workload).filter(({ node }) => ids.includes(node))
  const recordFault: Script.Stage["record"] = (f, value) => record({ process: "nemesis", type: "info", f, value })
  const stage: Script.Stage = { timeline, network, nodes: members, boot: startup.boot, record: recordFault }
  const nemesis = nemesisOf(options, stage, random)
  const operations = operationsOf(options, workload, random)

  const work = (): void => {
    begun = timeline.now()
    journal?.begin()
    const load = Load.make({
      timeline,
      random: random.fork("load"),
      nodes: ids,
      workers: options.concurrency,
      newClient: () => watch(newClient()),
      extra,
      crashInterval: workload.crashInterval,
      record
    })
    nemesis.start(options.timeLimit)
    Script.schedule(options.script ?? [], stage)
    load.run({ rate: options.rate, duration: options.timeLimit, next: operations.next }, () => {
      const { final } = workload
      if (final === undefined) return end()
      nemesis.stop()
      timeline.after(options.recovery, () => load.each(final(history), options.recovery, end))
    })
  }
  const unlessFound = (next: () => void) => (): void => findings.length === 0 ? next() : end()

  return {
    start: (done) => {
      onOver(done)
      startup.bootAll(unlessFound(() => startup.setupAll(unlessFound(work))))
    },
    end,
    isOver,
    // The time that nodes take to start does not count: nobody knows it in advance.
    progress: () => isOver() ? 1 : begun === undefined ? 0 : Math.min(0.999, now() / lengthOf(options)),
    note: network.note,
    recordFault: (f, value) => isOver() ? undefined : recordFault(f, value),
    results: () => {
      const run = { ...options, history, kinds: operations.kinds, network: network.statistics() }
      return judge(run, workload, members, world.endsAtFinding, { services: services.findings(), trial: findings })
    },
    history,
    messages: () => journal?.messages(),
    drawn: () => ({ operations: operations.drawn(), faults: nemesis.drawn() }),
    members
  }
}
