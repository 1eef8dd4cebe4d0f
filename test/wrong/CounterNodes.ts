/**
 * Nodes that are right, if naive, at counters; and variations of them, each wrong on purpose in one way, to prove that the
 * bench notices.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { NodeId } from "../../src/schema/Address.ts"
import { CounterProtocol, Delta } from "../../src/schema/CounterProtocol.ts"
import * as ProtocolError from "../../src/schema/ProtocolError.ts"
import * as Rpc from "../../src/schema/Rpc.ts"
import { Gossip } from "../../src/services/gossip/Gossip.ts"
import * as Key from "../../src/services/kv/Key.ts"
import * as Kv from "../../src/services/kv/Kv.ts"
import * as Updates from "../../src/services/kv/Updates.ts"
import { Node } from "../../src/services/node/Node.ts"
import { Peers } from "../../src/services/node/Peers.ts"
import { Timers } from "../../src/services/node/Timers.ts"
import type { Program } from "../../src/simulator/nodes/SimulatedNode.ts"
import type * as Simulation from "../../src/simulator/Simulation.ts"
import * as CounterChecker from "../../src/workloads/counter/CounterChecker.ts"
import { GCounterWorkload, PnCounterWorkload } from "../../src/workloads/counter/CounterWorkload.ts"
import * as Workload from "../../src/workloads/Workload.ts"

const protocol = CounterProtocol(Delta)

// Nodes that keep the sum themselves and tell each other what is added.

const Tell = Rpc.make("tell", { request: { id: Schema.String, delta: Delta } })

/** How the node carries a delta to another node. */
type Carry = (peers: Peers["Service"], to: NodeId, told: Rpc.Request<typeof Tell>) => Effect.Effect<void>

/** It sends the delta again until the other node acknowledges it. */
const carefully: Carry = (peers, to, told) =>
  peers.ask(to, Tell, told).pipe(Effect.retry(Schedule.spaced("100 millis")), Effect.ignore)

const carelessly: Carry = (peers, to, told) => peers.send(to, Tell, told)

interface Base {
  readonly node: Node["Service"]
  readonly timers: Timers["Service"]
  readonly sum: () => number
  /** It adds the delta here and tells every other node. */
  readonly add: (delta: number) => Effect.Effect<void>
}

interface Ways {
  readonly carry?: Carry
  /** Whether the node counts a delta that it has counted before. */
  readonly recount?: boolean
  readonly add?: (base: Base, delta: number) => Effect.Effect<void, ProtocolError.ProtocolError>
  /** How the node answers reads; called once in a life. */
  readonly reading?: (base: Base) => Effect.Effect<Effect.Effect<number>>
}

const telling = (
  { add = ({ add }, delta) => add(delta), carry = carefully, reading, recount = false }: Ways
): Program =>
  Effect.gen(function*() {
    const node = yield* Node
    const peers = yield* Peers
    const timers = yield* Timers
    const counted = new Set<string>()
    let sum = 0
    const count = ({ delta, id }: Rpc.Request<typeof Tell>): void => {
      if (recount || !counted.has(id)) sum += delta
      counted.add(id)
    }
    const base: Base = {
      node,
      timers,
      sum: () => sum,
      add: (delta) =>
        Effect.suspend(() => {
          const told = { id: `${node.id} ${counted.size}`, delta }
          count(told)
          return Effect.forEach(peers.ids, (peer) => timers.after(0, carry(peers, peer, told)), { discard: true })
        })
    }
    yield* node.handle([Tell], { tell: (told) => Effect.sync(() => (count(told), {})) })
    const read = reading ? yield* reading(base) : Effect.sync(() => sum)
    yield* node.serve(protocol, {
      add: ({ delta }) => Effect.as(add(base, delta), {}),
      read: () => Effect.map(read, (value) => ({ value }))
    })
  })

/** A node that is right as long as no node is killed. */
export const right = telling({})

/** Tells again what is not acknowledged, and counts whatever it is told. */
export const retrying = telling({ recount: true })

/** Tells once, and counts whatever it is told. */
export const counting = telling({ carry: carelessly, recount: true })

/** Does not ask to be acknowledged: what is lost on the way is lost. */
export const hasty = telling({ carry: carelessly })

/** Acknowledges each tenth add or so without counting it. */
export const inattentive = telling({ add: ({ add }, delta) => delta === 4 ? Effect.void : add(delta) })

/** Counts some of what it refuses. */
export const insincere = telling({
  add: ({ add }, delta) =>
    delta === 4
      ? Effect.andThen(add(delta), Effect.fail(new ProtocolError.TemporarilyUnavailable({ text: "not now" })))
      : add(delta)
})

