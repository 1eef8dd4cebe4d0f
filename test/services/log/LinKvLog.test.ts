/** The log on lin-kv over Peers and a LinKv that the test holds in its hands: no node, no network. */
import { assert, describe, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { NodeId } from "../../../src/schema/Address.ts"
import * as Json from "../../../src/schema/Json.ts"
import * as ProtocolError from "../../../src/schema/ProtocolError.ts"
import { type Kv, LinKv } from "../../../src/services/kv/Kv.ts"
import { layerLinKv } from "../../../src/services/log/LinKvLog.ts"
import { type Log, SharedLog } from "../../../src/services/log/SharedLog.ts"
import { Peers } from "../../../src/services/node/Peers.ts"
import { Timers } from "../../../src/services/node/Timers.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds } from "../../Seeds.ts"

const ids = ["n0", "n1", "n2"].map((id) => NodeId.make(id))
const timeout = new ProtocolError.Timeout({ text: "no reply in time" })

/** A store that may lose requests and answers: then it says nothing, and whoever has asked gives up after a second. */
const store = (random: SeededRandom.SeededRandom, loss: number) => {
  const values = new Map<string, Json.Json>()
  let requests = 0
  const once = <A>(
    f: () => Effect.Effect<A, ProtocolError.ProtocolError>
  ): Effect.Effect<A, ProtocolError.ProtocolError> =>
    Effect.gen(function*() {
      requests++
      yield* Effect.sleep(random.below(20))
      if (random.chance(loss)) return yield* Effect.delay(Effect.fail(timeout), 1000)
      const outcome = yield* Effect.exit(f())
      yield* Effect.sleep(random.below(20))
      return random.chance(loss) ? yield* Effect.delay(Effect.fail(timeout), 1000) : yield* outcome
    })
  const missing = new ProtocolError.KeyDoesNotExist({ text: "" })
  const put = (name: string, value: Json.Json) => Effect.sync(() => void values.set(name, value))
  const kv: Kv = {
    read: (key) =>
      once(() => {
        const value = values.get(key.name)
        return value === undefined ? Effect.fail(missing) : key.decode(value)
      }),
    write: (key, value) => once(() => put(key.name, key.encode(value))),
    cas: (key, from, to) =>
      once(() => {
        const value = values.get(key.name)
        if (value === undefined) return Effect.fail(missing)
        return Json.equals(value, key.encode(from))
          ? put(key.name, key.encode(to))
          : Effect.fail(new ProtocolError.PreconditionFailed({ text: "" }))
      }),
    create: (key, value) =>
      once(() =>
        values.has(key.name)
          ? Effect.fail(new ProtocolError.KeyAlreadyExists({ text: "" }))
          : put(key.name, key.encode(value))
      ),
    update: () => Effect.die("nobody asks for this")
  }
  return { kv, requests: () => requests, keys: () => [...values.keys()] }
}

type Handler = (request: unknown, from: NodeId) => Effect.Effect<unknown, ProtocolError.ProtocolError>

/** Hands each request to the handler of the peer, if it reaches it. */
const wires = (reaches: (from: NodeId, to: NodeId) => boolean) => {
  const handlers = new Map<NodeId, Handler>()
  const peers = (self: NodeId): Peers["Service"] => ({
    self,
    members: ids,
    ids: ids.filter((id) => id !== self),
    send: () => Effect.void,
    ask: <Q, P>(to: NodeId, _: unknown, request: Q, options: { readonly timeout?: Duration.Duration } = {}) =>
      Effect.suspend(() =>
        reaches(self, to)
          ? Effect.delay(handlers.get(to)!(request, self), 10) as Effect.Effect<P> // the handler of this very request
          : Effect.delay(Effect.fail(timeout), options.timeout ?? 1000)
      ),
    handle: (_, all) => Effect.sync(() => void handlers.set(self, Object.values(all)[0] as Handler)), // there is one request
    speakAfter: () => Effect.void
  })
  return peers
}

interface Member {
  readonly log: Log<string>
  readonly executed: ReadonlyArray<string>
}

/** A node that keeps all operations in order. */
const member = Effect.gen(function*() {
  const executed: Array<string> = []
  const log = yield* (yield* SharedLog).join({
    operation: Schema.String,
    execute: (operation) => executed.push(operation),
    state: Schema.Array(Schema.String),
    snapshot: () => executed,
    restore: (state) => executed.splice(0, executed.length, ...state)
  })
  return { log, executed }
})

const cluster = Effect.fnUntraced(
  function*(kv: Kv, reaches: (from: NodeId, to: NodeId) => boolean = () => true) {
    const peers = wires(reaches)
    const [first, ...others] = yield* Effect.forEach(ids, (id) =>
      Effect.gen(function*() {
        const world = Layer.mergeAll(Layer.succeed(Peers, peers(id)), Layer.succeed(LinKv, kv), Timers.layer)
        return yield* Effect.provideContext(member, yield* Layer.build(Layer.provide(layerLinKv, world)))
      }))
    return { first: first!, all: [first!, ...others] }
  }
)

/** Runs this to its end while time passes. */
const inTime = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
  const fiber = yield* Effect.forkChild(effect)
  for (let i = 0; fiber.pollUnsafe() === undefined && i < 1000; i++) yield* TestClock.adjust(500)
  return yield* fiber.pollUnsafe() ?? Effect.die("it never ends")
})

