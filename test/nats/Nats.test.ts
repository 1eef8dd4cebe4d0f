import { assert, describe, it } from "@effect/vitest"
import { JetStreamApiError } from "@nats-io/jetstream"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as NatsServers from "../../bin/nats/NatsServers.ts"
import * as JetStream from "../../src/nats/JetStream.ts"
import * as NatsBucket from "../../src/nats/NatsBucket.ts"
import { NatsBus } from "../../src/nats/NatsBus.ts"
import { NatsClient } from "../../src/nats/NatsClient.ts"
import * as NatsDurability from "../../src/nats/NatsDurability.ts"
import * as NatsKvStore from "../../src/nats/NatsKvStore.ts"
import * as NatsLines from "../../src/nats/NatsLines.ts"
import * as NatsMessageIO from "../../src/nats/NatsMessageIO.ts"
import * as NatsName from "../../src/nats/NatsName.ts"
import { NatsServices } from "../../src/nats/NatsServices.ts"
import { Echo as EchoProgram } from "../../src/programs/Echo.ts"
import { LinKvProxy } from "../../src/programs/LinKvProxy.ts"
import { Address, NodeId } from "../../src/schema/Address.ts"
import { Echo } from "../../src/schema/EchoProtocol.ts"
import { Cas, Read, Write } from "../../src/schema/KvProtocol.ts"
import { Node } from "../../src/services/node/Node.ts"
import { Peers } from "../../src/services/node/Peers.ts"
import { Timers } from "../../src/services/node/Timers.ts"
import { environment, isInstalled, knowsSync, ofVersion, one, until } from "./Servers.ts"

const busAt = (url: string) => environment({ NATS_URL: url, NATS_CLUSTER: "a_cluster" })(NatsBus.layer)

const nodeAt = (url: string, id = "n1") =>
  Peers.layer.pipe(
    Layer.provideMerge(Node.layer),
    Layer.provideMerge(Timers.layer),
    Layer.provideMerge(NatsMessageIO.layer),
    Layer.provide(NatsServices.layer),
    Layer.provideMerge(NatsBus.layer),
    environment({ NATS_URL: url, NATS_CLUSTER: "a_cluster", NODE_ID: id, NODE_IDS: "n1,n2" })
  )

const clientAt = (url: string) => NatsClient.layer.pipe(Layer.provideMerge(busAt(url)))

const n1 = NodeId.make("n1")

/** Runs a program as a node, and completes when the server knows that the node listens. */
const running = <E, R>(program: Effect.Effect<void, E, R>, node: ReturnType<typeof nodeAt>) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(node)
    yield* Effect.forkScoped(Effect.provideContext(program, context))
    yield* Effect.promise(() => Context.get(context, NatsBus).connection.flush())
  })

/** A store of its own, with a connection and a memory of its own. */
const storeAt = (url: string) =>
  Effect.gen(function*() {
    const bus = yield* Layer.build(busAt(url))
    return yield* Effect.provideContext(
      Effect.gen(function*() {
        return yield* NatsKvStore.make(yield* NatsBucket.open, yield* NatsBus)
      }),
      bus
    )
  })

/** Each store adds 1 so many times, all at once; what comes of it. */
const counted = Effect.fnUntraced(function*(stores: ReadonlyArray<NatsKvStore.NatsKvStore>, times: number) {
  yield* stores[0]!.write("sum", 0)
  const addOne = (store: NatsKvStore.NatsKvStore) =>
    Effect.gen(function*() {
      const sum = yield* store.read("sum")
      yield* store.cas("sum", sum, Number(sum) + 1)
    }).pipe(Effect.retry({ while: ({ _tag }) => _tag === "PreconditionFailed" }))
  yield* Effect.forEach(stores, (store) => Effect.repeat(addOne(store), Schedule.recurs(times - 1)), {
    concurrency: "unbounded"
  })
  return yield* stores[0]!.read("sum")
})