/** Answers each third read with what it knew up to half a second ago. */
export const wavering = telling({
  reading: ({ sum, timers }) =>
    Effect.suspend(() => {
      let snapshot = 0
      let reads = 0
      const read = Effect.sync(() => ++reads % 3 === 0 ? snapshot : sum())
      return Effect.as(timers.every(500, Effect.sync(() => void (snapshot = sum()))), read)
    })
})

/** One node does not answer reads any more after some seconds. */
export const reticent = telling({
  reading: ({ node, sum }) =>
    Effect.map(
      Clock.currentTimeMillis,
      (start) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          node.id === "n1" && now - start > 2000 ? Effect.never : Effect.sync(sum))
    )
})

const Replace = Rpc.make("replace", { request: { sum: Delta, time: Schema.Int } })

/** Tells its whole sum, again and again; the last one who wrote is right. */
export const lastWriter: Program = Effect.gen(function*() {
  const peers = yield* Peers
  const timers = yield* Timers
  let sum = 0
  let written = 0
  yield* timers.every(
    "200 millis",
    Effect.suspend(() =>
      Effect.forEach(peers.ids, (peer) => peers.send(peer, Replace, { sum, time: written }), { discard: true })
    )
  )
  yield* Node.serve([...protocol, Replace] as const, {
    add: ({ delta }) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        sum += delta
        written = now
        return {}
      }),
    read: () => Effect.sync(() => ({ value: sum })),
    replace: (other) =>
      Effect.sync(() => {
        if (other.time > written) {
          sum = other.sum
          written = other.time
        }
        return {}
      })
  })
})

/** A counter over Gossip that keeps its sum in floating point: right as long as the sum is small. */
export const floating: Program = Effect.gen(function*() {
  const gossip = yield* Gossip
  let sum = 0
  const { publish } = yield* gossip.join(Delta, {
    onDelivery: ({ operation }) => void (sum += operation),
    state: {
      part: Schema.Number,
      snapshot: () => [sum],
      restore: () => {
        let other = 0
        return { add: (part) => void (other += part), install: () => void (sum = other) }
      }
    }
  })
  yield* Node.serve(protocol, {
    add: ({ delta }) => Effect.as(publish(delta), {}),
    read: () => Effect.sync(() => ({ value: sum }))
  })
}).pipe(Effect.provide(Gossip.layerStar))

/** The same, and it serves as soon as it starts, whatever a former life has shown. */
export const amnesiac = floating

// Nodes that keep it in seq-kv.

const Total = Updates.Attributed(Schema.Int)
const plainKey = (name: string) => Key.make(name, Schema.Int)
const sumKey = plainKey("sum")
const barrierKey = plainKey("barrier")

const persistently = <A, R>(effect: Effect.Effect<A, ProtocolError.ProtocolError, R>): Effect.Effect<A, never, R> =>
  effect.pipe(Effect.retry(Schedule.spaced("100 millis")), Effect.orDie)

const orZero = (read: Effect.Effect<number, ProtocolError.ProtocolError>) =>
  Effect.catchTag(read, "KeyDoesNotExist", () => Effect.succeed(0))

/** One key a node, which it alone updates, rightly; but reading is as told. */
const storing = (
  reading: (
    readAll: Effect.Effect<number>,
    kv: Kv.Kv,
    update: Effect.Effect<void, ProtocolError.ProtocolError>
  ) => Effect.Effect<number, ProtocolError.ProtocolError>,
  acknowledging: (update: Effect.Effect<void, ProtocolError.ProtocolError>, timers: Timers["Service"]) => Effect.Effect<
    void,
    ProtocolError.ProtocolError
  > = (update) => update
): Program =>
  Effect.gen(function*() {
    const node = yield* Node
    const timers = yield* Timers
    const kv = yield* Kv.SeqKv
    const keyOf = (id: NodeId) => Key.make(id, Total)
    const update = (delta: number) => Effect.asVoid(kv.update(keyOf(node.id), 0, (total) => total + delta))
    const readOne = (id: NodeId) => persistently(orZero(Effect.map(kv.read(keyOf(id)), ({ value }) => value)))
    const readAll = Effect.map(Effect.forEach(node.ids, readOne), (totals) => totals.reduce((a, b) => a + b))
    const read = reading(readAll, kv, update(0))
    yield* node.serve(protocol, {
      add: ({ delta }) => Effect.as(acknowledging(update(delta), timers), {}),
      read: () => Effect.map(read, (value) => ({ value }))
    })
  }).pipe(Effect.provide(Kv.SeqKv.layer))

