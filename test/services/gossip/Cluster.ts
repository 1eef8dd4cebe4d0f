/**
 * A cluster of nodes that do nothing but replicate whole numbers, watched by somebody who sees it all.
 *
 * What happened before what is taken from what really happened: which life of which node had been given which operations
 * when it published one. Nothing is taken from the vectors that the nodes keep, except to check them.
 */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Address, NodeId } from "../../../src/schema/Address.ts"
import * as Envelope from "../../../src/schema/Envelope.ts"
import * as Rpc from "../../../src/schema/Rpc.ts"
import * as Vector from "../../../src/schema/VersionVector.ts"
import { type Entry, Gossip, type State } from "../../../src/services/gossip/Gossip.ts"
import { Node } from "../../../src/services/node/Node.ts"
import type { Peers } from "../../../src/services/node/Peers.ts"
import type { Timers } from "../../../src/services/node/Timers.ts"
import * as Nemesis from "../../../src/simulator/faults/Nemesis.ts"
import * as Latency from "../../../src/simulator/network/Latency.ts"
import * as Network from "../../../src/simulator/network/Network.ts"
import * as SimulatedNode from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import * as Told from "../../Told.ts"

export const properties = [
  "exactly once",
  "origin's order",
  "causal order",
  "nothing invented",
  "nothing forgotten",
  "convergence",
  "stable too early",
  "stable backwards",
  "stable at last",
  "crash"
] as const
export type Property = (typeof properties)[number]

export interface Violation {
  readonly property: Property
  readonly text: string
}

/** One life of a node, and what it was given, in order. */
export interface Life {
  readonly node: NodeId
  readonly name: string
  /** First as operations, or in a snapshot; each once. */
  readonly delivered: Array<number>
  /** What its program has made of, now: since its last snapshot. */
  state: Set<number>
  /** How many snapshots it has begun anew from. */
  restored: number
  readonly published: Array<number>
  stable: Vector.VersionVector
  /** It has heard from everybody. Nobody asks, unless nodes ask for the stable frontier. */
  recovered: boolean
  killed: boolean
}

export interface Published {
  readonly life: Life
  readonly time: number
  /** How much had been delivered to that life: all of this happened before. */
  readonly after: number
  /** It is that life's first, second … */
  readonly nth: number
  readonly origin: Vector.Origin
  readonly sequence: number
  /** What had been delivered to that life by then, if it was recovered. */
  readonly knowing: Vector.VersionVector | undefined
}

/** Somebody read at this life. */
export interface Reading {
  readonly life: Life
  readonly begun: number
  /** What the first node, which is the hub, had by then. */
  readonly hubHad: ReadonlyArray<number>
  /** What was seen, and when; undefined while the read waits. */
  seen: { readonly time: number; readonly operations: ReadonlySet<number> } | undefined
}

/** Somebody told this life to publish an operation. */
export interface Commit {
  readonly operation: number
  readonly begun: number
  /** When it was acknowledged, in ms. */
  ended: number | undefined
}

export type Shape = "star" | "mesh"
export type GossipLayer = Layer.Layer<Gossip, unknown, Node | Peers | Timers>

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
  readonly lives: ReadonlyArray<Life>
  readonly published: ReadonlyMap<number, Published>
  readonly readings: ReadonlyArray<Reading>
  readonly commits: ReadonlyArray<Commit>
  readonly violations: ReadonlyArray<Violation>
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
  readonly survivors: () => ReadonlyArray<Life>
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

/** Of one kind of violation, that many are put down. */
const enough = 5