describe.skipIf(!isInstalled)("a bus on one server", () => {
  it.live("takes lines of any length to any address, in order", () =>
    Effect.gen(function*() {
      const { url } = yield* one("max_payload: 4096")
      const address = Address.make("node *.> with a name")
      const sent = ["", "short", "x".repeat(100_000), "ünïcödé ".repeat(3000), "last"]
      yield* Effect.gen(function*() {
        const lines = yield* NatsLines.make
        const received = yield* Queue.unbounded<string>()
        yield* Effect.acquireRelease(
          Effect.sync(() => lines.take(address, (line) => Queue.offerUnsafe(received, line))),
          (stop) => Effect.sync(stop)
        )
        for (const line of sent) lines.send(address, line)
        assert.deepStrictEqual(yield* Queue.takeN(received, sent.length), sent)
      }).pipe(Effect.provide(busAt(url)))
    }).pipe(Effect.scoped))

  it.live("carries requests to a node, refuses what is none, and tells its client", () =>
    Effect.gen(function*() {
      const { url } = yield* one()
      const log: Array<string> = []
      const logging = Logger.layer([Logger.make(({ message }) => void log.push(String(message)))])
      yield* Effect.provide(running(EchoProgram, nodeAt(url)), logging)
      yield* Effect.gen(function*() {
        const client = yield* NatsClient
        const { connection, subject } = yield* NatsBus
        assert.deepStrictEqual(yield* client.ask(n1, Echo, { echo: [1, { a: "b" }] }), { echo: [1, { a: "b" }] })
        for (const garbage of ["", "no JSON", "{}", "[1]", `{"src":"c1","dest":"n9","body":{"type":"echo"}}`]) {
          connection.publish(subject(n1), garbage)
        }
        const errors = yield* Effect.forEach(
          [{ type: "unheard" }, { type: "echo" }],
          (body) => Effect.flip(client.request(n1, body))
        )
        assert.deepStrictEqual(errors.map(({ code }) => code), [10, 12])
        assert.strictEqual(log.filter((line) => line.startsWith("skipped a line")).length, 5)
        connection.publish(subject(n1), `{"src":"c${"x".repeat(5000)}","dest":"n1","body":{"type":"echo","msg_id":1}}`)
        const absent = yield* Effect.flip(client.request(Address.make("n7"), { type: "echo", echo: 1 }))
        assert.strictEqual(absent.code, 1)
        assert.deepStrictEqual(yield* client.ask(n1, Echo, { echo: 2 }), { echo: 2 })
        assert.strictEqual(log.filter((line) => line.includes("an address that is too long")).length, 1)
      }).pipe(Effect.provide(clientAt(url)))
    }).pipe(Effect.scoped))

  it.live("gives a name to one process of all that claim it", () =>
    Effect.gen(function*() {
      const { url } = yield* one()
      const lost = yield* Queue.unbounded<string>()
      const kept = yield* Effect.forEach([1, 2, 3, 4, 5], () =>
        Effect.gen(function*() {
          const claim = yield* Effect.provideContext(NatsName.claim(n1), yield* Layer.build(busAt(url)))
          return yield* claim.lost.pipe(
            Effect.tapError(({ message }) => Queue.offer(lost, message)),
            Effect.forkScoped
          )
        }), { concurrency: "unbounded" })
      for (const message of yield* Queue.takeN(lost, 4)) assert.match(message, /^another process runs as n1 of cluster/)
      assert.strictEqual(kept.filter((claim) => claim.pollUnsafe() === undefined).length, 1)
    }).pipe(Effect.scoped))

  it.live("says in one line that there is no server, and that it refuses", () =>
    Effect.gen(function*() {
      const { url } = yield* one("authorization { user: me, password: secret }")
      const refused = yield* Effect.flip(Effect.scoped(Layer.build(busAt(url))))
      assert.match(String(refused.message), /refuses these credentials; set NATS_USER/)
      const unreachable = yield* Effect.flip(Effect.scoped(Layer.build(busAt("nats://127.0.0.1:1"))))
      assert.match(String(unreachable.message), /no NATS server answers at nats:\/\/127.0.0.1:1; start one/)
    }).pipe(Effect.scoped))
})

