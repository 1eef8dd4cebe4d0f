/**
 * A cluster of nodes that do nothing but replicate whole numbers, watched by a Witness.
 */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Address, NodeId } from "../../../src/schema/Address.ts"
import * as Envelope from "../../../src/schema/Envelope.ts"
import * as Rpc from "../../../src/schema/Rpc.ts"
import * as Vector from "../../../src/schema/VersionVector.ts"
import type { Disk } from "../../../src/services/disk/Disk.ts"
import { Gossip, type State } from "../../../src/services/gossip/Gossip.ts"
import { Node } from "../../../src/services/node/Node.ts"
import type { Peers } from "../../../src/services/node/Peers.ts"
import type { Timers } from "../../../src/services/node/Timers.ts"
import * as Nemesis from "../../../src/simulator/faults/Nemesis.ts"
import * as Latency from "../../../src/simulator/network/Latency.ts"
import * as Network from "../../../src/simulator/network/Network.ts"
import * as SimulatedNode from "../../../src/simulator/nodes/SimulatedNode.ts"
import type { Timeline } from "../../../src/simulator/time/Timeline.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import * as Told from "../../Told.ts"
import * as Witness from "./Witness.ts"

export {
  type Commit,
  type Life,
  properties,
  type Property,
  type Published,
  type Reading,
  type Violation
} from "./Witness.ts"

export type Shape = "star" | "mesh"
export type GossipLayer = Layer.Layer<Gossip, unknown, Node | Peers | Timers | Disk>

export const layers: Record<Shape, GossipLayer> = { star: Gossip.layerStar, mesh: Gossip.layerMesh }

export interface Options {
  readonly seed: number
  readonly layer: GossipLayer
  readonly nodeCount: number
  readonly latency: Latency.Latency
  readonly loss: number
  readonly duplicates: number
  readonly faults: ReadonlyArray<Nemesis.Fault>
  readonly interval: number
  readonly scheduling: "fifo" | "random"
  /** Whether the nodes ask for the stable frontier. */
  readonly stability: boolean
  readonly config: Readonly<Record<string, string>>
}

export const calm = {
  latency: { mean: 100, dist: "constant" },
  loss: 0,
  duplicates: 0,
  faults: [],
  interval: 1000,
  scheduling: "fifo",
  stability: true,
  config: {}
} as const satisfies Partial<Options>

export interface Cluster {
  readonly ids: ReadonlyArray<NodeId>
  readonly nodes: ReadonlyArray<SimulatedNode.SimulatedNode>
  readonly time: VirtualTime.VirtualTime
  readonly network: Network.Network
  readonly nemesis: Nemesis.Nemesis
  readonly random: SeededRandom.SeededRandom
  readonly lives: ReadonlyArray<Witness.Life>
  readonly published: ReadonlyMap<number, Witness.Published>
  readonly readings: ReadonlyArray<Witness.Reading>
  readonly commits: ReadonlyArray<Witness.Commit>
  readonly violations: ReadonlyArray<Witness.Violation>
  /** When something was last delivered to anybody. */
  readonly lastDelivery: () => number
  /** What happened and may explain a violation. */
  readonly events: ReadonlyArray<string>
  readonly boot: (node: SimulatedNode.SimulatedNode) => void
  readonly node: (index: number) => SimulatedNode.SimulatedNode
  /** Tells a node to publish a new operation. */
  readonly publish: (node: NodeId) => void
  /** Tells a node to read what it has. */
  readonly read: (node: NodeId) => void
  /** Works for so many ms. */
  readonly pass: (millis: number) => void
  /** No message is lost or delivered twice from now on. */
  readonly calmDown: () => void
  /** The lives that go on, in the order of the nodes. */
  readonly survivors: () => ReadonlyArray<Witness.Life>
  /** Looks whether all that any survivor has is what every survivor has; and the same of what is stable. */
  readonly checkConvergence: (within: { readonly stable: boolean }) => void
}

const Publish = Rpc.make("publish", { request: { operation: Schema.Int } })

const Read = Rpc.make("read", { request: {} })

/** A part of what a life has: some operations, or what is stable. */
const Part = Schema.Struct({
  operations: Schema.optionalKey(Schema.Array(Schema.Int)),
  stable: Schema.optionalKey(Vector.Encoded)
})

/** So few that a snapshot has many parts. */
const partLength = 3

const client = Address.make("c0")

/** The program's state, which is in the hands of the witness. */
const stateOf = (witness: Witness.Witness, watch: Witness.Watch, stability: boolean): State<typeof Part.Type> => ({
  part: Part,
  snapshot: () => {
    const operations = [...watch.life.state]
    const parts = Array.from(
      { length: Math.ceil(operations.length / partLength) },
      (_, i) => ({ operations: operations.slice(i * partLength, (i + 1) * partLength) })
    )
    return [{ stable: Vector.encode(watch.life.stable) }, ...parts]
  },
  restore: () => {
    const parts: Array<typeof Part.Type> = []
    return {
      add: (part) => void parts.push(part),
      install: () => {
        const stable = new Map(watch.life.stable)
        for (const part of parts) Vector.raise(stable, Vector.decode(part.stable ?? {}))
        const operations = parts.flatMap(({ operations = [] }) => operations)
        Witness.restore(witness, watch, operations, stability ? stable : undefined)
      }
    }
  }
})

/** Which life of each node lives, if any. */
type Living = Map<NodeId, Witness.Life>

