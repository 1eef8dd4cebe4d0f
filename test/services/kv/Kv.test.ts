import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Address, ClientId, NodeId, ServiceId } from "../../../src/schema/Address.ts"
import * as Envelope from "../../../src/schema/Envelope.ts"
import * as Json from "../../../src/schema/Json.ts"
import type { ProtocolError } from "../../../src/schema/ProtocolError.ts"
import * as Rpc from "../../../src/schema/Rpc.ts"
import * as Key from "../../../src/services/kv/Key.ts"
import * as Kv from "../../../src/services/kv/Kv.ts"
import * as Updates from "../../../src/services/kv/Updates.ts"
import { Node } from "../../../src/services/node/Node.ts"
import * as Latency from "../../../src/simulator/network/Latency.ts"
import * as Network from "../../../src/simulator/network/Network.ts"
import * as SimulatedNode from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as Services from "../../../src/simulator/services/Services.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds as seedsOf } from "../../Seeds.ts"

const seeds = seedsOf(50)

type Use = (kv: Kv.Kv) => Effect.Effect<void, never, Node>

const stores = {
  "lin-kv": (use: Use) => Effect.provide(Effect.flatMap(Kv.LinKv, use), Layer.fresh(Kv.LinKv.layer)),
  "seq-kv": (use: Use) => Effect.provide(Effect.flatMap(Kv.SeqKv, use), Layer.fresh(Kv.SeqKv.layer)),
  "lww-kv": (use: Use) => Effect.provide(Effect.flatMap(Kv.LwwKv, use), Layer.fresh(Kv.LwwKv.layer))
}
type Store = keyof typeof stores
const consistent: ReadonlyArray<Store> = ["lin-kv", "seq-kv"]

const Ping = Rpc.make("ping")

/** What a node does with a store. The number is its own, from 0; its life is 0 until it has been killed. */
type Task = (kv: Kv.Kv, node: number, life: number) => Effect.Effect<void>

interface World {
  readonly time: VirtualTime.VirtualTime
  readonly nodes: ReadonlyArray<SimulatedNode.SimulatedNode>
  /** Starts a node, which begins with its task. */
  readonly boot: (node: number) => void
  /** Works until `done`, or until every node has done its task. */
  readonly work: (done?: () => boolean) => void
  /** What the store holds when nothing is under way any more. */
  readonly stored: (key: string) => Json.Json | undefined
}

/** Nodes that do their tasks with a store, over a network that loses, repeats and delays. */
const world = (options: {
  readonly store: Store
  readonly task: Task
  readonly seed?: number
  readonly nodes?: number
  readonly latency?: Latency.Latency
  readonly loss?: number
  readonly duplicates?: number
  /** Instead of Maelstrom's services. */
  readonly join?: (network: Network.Network, time: VirtualTime.VirtualTime) => void
}): World => {
  const { duplicates = 0, latency = { mean: 1, dist: "constant" }, loss = 0, seed = 0 } = options
  const random = SeededRandom.make(seed)
  const time = VirtualTime.make(random.fork("scheduling"))
  const network = Network.make({
    timeline: time,
    random: random.fork("network"),
    latency: Latency.make(latency, random.fork("latency")),
    loss,
    duplicates
  })
  if (options.join === undefined) Services.join(network, random.fork("services"))
  else options.join(network, time)

  const client = ClientId.make("c0")
  const replies: Array<Envelope.Body> = []
  network.join(client, (line) => replies.push(Result.getOrThrow(Envelope.decode(line)).body))
  const say = (dest: Address, body: Envelope.Body): void =>
    void network.send(client, dest, Envelope.encode({ src: client, dest, body }))

  const ids = Array.from({ length: options.nodes ?? 1 }, (_, i) => NodeId.make(`n${i}`))
  const lives = ids.map(() => 0)
  const working = new Set(ids)
  const nodes = ids.map((id, i) => {
    const program = stores[options.store]((kv) =>
      Effect.gen(function*() {
        const task = options.task(kv, i, lives[i]!++)
        yield* Effect.forkChild(Effect.map(task, () => working.delete(id)))
        yield* Node.serve([Ping], { ping: () => Effect.succeed({}) })
      })
    )
    return SimulatedNode.make({ id, time, network, random: random.fork(id), program, config: {} })
  })
  const boot = (node: number): void => {
    nodes[node]!.start()
    say(ids[node]!, { type: "init", node_id: ids[node]!, node_ids: ids })
  }
  ids.forEach((_, i) => boot(i))

  const work: World["work"] = (done = () => working.size === 0) => {
    assert.strictEqual(time.run(done, 1_000_000), "done", `seed ${seed}`)
    for (const node of nodes) assert.deepStrictEqual(node.findings, [], `seed ${seed}`)
  }

  return {
    time,
    nodes,
    boot,
    work,
    stored: (key) => {
      let rested = false
      time.after(60_000, () => {
        rested = true
      })
      work(() => rested)
      // A change of another key makes even seq-kv serve its newest state.
      const store = ServiceId.make(options.store)
      for (const body of [{ type: "write", key: "fence", value: replies.length }, { type: "read", key }]) {
        const before = replies.length
        say(store, { ...body, msg_id: before })
        work(() => replies.length > before)
      }
      return replies.at(-1)?.["value"] as Json.Json | undefined
    }
  }
}