describe.skipIf(!isInstalled)("a bucket", () => {
  const refusal = (url: string) => Effect.scoped(Effect.flip(Effect.provide(NatsBucket.open, busAt(url))))

  it.live("is not opened where JetStream is not, or not for this user, or the server is too old; in one line", () =>
    Effect.gen(function*() {
      const user = (permissions: string) => `{ user: a, password: a${permissions} }`
      const account = (jetStream: string, permissions = "") =>
        `accounts { A { jetstream: ${jetStream}, users: [${user(permissions)}] } }\nno_auth_user: a`
      const without = yield* refusal((yield* one(account("disabled"))).url)
      assert.match(without.message, /^the NATS server has no JetStream; start it with it: nats-server -js \(.*\)$/)
      const forbidden = yield* refusal((yield* one(account("enabled", `, permissions: { publish: "no.*" }`))).url)
      assert.match(forbidden.message, /^this user of the NATS server may not use JetStream; let it publish to .*$/)
      const full = new JetStreamApiError({ code: 503, err_code: 10023, description: "insufficient resources" })
      assert.match(
        JetStream.toNoJetStream(full).message,
        /^the storage of the NATS server for JetStream is full; give .*$/
      )
      const old = yield* refusal(yield* ofVersion("2.8.4"))
      assert.strictEqual(old.message, "the NATS server is too old: 2.8.4; it must be at least 2.9.0")
    }).pipe(Effect.scoped))
})

describe.skipIf(!isInstalled)("a store on one server", () => {
  it.live("does what lin-kv does, for any key and any value", () =>
    Effect.gen(function*() {
      const { url } = yield* one()
      const store = yield* storeAt(url)
      const code = <A>(effect: Effect.Effect<A, { readonly code: number }>) =>
        Effect.map(Effect.result(effect), Result.match({ onFailure: ({ code }) => code, onSuccess: (a) => a }))
      for (const key of ["x", "ü.* >", "=2e", ""]) {
        assert.strictEqual(yield* code(store.read(key)), 20)
        assert.strictEqual(yield* code(store.cas(key, 1, 2)), 20)
        yield* store.cas(key, 1, 2, true)
        assert.strictEqual(yield* store.read(key), 2)
        assert.strictEqual(yield* code(store.cas(key, 1, 3)), 22)
        yield* store.cas(key, 2, { a: [null, "é"] })
        assert.deepStrictEqual(yield* store.read(key), { a: [null, "é"] })
        yield* store.write(key, null)
        assert.strictEqual(yield* store.read(key), null)
      }
      assert.strictEqual(yield* code(store.write("x", "x".repeat(1 << 20))), 12)
    }).pipe(Effect.scoped))

  it.live("never answers with what it remembers, when others have written", () =>
    Effect.gen(function*() {
      const { url } = yield* one()
      const [a, b] = [yield* storeAt(url), yield* storeAt(url)]
      for (let i = 0; i < 20; i++) {
        yield* a.write("x", i)
        assert.strictEqual(yield* b.read("x"), i)
        yield* b.cas("x", i, -i)
        assert.strictEqual(yield* a.read("x"), i === 0 ? 0 : -i)
      }
      // A read of a key that does not exist deletes nothing that is written meanwhile.
      assert.strictEqual((yield* Effect.flip(a.read("y"))).code, 20)
      yield* b.write("y", 1)
      assert.strictEqual(yield* a.read("y"), 1)
    }).pipe(Effect.scoped))

  it.live("counts every cas of many at the same key once, and hands out rising timestamps", () =>
    Effect.gen(function*() {
      const { url } = yield* one()
      const stores = yield* Effect.forEach([0, 1, 2], () => storeAt(url))
      assert.strictEqual(yield* counted(stores, 10), 30)
      const stamps = yield* Effect.forEach([...stores, ...stores], (store) => store.timestamp("ts"))
      assert.deepStrictEqual(stamps, [...new Set(stamps)].toSorted((a, b) => a - b))
    }).pipe(Effect.scoped))

  it.live("serves the programs of nodes", () =>
    Effect.gen(function*() {
      const { url } = yield* one()
      yield* running(LinKvProxy, nodeAt(url))
      yield* Effect.gen(function*() {
        const client = yield* NatsClient
        yield* client.ask(n1, Write, { key: 1, value: "a" })
        yield* client.ask(n1, Cas, { key: 1, from: "a", to: "b" })
        assert.strictEqual((yield* Effect.flip(client.ask(n1, Cas, { key: 1, from: "a", to: "c" }))).code, 22)
        assert.deepStrictEqual(yield* client.ask(n1, Read, { key: 1 }), { value: "b" })
        assert.strictEqual((yield* Effect.flip(client.ask(n1, Read, { key: 2 }))).code, 20)
        assert.strictEqual((yield* Effect.flip(client.ask(n1, Read, { key: "x".repeat(2000) }))).code, 12)
      }).pipe(Effect.provide(clientAt(url)))
    }).pipe(Effect.scoped))
})