export const make = (options: Options): Cluster => {
  const random = SeededRandom.make(options.seed)
  const time = VirtualTime.make(options.scheduling === "random" ? random.fork("scheduling") : undefined)
  const chances = random.fork("faults of the network")
  let isCalm = false
  const network = Network.make({
    timeline: time,
    random: { ...chances, chance: (probability) => !isCalm && chances.chance(probability) },
    latency: Latency.make(options.latency, random.fork("latency")),
    loss: options.loss,
    duplicates: options.duplicates
  })
  network.join(client, () => {})

  const ids = Array.from({ length: options.nodeCount }, (_, i) => NodeId.make(`n${i}`))
  const lives: Array<Life> = []
  const living = new Map<NodeId, Life>()
  const running = new Set<NodeId>()
  const published = new Map<number, Published>()
  const readings: Array<Reading> = []
  const commits: Array<Commit> = []
  /** What each node has had, in any of its lives. */
  const had = new Map(ids.map((id) => [id, new Map<Vector.Origin, number>()] as const))
  const violations: Array<Violation> = []
  const events: Array<string> = []
  let operations = 0
  let lastDelivery = 0

  const note = (text: string): void => void events.push(`${time.now().toFixed(0)} ms: ${text}`)
  const counts = new Map<Property, number>()
  const violate = (property: Property, text: string): void => {
    const count = (counts.get(property) ?? 0) + 1
    counts.set(property, count)
    if (count <= enough) violations.push({ property, text: `${text}, at ${time.now().toFixed(0)} ms` })
  }

  const watch = (life: Life) => {
    const submitted = new Set<number>()
    const position = new Map<number, number>()
    const nextOf = new Map<Life, number>()
    const seenOf = new Map<Life, number>()
    const own = new Map<Vector.Origin, number>()

    const onDelivery = ({ operation, origin, sequence }: Entry<number>): void => {
      lastDelivery = time.now()
      let known = published.get(operation)
      if (known === undefined && submitted.has(operation)) {
        known = {
          life,
          time: time.now(),
          after: life.delivered.length,
          nth: life.published.length,
          origin,
          sequence,
          knowing: life.recovered ? new Map(own) : undefined
        }
        published.set(operation, known)
        life.published.push(operation)
      }
      if (known === undefined) return violate("nothing invented", `${life.name} was given ${operation}`)
      if (life.state.has(operation)) violate("exactly once", `${life.name} was given ${operation} again`)
      life.state.add(operation)
      if (position.has(operation)) return // it had it before it began anew
      if (known.origin !== origin || known.sequence !== sequence) {
        const text = `${known.origin}#${known.sequence} came to ${life.name} as ${origin}#${sequence}`
        violate("nothing invented", text)
      }
      if ((nextOf.get(known.life) ?? 0) !== known.nth) {
        const expected = nextOf.get(known.life) ?? 0
        violate("origin's order", `${life.name} got ${known.life.name}'s number ${known.nth}, not ${expected}`)
      }
      nextOf.set(known.life, known.nth + 1)
      for (let i = seenOf.get(known.life) ?? 0; i < known.after; i++) {
        const cause = known.life.delivered[i]!
        if (!position.has(cause)) violate("causal order", `${life.name} got ${operation} before its cause ${cause}`)
        seenOf.set(known.life, i + 1)
      }
      if (known.knowing !== undefined && !Vector.covers(known.knowing, life.stable)) {
        violate(
          "stable too early",
          `${life.name} got ${operation}, made without knowing what ${life.name} took for stable`
        )
      }
      position.set(operation, life.delivered.length)
      life.delivered.push(operation)
      own.set(origin, Math.max(sequence, own.get(origin) ?? 0))
      const everHad = had.get(life.node)!
      everHad.set(origin, Math.max(sequence, everHad.get(origin) ?? 0))
    }

    const onStable = (stable: Vector.VersionVector): void => {
      for (const [origin, count] of stable) {
        const before = life.stable.get(origin) ?? 0
        if (count < before) violate("stable backwards", `${life.name}: ${origin} from ${before} to ${count}`)
        if (count <= before) continue
        for (const [id, everHad] of had) {
          const has = everHad.get(origin) ?? 0
          if (has >= count) continue
          violate("stable too early", `${life.name} takes ${origin}#${count} for stable, but ${id} had only ${has}`)
        }
        const has = own.get(origin) ?? 0
        if (has < count) {
          violate("stable too early", `${life.name} takes ${origin}#${count} for stable, and has itself ${has}`)
        }
      }
      for (const origin of life.stable.keys()) {
        if (!stable.has(origin)) violate("stable backwards", `${life.name}: ${origin} is forgotten`)
      }
      life.stable = new Map(stable)
    }
    const state: State<typeof Part.Type> = {
      part: Part,
      snapshot: () => {
        const operations = [...life.state]
        const parts = Array.from(
          { length: Math.ceil(operations.length / partLength) },
          (_, i) => ({ operations: operations.slice(i * partLength, (i + 1) * partLength) })
        )
        return [{ stable: Vector.encode(life.stable) }, ...parts]
      },
      restore: () => {
        const parts: Array<typeof Part.Type> = []
        return {
          add: (part) => void parts.push(part),
          install: () => {
            life.state = new Set()
            life.restored++
            for (const { operations = [] } of parts) {
              for (const operation of operations) {
                const known = published.get(operation)
                if (known === undefined) violate("nothing invented", `${life.name} was given ${operation}`)
                else onDelivery({ operation, origin: known.origin, sequence: known.sequence })
              }
            }
            const stable = new Map(life.stable)
            for (const part of parts) Vector.raise(stable, Vector.decode(part.stable ?? {}))
            if (options.stability) onStable(stable)
          }
        }
      }
    }
    return { submitted, onDelivery, onStable, state }
  }

  const program: SimulatedNode.Program = Effect.gen(function*() {
    const node = yield* Node
    const gossip = yield* Gossip
    const number = lives.filter((life) => life.node === node.id).length
    const life: Life = {
      node: node.id,
      name: `${node.id}/${number}`,
      delivered: [],
      state: new Set(),
      restored: 0,
      published: [],
      stable: new Map(),
      recovered: false,
      killed: false
    }
    lives.push(life)
    living.set(node.id, life)
    const { onDelivery, onStable, state, submitted } = watch(life)
    const { commit, read, recovered } = yield* gossip.join(
      Schema.Int,
      options.stability ? { onDelivery, onStable, state } : { onDelivery, state }
    )
    const noteRecovery = Effect.sync(() => {
      life.recovered = true
    })
    if (options.stability) yield* Effect.forkChild(Effect.andThen(recovered, noteRecovery))
    yield* node.serve([Publish, Read] as const, {
      publish: ({ operation }) => {
        submitted.add(operation)
        const begun: Commit = { operation, begun: time.now(), ended: undefined }
        commits.push(begun)
        return Effect.map(commit([operation]), () => {
          begun.ended = time.now()
          return {}
        })
      },
      read: () =>
        Effect.suspend(() => {
          const hubHad = [...living.get(ids[0]!)?.delivered ?? []]
          const reading: Reading = { life, begun: time.now(), hubHad, seen: undefined }
          readings.push(reading)
          return Effect.map(read(() => new Set(life.delivered)), (operations) => {
            reading.seen = { time: time.now(), operations }
            return {}
          })
        })
    })
  }).pipe(Effect.provide(options.layer))

  const nodes = ids.map((id): SimulatedNode.SimulatedNode => {
    const node = SimulatedNode.make({ id, time, network, random: random.fork(id), program, config: options.config })
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
    network.send(client, node.id, Envelope.encode({ src: client, dest: node.id, body }))
  }

  const nemesis = Nemesis.make({
    faults: options.faults,
    interval: options.interval,
    random: random.fork("nemesis"),
    timeline: time,
    network,
    nodes,
    boot: ({ id }) => boot(nodes.find((node) => node.id === id)!),
    record: (f, value) => note(`${f} ${JSON.stringify(value)}`)
  })

  const survivors = (): ReadonlyArray<Life> => lives.filter(({ killed }) => !killed)

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
    lastDelivery: () => lastDelivery,
    boot,
    node: (index) => nodes[index]!,
    publish: (node) => {
      const body = { type: "publish", operation: operations++ }
      network.send(client, node, Envelope.encode({ src: client, dest: node, body }))
    },
    read: (node) => {
      const body = { type: "read" }
      network.send(client, node, Envelope.encode({ src: client, dest: node, body }))
    },
    pass: (millis) => {
      let over = false
      time.after(millis, () => {
        over = true
      })
      if (time.run(() => over, 20_000_000) !== "done") violate("crash", "it never ends")
    },
    calmDown: () => {
      isCalm = true
    },
    survivors,
    checkConvergence: (within) => {
      for (const { findings } of nodes) for (const finding of Told.findings(findings)) violate("crash", finding)
      for (const { id, log } of nodes) {
        for (const line of log) if (/died/.test(line)) violate("crash", `${id}: ${line.slice(0, 400)}`)
      }
      const all = survivors()
      if (all.length !== ids.length) violate("crash", `${all.length} of ${ids.length} nodes live`)
      const anywhere = new Set(all.flatMap(({ delivered }) => delivered))
      for (const { delivered, name, stable, state: has } of all) {
        const forgotten = delivered.filter((operation) => !has.has(operation))
        if (forgotten.length > 0) violate("nothing forgotten", `${name} has forgotten ${forgotten}`)
        const missing = [...anywhere].filter((operation) => !has.has(operation))
        if (missing.length > 0) {
          const [first] = missing
          const { life } = published.get(first!)!
          const who = all.filter(({ delivered }) => delivered.includes(first!)).map(({ name }) => name)
          violate(
            "convergence",
            `${name} lacks ${missing.length} of ${anywhere.size}, such as ${first} of ${life.name}, had by ${who}`
          )
        }
        if (!within.stable) continue
        const unstable = [...anywhere].filter((operation) => {
          const { origin, sequence } = published.get(operation)!
          return (stable.get(origin) ?? 0) < sequence
        })
        if (unstable.length === 0) continue
        violate("stable at last", `${name} does not know that ${unstable.length} of ${anywhere.size} are stable`)
      }
    }
  }
}