/** lin-kv behind a door: it hears only what `admits` lets pass. */
const watched =
  (admits: (line: string) => boolean) => (network: Network.Network, time: VirtualTime.VirtualTime): void => {
    const service = Address.make("lin-kv")
    const random = SeededRandom.make(0)
    const inside = Network.make({ timeline: time, random, latency: () => 0, loss: 0, duplicates: 0 })
    Services.join(inside, random)
    for (const id of ["n0", "c0"].map((id) => Address.make(id))) {
      inside.join(id, (line) => network.send(service, id, line))
    }
    network.join(service, (line) => {
      if (admits(line)) inside.send(Result.getOrThrow(Envelope.decode(line)).src, service, line)
    })
  }

/** What one node's use of a store comes to, without any trouble on the way. */
const run = <A, E>(store: Store, task: (kv: Kv.Kv) => Effect.Effect<A, E>, seed = 0): Result.Result<A, E> => {
  let outcome: Result.Result<A, E> | undefined
  world({
    store,
    seed,
    task: (kv) =>
      Effect.map(Effect.result(task(kv)), (result) => {
        outcome = result
      })
  }).work()
  return outcome ?? assert.fail("not done")
}

const tagOf = (result: Result.Result<unknown, ProtocolError>): string =>
  Result.isFailure(result) ? result.failure._tag : "success"

const text = Key.make("text", Schema.String)
const counter = Key.make("counter", Updates.Attributed(Schema.Int))
const naive = Key.make("naive", Schema.Int)

const trouble = { latency: { mean: 60, dist: "exponential" }, loss: 0.2, duplicates: 0.2 } as const

/** Wrong on purpose: a `cas` whose reply is lost is simply repeated. */
const naiveIncrement = (kv: Kv.Kv): Effect.Effect<void> => {
  const attempt = Effect.gen(function*() {
    const current = yield* Effect.catchTag(kv.read(naive), "KeyDoesNotExist", () => Effect.undefined)
    yield* current === undefined ? kv.create(naive, 1) : kv.cas(naive, current, current + 1)
  })
  return Effect.orDie(Effect.retry(attempt, { times: 1000 }))
}