describe("the log on lin-kv", () => {
  for (const loss of [0, 0.1]) {
    for (const [how, reaches] of [["all", () => true], ["nobody", () => false]] as const) {
      it.effect(`is one log, ${loss * 100} % of messages to lin-kv lost, each node reaching ${how}`, () =>
        Effect.forEach(seeds(2), (seed) =>
          Effect.gen(function*() {
            const random = SeededRandom.make(seed)
            const { kv } = store(random, loss)
            const { all: members, first } = yield* cluster(kv, reaches)
            let acknowledged: ReadonlyArray<string> = []
            const session = ({ executed, log }: Member, name: string) =>
              Effect.gen(function*() {
                for (let i = 0; i < 20; i++) {
                  yield* Effect.sleep(random.below(100))
                  const known = acknowledged
                  const seen = random.chance(0.7)
                    ? yield* log.append(`${name}${i}`, () => [...executed, `${name}${i}`])
                    : yield* log.read(() => [...executed])
                  for (const operation of known) assert.include(seen, operation, "real time")
                  acknowledged = [...acknowledged, ...seen.filter((operation) => !acknowledged.includes(operation))]
                }
              })
            yield* inTime(Effect.forEach(
              members.flatMap((member, i) => [`${i}a`, `${i}b`].map((name) => [member, name] as const)),
              ([member, name]) => session(member, name),
              { concurrency: "unbounded", discard: true }
            ))
            yield* inTime(Effect.forEach(members, ({ log }) => log.read(() => {}), { concurrency: "unbounded" }))
            const { executed } = first
            for (const other of members) assert.deepStrictEqual(other.executed, executed)
            assert.strictEqual(new Set(executed).size, executed.length, "exactly once")
            assert.includeMembers([...executed], [...acknowledged])
          }).pipe(Effect.scoped, Effect.onError(() => Effect.sync(() => console.error(`seed ${seed}`))))))
    }
  }

  it.effect("all append through the first node: each batch costs one compare-and-set, and a chunk now and then", () =>
    Effect.gen(function*() {
      const { keys, kv, requests } = store(SeededRandom.make(0), 0)
      const { all: members } = yield* cluster(kv)
      yield* inTime(Effect.forEach(
        members.flatMap(({ log }, i) => Array.from({ length: 40 }, (_, j) => log.append(`${i} ${j}`, () => {}))),
        (append) => append,
        { concurrency: "unbounded" }
      ))
      assert.isAtMost(requests(), 20)
      assert.includeMembers(keys(), ["log", "log/0", "log/1"])
    }).pipe(Effect.scoped))

  it.effect("an evaluation that dies, dies alone", () =>
    Effect.gen(function*() {
      const { first: { executed, log } } = yield* cluster(store(SeededRandom.make(0), 0).kv)
      const dies = (): never => {
        throw new Error("boom")
      }
      assert.strictEqual((yield* inTime(Effect.exit(log.append("a", dies))))._tag, "Failure")
      assert.strictEqual((yield* inTime(Effect.exit(log.read(dies))))._tag, "Failure")
      yield* inTime(log.append("b", () => {}))
      assert.deepStrictEqual(executed, ["a", "b"])
    }).pipe(Effect.scoped))
})