/** Changes something before each read. */
export const rightSeqKv = storing((readAll, _, barrier) => Effect.andThen(barrier, readAll))

/** It reads the keys as seq-kv answers them. */
export const stale = storing((readAll) => readAll)

/** Writes what is there already before each read. */
export const idle = storing((readAll, kv) => Effect.andThen(persistently(kv.write(barrierKey, 0)), readAll))

/** It acknowledges an add at once, and makes it later. */
export const deferring = storing(
  (readAll, _, barrier) => Effect.andThen(barrier, readAll),
  (update, timers) => timers.after("500 millis", Effect.ignore(update))
)

/** Changes something before it reads, but reads only once a second, by a clock on the wall. */
export const trusting: Program = Effect.suspend(() => {
  let readAt = -Infinity
  let value = 0
  return storing((readAll, _, barrier) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      if (now - readAt < 1000) return value
      yield* barrier
      value = yield* readAll
      readAt = now
      return value
    })
  )
})

/** All nodes share one key, to which they add in this way. */
const sharing = (
  add: (kv: Kv.Kv, delta: number) => Effect.Effect<void, ProtocolError.ProtocolError>
): Program =>
  Effect.gen(function*() {
    const { id } = yield* Node
    const kv = yield* Kv.SeqKv
    let barriers = 0
    yield* Node.serve(protocol, {
      add: ({ delta }) => Effect.as(add(kv, delta), {}),
      read: () =>
        persistently(kv.write(plainKey(`barrier ${id}`), ++barriers)).pipe(
          Effect.andThen(persistently(orZero(kv.read(sumKey)))),
          Effect.map((value) => ({ value }))
        )
    })
  }).pipe(Effect.provide(Kv.SeqKv.layer))

/** Reads, adds, writes: whoever writes in between has written for nothing. */
export const overwriting = sharing((kv, delta) =>
  persistently(Effect.flatMap(orZero(kv.read(sumKey)), (sum) => kv.write(sumKey, sum + delta)))
)

/** Compares before it writes, but takes no answer for a no. */
export const repeating = sharing((kv, delta) =>
  persistently(
    kv.read(sumKey).pipe(
      Effect.flatMap((sum) => kv.cas(sumKey, sum, sum + delta)),
      Effect.catchTag("KeyDoesNotExist", () => kv.create(sumKey, delta))
    )
  )
)

/** Each of these deltas in turn, then reads. */
export const adding = (deltas: ReadonlyArray<number>): Workload.Workload => ({
  ...PnCounterWorkload,
  generator: () => {
    const [add, read] = protocol
    const rest = [...deltas]
    return () => {
      const delta = rest.shift()
      const common = { readOnly: delta === undefined, value: delta ?? null }
      return delta === undefined
        ? Workload.invocation({ ...common, f: "read", rpc: read, request: {}, result: ({ value }) => value })
        : Workload.invocation({ ...common, f: "add", rpc: add, request: { delta }, result: () => delta })
    }
  }
})

/** The checker demands that an acknowledged add outlives its node. */
export const durable: Workload.Workload = {
  ...GCounterWorkload,
  check: (history) => CounterChecker.check(history, { growOnly: true, memory: "durable" })
}

/** Three nodes, 5 s, 40 operations a second, unless told otherwise. */
export const usual = {
  nodeCount: 3,
  concurrency: 3,
  rate: 40,
  timeLimit: 5000,
  latency: { mean: 20, dist: "exponential" },
  workload: GCounterWorkload
} as const satisfies Partial<Simulation.Options>

const max = Number.MAX_SAFE_INTEGER

/** The least that must happen for what a node does wrong to show, if it does not show anyway. */
export const needs = {
  retrying: { loss: 0.2 },
  counting: { duplicates: 0.2 },
  hasty: { loss: 0.2 },
  floating: { workload: adding([max, max, 1, 1, -max, -max]), nodeCount: 1, concurrency: 1 },
  amnesiac: {
    nemesis: ["kill"],
    nemesisInterval: 1000,
    latency: { mean: 200, dist: "constant" },
    rate: 100,
    concurrency: 300
  },
  stale: { seqKv: "oldest" },
  idle: { seqKv: "oldest" },
  repeating: { loss: 0.2, concurrency: 30 },
  deferring: { nemesis: ["kill"], nemesisInterval: 300, workload: durable },
  trusting: { nemesis: ["clock"], nemesisInterval: 500, timeLimit: 10_000 }
} as const satisfies Readonly<Record<string, Partial<Simulation.Options>>>