/** Publishes what it is told to, and says what it is given. */
const programOf = ({ layer, stability }: Options, witness: Witness.Witness, living: Living): SimulatedNode.Program =>
  Effect.gen(function*() {
    const node = yield* Node
    const gossip = yield* Gossip
    const life = Witness.begin(witness, node.id)
    living.set(node.id, life)
    const watch = Witness.watch(life)
    const { commit, read, recovered } = yield* gossip.join(Schema.Int, {
      onDelivery: (entry) => Witness.deliver(witness, watch, entry),
      ...stability && { onStable: (stable: Vector.VersionVector) => Witness.stabilise(witness, watch, stable) },
      state: stateOf(witness, watch, stability)
    })
    const noteRecovery = Effect.sync(() => {
      life.recovered = true
    })
    if (stability) yield* Effect.forkChild(Effect.andThen(recovered, noteRecovery))
    yield* node.serve([Publish, Read] as const, {
      publish: ({ operation }) => {
        watch.submitted.add(operation)
        const begun: Witness.Commit = { operation, begun: witness.now(), ended: undefined }
        witness.commits.push(begun)
        return Effect.map(commit([operation]), () => {
          begun.ended = witness.now()
          return {}
        })
      },
      read: () =>
        Effect.suspend(() => {
          const hubHad = [...living.get(node.ids[0]!)?.delivered ?? []]
          const reading: Witness.Reading = { life, begun: witness.now(), hubHad, seen: undefined }
          witness.readings.push(reading)
          return Effect.map(read(() => new Set(life.delivered)), (operations) => {
            reading.seen = { time: witness.now(), operations }
            return {}
          })
        })
    })
  }).pipe(Effect.provide(layer))

/** A network that can be calmed down: then no message is lost or delivered twice. */
const networkOf = ({ duplicates, latency, loss }: Options, random: SeededRandom.SeededRandom, timeline: Timeline) => {
  const chances = random.fork("faults of the network")
  let isCalm = false
  const network = Network.make({
    timeline,
    random: { ...chances, chance: (probability) => !isCalm && chances.chance(probability) },
    latency: Latency.make(latency, random.fork("latency")),
    loss,
    duplicates
  })
  network.join(client, () => {})
  const calmDown = (): void => {
    isCalm = true
  }
  return { network, calmDown }
}

/** The nodes, of which each has a life at a time, and how one begins. */
const nodesOf = (
  { config }: Options,
  ids: ReadonlyArray<NodeId>,
  living: Living,
  world: Pick<SimulatedNode.Options, "time" | "network" | "random" | "program">
) => {
  const running = new Set<NodeId>()
  const nodes = ids.map((id): SimulatedNode.SimulatedNode => {
    const node = SimulatedNode.make({ ...world, id, random: world.random.fork(id), config })
    return {
      ...node,
      kill: () => {
        const life = living.get(id)
        if (life !== undefined) life.killed = true
        living.delete(id)
        running.delete(id)
        node.kill()
      }
    }
  })
  const boot = (node: SimulatedNode.SimulatedNode): void => {
    if (running.has(node.id)) return // killed before it was first started, and started since
    running.add(node.id)
    node.start()
    const body = { type: "init", msg_id: 1, node_id: node.id, node_ids: ids }
    world.network.send(client, node.id, Envelope.encode({ src: client, dest: node.id, body }))
  }
  return { nodes, boot }
}

export const make = (options: Options): Cluster => {
  const random = SeededRandom.make(options.seed)
  const time = VirtualTime.make(options.scheduling === "random" ? random.fork("scheduling") : undefined)
  const { calmDown, network } = networkOf(options, random, time)
  const ids = Array.from({ length: options.nodeCount }, (_, i) => NodeId.make(`n${i}`))
  const witness = Witness.make(ids, time.now)
  const { commits, lives, published, readings, violate, violations } = witness
  const living: Living = new Map()
  const program = programOf(options, witness, living)
  const { boot, nodes } = nodesOf(options, ids, living, { time, network, random, program })
  const events: Array<string> = []
  let operations = 0

  const nemesis = Nemesis.make({
    faults: options.faults,
    interval: options.interval,
    random: random.fork("nemesis"),
    timeline: time,
    network,
    nodes,
    boot: ({ id }) => boot(nodes.find((node) => node.id === id)!),
    record: (f, value) => void events.push(`${time.now().toFixed(0)} ms: ${f} ${JSON.stringify(value)}`)
  })
  const tell = (node: NodeId, body: Envelope.Body): void =>
    void network.send(client, node, Envelope.encode({ src: client, dest: node, body }))

  return {
    ids,
    nodes,
    time,
    network,
    nemesis,
    random,
    lives,
    published,
    readings,
    commits,
    violations,
    events,
    lastDelivery: () => witness.lastDelivery,
    boot,
    node: (index) => nodes[index]!,
    publish: (node) => tell(node, { type: "publish", operation: operations++ }),
    read: (node) => tell(node, { type: "read" }),
    pass: (millis) => {
      let over = false
      time.after(millis, () => {
        over = true
      })
      if (time.run(() => over, 20_000_000) !== "done") violate("crash", "it never ends")
    },
    calmDown,
    survivors: () => Witness.survivors(witness),
    checkConvergence: (within) => {
      for (const { findings } of nodes) for (const finding of Told.findings(findings)) violate("crash", finding)
      for (const { id, log } of nodes) {
        for (const line of log) if (/died/.test(line)) violate("crash", `${id}: ${line.slice(0, 400)}`)
      }
      Witness.checkConvergence(witness, within)
    }
  }
}
