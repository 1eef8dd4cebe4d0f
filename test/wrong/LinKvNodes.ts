/**
 * Key-value stores that are wrong on purpose, each in one way, to prove that the bench notices. That of src/programs is
 * right in the very same runs.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { ServiceId } from "../../src/schema/Address.ts"
import * as Json from "../../src/schema/Json.ts"
import { Cas, KvProtocol, Read, Write } from "../../src/schema/KvProtocol.ts"
import * as ProtocolError from "../../src/schema/ProtocolError.ts"
import * as Rpc from "../../src/schema/Rpc.ts"
import { Node } from "../../src/services/node/Node.ts"
import { Peers } from "../../src/services/node/Peers.ts"
import { Timers } from "../../src/services/node/Timers.ts"
import type { Program } from "../../src/simulator/nodes/SimulatedNode.ts"
import type * as Simulation from "../../src/simulator/Simulation.ts"

type Reply<A> = Effect.Effect<A, ProtocolError.ProtocolError>

interface Store {
  readonly read: (request: Rpc.Request<typeof Read>) => Reply<Rpc.Reply<typeof Read>>
  readonly write: (request: Rpc.Request<typeof Write>) => Reply<Rpc.Reply<typeof Write>>
  readonly cas: (request: Rpc.Request<typeof Cas>) => Reply<Rpc.Reply<typeof Cas>>
}

const missing = new ProtocolError.KeyDoesNotExist({ text: "no such key" })
const different = new ProtocolError.PreconditionFailed({ text: "another value" })

/** Whoever else keeps a store, and is asked for everything. */
const askedOf = (node: Node["Service"], whom: Parameters<Node["Service"]["ask"]>[0], timeout: number): Store => {
  const options = { timeout: Duration.millis(timeout) }
  return {
    read: (request) => node.ask(whom, Read, request, options),
    write: (request) => node.ask(whom, Write, request, options),
    cas: (request) => node.ask(whom, Cas, request, options)
  }
}

const serviceOf = (node: Node["Service"], name: string): Store => askedOf(node, ServiceId.make(name), 900)

const changes = (n: number): Effect.Effect<boolean> => {
  let count = 0
  return Effect.sync(() => ++count % n === 0)
}

// Nodes that ask the service lin-kv, and lie about it.

const lying = (change: (linKv: Store, node: Node["Service"], timers: Timers["Service"]) => Partial<Store>): Program =>
  Effect.gen(function*() {
    const node = yield* Node
    const linKv = serviceOf(node, "lin-kv")
    yield* node.serve(KvProtocol, { ...linKv, ...change(linKv, node, yield* Timers) })
  })

/** Says yes to each third `cas` that it could do, and does nothing. */
export const yesDoesNothing = lying((linKv) => {
  const isNext = changes(3)
  return {
    cas: (request) =>
      Effect.gen(function*() {
        if (!(yield* isNext)) return yield* linKv.cas(request)
        const { value } = yield* linKv.read(request)
        return Json.equals(value, request.from) ? {} : yield* different
      })
  }
})

/** Says no to each third `cas` that it has done. */
export const noDoesIt = lying((linKv) => {
  const isNext = changes(3)
  return {
    cas: (request) =>
      Effect.gen(function*() {
        const done = yield* linKv.cas(request)
        return (yield* isNext) ? yield* different : done
      })
  }
})

/** Says that a key does not exist, now and then, which it has just read. */
export const blind = lying((linKv) => {
  const isNext = changes(20)
  return {
    read: (request) =>
      Effect.gen(function*() {
        const reply = yield* linKv.read(request)
        return (yield* isNext) ? yield* missing : reply
      })
  }
})

/** Acknowledges each tenth write without making it. */
export const losesWrites = lying((linKv) => {
  const isNext = changes(10)
  return { write: (request) => Effect.flatMap(isNext, (next) => next ? Effect.succeed({}) : linKv.write(request)) }
})

/** Reads, compares, and writes, as if nobody could come in between. */
export const notAtomic = lying((linKv) => ({
  cas: (request) =>
    Effect.gen(function*() {
      const { value } = yield* linKv.read(request)
      if (!Json.equals(value, request.from)) return yield* different
      return yield* linKv.write({ key: request.key, value: request.to })
    })
}))

/** Makes a write again later, if it does not hear in time that it was made. */
export const repeats = lying((linKv, node, timers) => ({
  write: (request) =>
    askedOf(node, ServiceId.make("lin-kv"), 60).write(request).pipe(
      Effect.tapError(() => timers.after(500, Effect.ignore(linKv.write(request))))
    )
}))