describe("versions", () => {
  it("are compared by their numbers", () => {
    for (
      const [a, b, older] of [["2.9.10", "2.10.0", true], ["2.10.0", "2.10.0", false], [
        "3.0",
        "2.10.0",
        false
      ]] as const
    ) {
      assert.strictEqual(NatsDurability.isOlder(a, b), older)
    }
  })
})

describe.skipIf(!isInstalled)("a server's settings", () => {
  const warningAt = (more: string) =>
    Effect.flatMap(one(more), ({ url }) => Effect.provide(NatsDurability.warning, busAt(url)))

  it.live("are warned of where it cannot sync every write, or shows them to nobody", () =>
    Effect.gen(function*() {
      assert.match((yield* warningAt("")) ?? "", knowsSync ? /cannot be seen/ : /cannot sync every write/)
    }).pipe(Effect.scoped))

  it.live.skipIf(!knowsSync)("are warned of where it does not sync every write", () =>
    Effect.gen(function*() {
      const ping = "$SYS.REQ.SERVER.PING.VARZ"
      const shown = `accounts {
        SYSTEM { exports: [{ service: "${ping}" }] }
        USERS { jetstream: enabled, users: [{ user: u, password: p }],
          imports: [{ service: { account: SYSTEM, subject: "${ping}" } }] }
      }
      system_account: SYSTEM
      no_auth_user: u`
      assert.match((yield* warningAt(shown)) ?? "", /does not sync every write/)
    }).pipe(Effect.scoped))
})

describe.skipIf(!isInstalled)("three servers", () => {
  it.live("count every cas at the same key once: their own word is not enough for that, see NatsKvStore", () =>
    Effect.gen(function*() {
      const { urls } = yield* NatsServers.start
      const stores = yield* Effect.forEach([...urls, ...urls], storeAt)
      assert.strictEqual(yield* counted(stores, 20), 120)
    }).pipe(Effect.scoped))

  it.live("keep what was acknowledged when one is killed, and nothing hangs", () =>
    Effect.gen(function*() {
      const { kill, restart, urls } = yield* NatsServers.start
      const store = yield* storeAt(urls.join(","))
      const bus = yield* Layer.build(busAt(urls.join(",")))
      const acknowledged = new Set<number>()
      const write = (n: number) =>
        Effect.map(Effect.exit(store.write(`key ${n}`, n)), (exit) => Exit.isSuccess(exit) && acknowledged.add(n))
      yield* Effect.forEach(Array.from({ length: 20 }, (_, i) => i), write)
      for (const server of [0, 1, 2]) {
        yield* kill(server)
        yield* Effect.forEach([1, 2, 3].map((i) => 100 * (server + 1) + i), write)
        yield* until("two servers take a write", store.write("back", server))
        yield* restart(server)
        yield* until("each server has all of the bucket", Effect.provideContext(NatsBucket.whole, bus))
      }
      yield* until("three servers answer a read", store.read("back"))
      assert.isAtLeast(acknowledged.size, 20)
      for (const n of acknowledged) assert.strictEqual(yield* store.read(`key ${n}`), n)
    }).pipe(Effect.scoped))

  it.live("refuse, or leave open, what they are asked without a majority; and a bucket cannot be opened then", () =>
    Effect.gen(function*() {
      const { kill, urls } = yield* NatsServers.start
      const store = yield* storeAt(urls.join(","))
      yield* store.write("x", 1)
      yield* Effect.forEach([1, 2], kill)
      const error = yield* Effect.flip(store.write("x", 2))
      assert.include(["Timeout", "TemporarilyUnavailable"], error._tag)
      const closed = yield* Effect.flip(Effect.scoped(Effect.provide(NatsBucket.open, busAt(urls[0]!))))
      assert.match(closed.message, /lost their majority; start those that are down/)
    }).pipe(Effect.scoped))
})