describe("Kv", () => {
  it("read: KeyDoesNotExist until something is written, then what was written", () => {
    for (const store of ["lin-kv", "seq-kv"] as const) {
      const outcome = run(store, (kv) =>
        Effect.gen(function*() {
          const missing = yield* Effect.flip(kv.read(text))
          yield* kv.write(text, "a")
          const first = yield* kv.read(text)
          yield* kv.write(text, "b")
          return [missing._tag, first, yield* kv.read(text)]
        }))
      assert.deepStrictEqual(outcome, Result.succeed(["KeyDoesNotExist", "a", "b"]), store)
    }
  })

  it("values are those of the key's type, in whatever form they are stored", () => {
    const Stored = Schema.Struct({ at: Schema.NumberFromString, all: Schema.Array(Json.Json) })
    const key = Key.make("struct", Stored)
    for (const store of Object.keys(stores) as Array<Store>) {
      const value = { at: 7, all: [null, { a: [1, "é"] }] }
      let written: unknown
      const { stored, work } = world({
        store,
        task: (kv) =>
          Effect.gen(function*() {
            yield* kv.write(key, value)
            written = yield* Effect.retry(kv.read(key), { while: ({ _tag }) => _tag === "KeyDoesNotExist" })
          }).pipe(Effect.orDie)
      })
      work()
      assert.deepStrictEqual(written, value, store)
      if (store !== "lww-kv") assert.deepStrictEqual<unknown>(stored("struct"), { ...value, at: "7" }, store)
    }
  })

  it("a value that is not of the key's type is a Crash, of another type's writer", () => {
    for (const store of consistent) {
      const outcome = run(store, (kv) => Effect.andThen(kv.write(text, "a"), kv.read(Key.make("text", Schema.Int))))
      assert.strictEqual(tagOf(outcome), "Crash")
    }
  })

  it("cas: writes if the key holds `from`; PreconditionFailed if not, KeyDoesNotExist if it holds nothing", () => {
    const key = Key.make("key", Schema.Struct({ a: Schema.Int, b: Schema.Array(Schema.Int) }))
    for (const store of consistent) {
      const outcome = run(store, (kv) =>
        Effect.gen(function*() {
          const missing = yield* Effect.flip(kv.cas(key, { a: 1, b: [] }, { a: 2, b: [] }))
          yield* kv.write(key, { a: 1, b: [1, 2] })
          const mismatch = yield* Effect.flip(kv.cas(key, { a: 1, b: [2, 1] }, { a: 2, b: [] }))
          yield* kv.cas(key, { b: [1, 2], a: 1 }, { a: 3, b: [] })
          return [missing._tag, mismatch._tag, yield* kv.read(key)]
        }))
      assert.deepStrictEqual(
        outcome,
        Result.succeed(["KeyDoesNotExist", "PreconditionFailed", { a: 3, b: [] }]),
        store
      )
    }
  })

  it("create: writes if the key holds nothing; KeyAlreadyExists if it does, even the same", () => {
    for (const store of consistent) {
      const outcome = run(store, (kv) =>
        Effect.gen(function*() {
          yield* kv.create(text, "a")
          const errors = [yield* Effect.flip(kv.create(text, "b")), yield* Effect.flip(kv.create(text, "a"))]
          return [...errors.map(({ _tag }) => _tag), yield* kv.read(text)]
        }))
      assert.deepStrictEqual(outcome, Result.succeed(["KeyAlreadyExists", "KeyAlreadyExists", "a"]), store)
    }
  })

  it("lww-kv: reads what was written, or what was there before; cas does not create", () => {
    const read = seeds.map((seed) => run("lww-kv", (kv) => Effect.andThen(kv.write(text, "a"), kv.read(text)), seed))
    assert.sameMembers([...new Set(read.map(tagOf))], ["success", "KeyDoesNotExist"])
    assert.strictEqual(tagOf(run("lww-kv", (kv) => kv.create(text, "a"))), "KeyDoesNotExist")
    assert.strictEqual(tagOf(run("lww-kv", (kv) => kv.cas(text, "a", "b"))), "KeyDoesNotExist")
    assert.strictEqual(tagOf(run("lww-kv", (kv) => kv.update(counter, 0, (n) => n + 1))), "KeyDoesNotExist")
  })

  it("a service that is silent is a Timeout, which leaves the outcome unknown", () => {
    const tasks: ReadonlyArray<(kv: Kv.Kv) => Effect.Effect<unknown, ProtocolError>> = [
      (kv) => kv.read(text),
      (kv) => kv.write(text, "a"),
      (kv) => kv.cas(text, "a", "b"),
      (kv) => kv.create(text, "a")
    ]
    for (const store of Object.keys(stores) as Array<Store>) {
      for (const task of tasks) {
        let error: ProtocolError | undefined
        const { time, work } = world({
          store,
          join: (network) => network.join(Address.make(store), () => {}),
          task: (kv) =>
            Effect.map(Effect.flip(task(kv)), (failure) => {
              error = failure
            }).pipe(Effect.orDie)
        })
        work()
        assert.deepInclude<object | undefined>(error, { _tag: "Timeout", definite: false })
        assert.strictEqual(time.now(), 1000)
      }
    }
  })

  it("keys are their names: what is written to one is not read from another", () => {
    for (const store of consistent) {
      const names = ["", "a", "b", "__proto__", "constructor", "é"]
      const keys = names.map((name) => Key.make(name, Schema.String))
      const outcome = run(store, (kv) =>
        Effect.andThen(
          Effect.forEach(keys, (key) => kv.write(key, `of ${key.name}`)),
          Effect.forEach(keys, kv.read)
        ))
      assert.deepStrictEqual(outcome, Result.succeed(names.map((name) => `of ${name}`)), store)
    }
  })

  describe("update", () => {
    it("creates the key from the initial value, and answers what it made of it", () => {
      for (const store of consistent) {
        const outcome = run(store, (kv) =>
          Effect.gen(function*() {
            const answers = []
            for (const by of [5, -2, 0]) answers.push(yield* kv.update(counter, 100, (n) => n + by))
            return { answers, value: (yield* kv.read(counter)).value }
          }))
        assert.deepStrictEqual(outcome, Result.succeed({ answers: [105, 103, 103], value: 103 }), store)
      }
    })

    for (const store of consistent) {
      it(`${store}: exactly once, whatever is lost, repeated and late; a naive loop counts twice in the same runs`, () => {
        const naively = seeds.map((seed) => {
          const random = SeededRandom.make(seed).fork("test")
          const nodes = 1 + random.below(4)
          const each = 4
          const of = `seed ${seed}, ${nodes} nodes`
          const answers: Array<number> = []
          const { stored, work } = world({
            store,
            seed,
            nodes,
            ...trouble,
            task: (kv) =>
              Effect.gen(function*() {
                const increment = Effect.map(kv.update(counter, 0, (n) => n + 1), (n) => void answers.push(n))
                yield* Effect.replicateEffect(increment, each, { concurrency: random.pick([1, 2, each]) })
                yield* naiveIncrement(kv)
                yield* naiveIncrement(kv)
              }).pipe(Effect.orDie)
          })
          work()
          const value = stored(counter.name)
          assert.strictEqual(Schema.decodeUnknownSync(Updates.Attributed(Schema.Int))(value).value, nodes * each, of)
          const expected = Array.from({ length: nodes * each }, (_, i) => i + 1)
          assert.deepStrictEqual(answers.toSorted((a, b) => a - b), expected, `${of}: each answers what it made`)
          return Number(stored(naive.name)) - 2 * nodes
        })
        assert.isAbove(naively.filter((surplus) => surplus > 0).length, seeds.length / 20)
      })

      it(`${store}: at most once if it is interrupted, and the next one works`, () => {
        let counted = 0
        let notCounted = 0
        for (const seed of seeds) {
          const random = SeededRandom.make(seed).fork("test")
          let certain = 0
          let unknown = 0
          const { stored, work } = world({
            store,
            seed,
            nodes: 3,
            ...trouble,
            task: (kv) => {
              const increment = Effect.suspend(() => {
                const update = Effect.orDie(kv.update(counter, 0, (n) => n + 1))
                return random.chance(0.5)
                  ? Effect.andThen(update, Effect.succeed("certain"))
                  : Effect.as(Effect.timeoutOption(update, random.below(400)), "unknown")
              })
              return Effect.replicateEffect(
                Effect.map(increment, (outcome) => outcome === "certain" ? certain++ : unknown++),
                6,
                { concurrency: random.pick([1, 3]), discard: true }
              )
            }
          })
          work()
          const value = stored(counter.name)
          const surplus = value === undefined
            ? 0
            : Schema.decodeUnknownSync(Updates.Attributed(Schema.Int))(value).value - certain
          assert.isTrue(
            surplus >= 0 && surplus <= unknown,
            `seed ${seed}: ${certain} were certain, ${unknown} unknown, ${certain + surplus} counted`
          )
          counted += surplus
          notCounted += unknown - surplus
        }
        assert.isAbove(counted, 0, "some of the unknown took place")
        assert.isAbove(notCounted, 0, "some did not")
      })

      it(`${store}: at most once if the node is killed, and its next life is another writer`, () => {
        for (const seed of seeds.slice(0, 100)) {
          const random = SeededRandom.make(seed).fork("test")
          let begun = 0
          let certain = 0
          const { boot, nodes, stored, time, work } = world({
            store,
            seed,
            nodes: 2,
            ...trouble,
            task: (kv) =>
              Effect.replicateEffect(
                Effect.suspend(() => {
                  begun++
                  return Effect.map(Effect.orDie(kv.update(counter, 0, (n) => n + 1)), () => certain++)
                }),
                5,
                { discard: true }
              )
          })
          for (let i = 0; i < 3; i++) {
            time.after(random.below(3000), () => {
              nodes[0]!.kill()
              boot(0)
            })
          }
          work()
          const { value } = Schema.decodeUnknownSync(Updates.Attributed(Schema.Int))(stored(counter.name))
          assert.isTrue(
            value >= certain && value <= begun,
            `seed ${seed}: ${begun} were begun, ${certain} returned, ${value} counted`
          )
          assert.isAtLeast(certain, 10)
        }
      })
    }

    it("costs two messages when nobody else writes", () => {
      const updates = 10
      let heard = 0
      const { work } = world({
        store: "lin-kv",
        join: watched(() => {
          heard++
          return true
        }),
        task: (kv) => Effect.orDie(Effect.replicateEffect(kv.update(counter, 0, (n) => n + 1), updates))
      })
      work()
      assert.strictEqual(heard, updates + 1, "one request an update, and the read that finds nothing")
    })

    it("updates of different keys do not wait for each other", () => {
      let ended = ""
      const { work } = world({
        store: "lin-kv",
        join: watched((line) => !line.includes("silent")),
        task: (kv) =>
          Effect.gen(function*() {
            const silent = Key.make("silent", Updates.Attributed(Schema.Int))
            yield* Effect.forkChild(kv.update(silent, 0, (n) => n + 1))
            yield* Effect.sleep(10)
            yield* Effect.orDie(kv.update(counter, 0, (n) => n + 1))
            ended = "the other"
          })
      })
      work()
      assert.strictEqual(ended, "the other")
    })

    it("while the service is silent it tries again for ever, at intervals that grow from 50 ms to 1 s, jittered", () => {
      const attempts = 1200 // 2^1024 is more than a number can hold
      const times: Array<ReadonlyArray<number>> = seeds.slice(0, 10).map((seed) => {
        const heard: Array<number> = []
        const { work } = world({
          store: "lin-kv",
          seed,
          latency: { mean: 0, dist: "constant" },
          join: (network, time) => network.join(Address.make("lin-kv"), () => void heard.push(time.now())),
          task: (kv) => Effect.asVoid(Effect.orDie(kv.update(counter, 0, (n) => n + 1)))
        })
        work(() => heard.length > attempts)
        return heard
      })
      const timeout = 1000
      times.forEach((heard, seed) => {
        const delays = heard.slice(1).map((time, i) => time - heard[i]! - timeout)
        delays.forEach((delay, i) => {
          const expected = Math.min(50 * 2 ** i, 1000)
          assert.isTrue(
            delay >= 0.79 * expected && delay <= 1.21 * expected,
            `seed ${seed}: the wait before attempt ${i + 2} is ${delay} ms, not about ${expected}`
          )
        })
        assert.isAbove(new Set(delays.slice(10)).size, 100, "jittered")
      })
      assert.strictEqual(new Set(times.map((heard) => heard[1])).size, times.length, "each node at its own times")
    })

    it("fails with a definite error, unless an attempt before was in doubt: then it tries again", () => {
      const definite = { type: "error", code: 11, text: "not now" }
      const cases = [
        { replies: [definite], tag: "TemporarilyUnavailable", requests: 1 },
        { replies: [{ type: "error", code: 20 }, definite], tag: "TemporarilyUnavailable", requests: 2 },
        {
          replies: [{ type: "error", code: 20 }, undefined, definite, definite, { type: "error", code: 20 }, {
            type: "cas_ok"
          }],
          tag: "success",
          requests: 6
        },
        {
          replies: [{ type: "error", code: 13 }, definite, { type: "read_ok", value: { value: 1, writers: {} } }, {
            type: "cas_ok"
          }],
          tag: "success",
          requests: 4
        }
      ]
      for (const { replies, requests, tag } of cases) {
        let heard = 0
        let outcome: Result.Result<number, ProtocolError> | undefined
        const { work } = world({
          store: "lin-kv",
          join: (network) => {
            const service = Address.make("lin-kv")
            network.join(service, (line) => {
              const { body, src } = Result.getOrThrow(Envelope.decode(line))
              const reply = replies[heard++]
              if (reply === undefined) return
              const answer = { ...reply, in_reply_to: body["msg_id"] }
              network.send(service, src, Envelope.encode({ src: service, dest: src, body: answer }))
            })
          },
          task: (kv) =>
            Effect.map(Effect.result(kv.update(counter, 0, (n) => n + 1)), (result) => {
              outcome = result
            })
        })
        work()
        assert.strictEqual(tagOf(outcome ?? assert.fail("not done")), tag, JSON.stringify(replies))
        assert.strictEqual(heard, requests, JSON.stringify(replies))
      }
    })

    it("succeeds soon after the service is back", () => {
      let silent = true
      const { stored, time, work } = world({
        store: "lin-kv",
        join: watched(() => !silent),
        task: (kv) => Effect.asVoid(Effect.orDie(kv.update(counter, 0, (n) => n + 1)))
      })
      time.after(60_000, () => {
        silent = false
      })
      work()
      const ended = time.now()
      assert.isTrue(ended > 60_000 && ended < 62_500, `${ended} ms`)
      assert.deepInclude<object>(stored(counter.name) as object, { value: 1 })
    })
  })
})
