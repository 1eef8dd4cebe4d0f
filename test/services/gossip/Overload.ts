/**
 * A backlog behind a cut, for nodes to which computing has a price: one node is alone for so long that what it lacks is far
 * more than a window, while clients go on asking.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { NodeId } from "../../../src/schema/Address.ts"
import { CounterProtocol, GrowOnlyDelta } from "../../../src/schema/CounterProtocol.ts"
import { Gossip } from "../../../src/services/gossip/Gossip.ts"
import * as MonotonicClock from "../../../src/services/node/MonotonicClock.ts"
import { Node } from "../../../src/services/node/Node.ts"
import type { Program } from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import { GCounterWorkload } from "../../../src/workloads/counter/CounterWorkload.ts"
import * as Operations from "../../../src/workloads/history/Operations.ts"
import type * as Cluster from "./Cluster.ts"
import * as Sum from "./Sum.ts"

/** Each operation takes some 20 kB, so that few of them are work for seconds. */
const padding = "x".repeat(20_000)
const Padded = Schema.Struct({ delta: Schema.Int, made: Schema.Finite, padding: Schema.String })

/** A counter whose operations are large, and say when they were made. */
const program = (layer: Cluster.GossipLayer, onDelivery: (made: number, now: number) => void): Program =>
  Effect.gen(function*() {
    const sum = Sum.make()
    const now = yield* MonotonicClock.millis
    const gossip = yield* Gossip
    const { publish } = yield* gossip.join(Padded, {
      onDelivery: ({ operation: { delta, made } }) => {
        sum.add(delta)
        onDelivery(made, now())
      },
      state: { part: Schema.Int, snapshot: sum.snapshot, restore: sum.restore }
    })
    yield* Node.serve(CounterProtocol(GrowOnlyDelta), {
      add: ({ delta }) => Effect.suspend(() => Effect.as(publish({ delta, made: now(), padding }), {})),
      read: () => Effect.sync(() => ({ value: sum.value() }))
    })
  }).pipe(Effect.provide(layer))

const [n0, n1, n2] = ["n0", "n1", "n2"].map((id) => NodeId.make(id)) as [NodeId, NodeId, NodeId]

const healedAt = 12_000

export interface Outcome {
  readonly isValid: boolean
  /** How long after the cut the last operation from before its end came to a node, in ms. */
  readonly caughtUpAfter: number
  /** The slowest answer to a client since the cut, in ms; Infinity if there was none. */
  readonly slowestAnswer: number
  /** The bytes that the busiest link carried one way, as a multiple of those of all operations. */
  readonly bytes: number
}

/** Counts the bytes of each link between nodes, each way. */
const makeMeter = () => {
  const links = new Map<string, number>()
  return {
    onMessage: (step: "send" | "receive", line: string): void => {
      const link = /^\{"src":"n\d","dest":"n\d"/.exec(line)?.[0]
      if (step === "send" && link !== undefined) links.set(link, (links.get(link) ?? 0) + line.length)
    },
    busiest: (): number => Math.max(...links.values())
  }
}

export const run = (layer: Cluster.GossipLayer, seed: number): Outcome => {
  let caughtUpAt = 0
  const { busiest, onMessage } = makeMeter()
  const simulation = Simulation.run({
    ...Simulation.defaults,
    seed,
    program: program(layer, (made, now) => {
      if (made < healedAt) caughtUpAt = now
    }),
    workload: GCounterWorkload,
    nodeCount: 3,
    concurrency: 6,
    rate: 60,
    timeLimit: healedAt + 6000,
    cost: { messageMicros: 50, byteNanos: 500 },
    bandwidth: 10_000,
    onMessage,
    script: [
      { deed: "cut", at: 0, drops: { [n2]: [n0, n1], [n0]: [n2], [n1]: [n2] } },
      { deed: "heal", at: healedAt }
    ]
  })
  const results = simulation.results()
  const operations = Operations.completed(simulation.history)
  const adds = operations.filter(({ invoke }) => invoke.f === "add").length
  const answers = operations.filter(({ invoke }) => invoke.time > healedAt).map(({ completion, invoke }) =>
    completion.type === "ok" ? completion.time - invoke.time : Infinity
  )
  return {
    isValid: results.valid,
    caughtUpAfter: Math.round(caughtUpAt - healedAt),
    slowestAnswer: Math.round(Math.max(...answers)),
    bytes: busiest() / (adds * padding.length)
  }
}