/** Says that a write was not made whenever it does not know. */
export const overconfident = lying((_, node) => ({
  write: (request) =>
    Effect.mapError(
      askedOf(node, ServiceId.make("lin-kv"), 60).write(request),
      () => new ProtocolError.Abort({ text: "not made" })
    )
}))

/** Reads from the service whose reads may be stale. */
export const sequential: Program = Effect.gen(function*() {
  const node = yield* Node
  yield* node.serve(KvProtocol, serviceOf(node, "seq-kv"))
})

// Nodes of which the first keeps all, in memory.

const Copy = Rpc.make("copy", { request: { key: Json.Json, value: Json.Json } })

const inMemory = (changed: (key: Json.Json, value: Json.Json) => Effect.Effect<void> = () => Effect.void) => {
  const values = new Map<string, Json.Json>()
  const at = (key: Json.Json): Json.Json | undefined => values.get(Json.canonical(key))
  const put = (key: Json.Json, value: Json.Json): void => void values.set(Json.canonical(key), value)
  const store: Store = {
    read: ({ key }) =>
      Effect.suspend(() => {
        const value = at(key)
        return value === undefined ? Effect.fail(missing) : Effect.succeed({ value })
      }),
    write: ({ key, value }) =>
      Effect.suspend(() => {
        put(key, value)
        return Effect.as(changed(key, value), {})
      }),
    cas: ({ from, key, to }) =>
      Effect.suspend(() => {
        const value = at(key)
        if (value === undefined) return Effect.fail(missing)
        return Json.equals(value, from) ? store.write({ key, value: to }) : Effect.fail(different)
      })
  }
  return { ...store, put, values }
}

/** What the first node is for the others; `replica` is what they have heard of it. */
const led = (others: (leader: Store, replica: Store) => Store): Program =>
  Effect.gen(function*() {
    const node = yield* Node
    const peers = yield* Peers
    const replica = inMemory((key, value) =>
      Effect.forEach(peers.ids, (id) => peers.send(id, Copy, { key, value }), { discard: true })
    )
    yield* peers.handle([Copy], { copy: ({ key, value }) => Effect.sync(() => (replica.put(key, value), {})) })
    const first = node.ids[0] ?? node.id
    yield* node.serve(KvProtocol, node.id === first ? replica : others(askedOf(node, first, 300), replica))
  })

/** A follower reads what it has heard of. */
export const staleReads = led((leader, replica) => ({ ...leader, read: replica.read }))

/** A node that cannot reach the leader takes itself for one. */
export const twoLeaders = led((leader, replica) => ({
  read: (request) => Effect.catchTag(leader.read(request), "Timeout", () => replica.read(request)),
  write: (request) => Effect.catchTag(leader.write(request), "Timeout", () => replica.write(request)),
  cas: (request) => Effect.catchTag(leader.cas(request), "Timeout", () => replica.cas(request))
}))

const Saved = { key: "saved" }

/** The first node saves what it has now and then, and when it starts again goes on from there. */
export const restored: Program = Effect.gen(function*() {
  const node = yield* Node
  const timers = yield* Timers
  const first = node.ids[0] ?? node.id
  const disk = serviceOf(node, "lin-kv")
  const store = inMemory()
  const restore = Effect.gen(function*() {
    const { value } = yield* disk.read(Saved)
    if (Array.isArray(value)) {
      for (const [key, one] of value as Array<[string, Json.Json]>) store.values.set(key, one)
    }
  })
  const save = Effect.suspend(() => Effect.ignore(disk.write({ ...Saved, value: [...store.values] })))
  if (node.id !== first) return yield* node.serve(KvProtocol, askedOf(node, first, 900))
  yield* node.serve(KvProtocol, store, Effect.andThen(Effect.ignore(restore), timers.every(1000, save)))
})

type Changes = Partial<Simulation.Options>

export const usual: Changes = { nodeCount: 3, concurrency: 6, rate: 100, timeLimit: 5000 }

/** What must happen for it to show. */
export const needs: Readonly<Record<string, Changes>> = {
  notAtomic: { latency: { mean: 20, dist: "exponential" } },
  repeats: { latency: { mean: 20, dist: "exponential" } },
  overconfident: { latency: { mean: 20, dist: "exponential" } },
  staleReads: { latency: { mean: 20, dist: "exponential" } },
  twoLeaders: { nemesis: ["partition"], nemesisInterval: 1000 },
  restored: { nemesis: ["kill"], nemesisInterval: 1000, nodeCount: 1, concurrency: 2 }
}

/** Those that Maelstrom does not find, since it takes no for no answer. */
export const onlyStrict: ReadonlyArray<string> = ["blind"]
