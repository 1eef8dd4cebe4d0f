import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"
import * as NatsServers from "../../bin/nats/NatsServers.ts"
import * as RouteLinks from "../../bin/nats/RouteLinks.ts"
import * as JetStream from "../../src/nats/JetStream.ts"
import * as NatsBucket from "../../src/nats/NatsBucket.ts"
import { NatsBus } from "../../src/nats/NatsBus.ts"
import * as NatsKvStore from "../../src/nats/NatsKvStore.ts"
import { NodeId } from "../../src/schema/Address.ts"
import type { Json } from "../../src/schema/Json.ts"
import type { Event } from "../../src/workloads/history/History.ts"
import * as Recorder from "../../src/workloads/history/Recorder.ts"
import * as LinKvChecker from "../../src/workloads/lin-kv/LinKvChecker.ts"
import * as Patched from "../wrong/Patched.ts"
import { environment, isInstalled, until } from "./Servers.ts"

/** Somebody who listens, with those who have come. */
const listener = Effect.acquireRelease(
  Effect.promise(async () => {
    const server = createServer().listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    return { server, port: typeof address === "object" && address !== null ? address.port : 0 }
  }),
  ({ server }) => Effect.sync(() => server.close())
)

const received = (socket: Socket): Promise<string> => once(socket, "data").then(([bytes]) => String(bytes))

it.live("a link that is cut carries nothing one way, and goes on when it is whole again", () =>
  Effect.gen(function*() {
    const { port, server } = yield* listener
    const links = yield* RouteLinks.make([0, port])
    yield* Effect.promise(async () => {
      const come = once(server, "connection")
      const near = connect(links.port(0, 1), "127.0.0.1")
      const [far] = await come as [Socket]
      near.write("one")
      assert.strictEqual(await received(far), "one")
      links.cut((from, to) => from === 0 && to === 1)
      near.write("two")
      far.write("back")
      assert.strictEqual(await received(near), "back")
      near.end("three")
      let isTold = false
      far.once("data", () => isTold = true)
      far.write("still there")
      assert.strictEqual(await received(near), "still there")
      assert.isFalse(isTold)
      const rest = received(far)
      const ended = once(far, "end")
      links.cut(() => false)
      assert.strictEqual(await rest, "twothree")
      await ended
      far.destroy()
    })
  }).pipe(Effect.scoped))

type Store = typeof NatsKvStore.make

/** It answers from what it has heard, and asks nobody whether that is all. */
const stale: Patched.Patch = {
  module: "nats/NatsKvStore",
  find: "const look = (key: string) => Effect.map(catchUp, () => get(key))",
  replace: "const look = (key: string) => Effect.sync(() => get(key))"
}

/** A store at one server that is cut off, and one at another server: what their clients see, and who leads the bucket. */
const stores = Effect.fnUntraced(function*(urls: ReadonlyArray<string>, cluster: string, make: Store) {
  const at = (url: string) =>
    Effect.gen(function*() {
      const bus = yield* Layer.build(environment({ NATS_URL: url, NATS_CLUSTER: cluster })(NatsBus.layer))
      const bucket = yield* Effect.provideContext(NatsBucket.open, bus)
      const info = Effect.provideContext(JetStream.use(({ manager }) => manager.streams.info(`KV_${cluster}`)), bus)
      return {
        info,
        store: yield* Effect.provideContext(make(bucket, yield* Effect.provideContext(NatsBus, bus)), bus)
      }
    })
  const all = yield* Effect.forEach(urls, at)
  const info = yield* all[0]!.info
  return { stores: all.map(({ store }) => store), leader: Number(info.cluster?.leader?.slice(1)) }
})

/** Asks, and writes down what came of it. */
const asking = () => {
  let time = 0
  const { history, record } = Recorder.make(() => time++)
  const ask = <A>(
    process: number,
    f: string,
    value: Json,
    asked: Effect.Effect<A, unknown>,
    answer: (a: A) => Json
  ) =>
    Effect.gen(function*() {
      record({ process, type: "invoke", f, value, node: NodeId.make(`n${process}`) })
      const exit = yield* Effect.exit(asked)
      const end: Pick<Event, "type" | "value" | "error"> = Exit.isSuccess(exit)
        ? { type: "ok", value: answer(exit.value) }
        : { type: "info", value, error: { _tag: "NoReply" } }
      record({ process, f, ...end })
    })
  return {
    history,
    read: (process: number, asked: Effect.Effect<Json, unknown>) =>
      ask(process, "read", ["x", null], asked, (value) => ["x", value]),
    write: (process: number, store: NatsKvStore.NatsKvStore, value: number) =>
      ask(process, "write", ["x", value], until("a store has written", store.write("x", value)), () => ["x", value])
  }
}

/** It answers from what it has heard, and asks nobody whether that is all. */
const staleStore = Effect.promise(async () => {
  const [wrong] = await Patched.load(["nats/NatsKvStore"], [stale])
  return wrong!["make"] as Store // the same module but for one line
})

/** One store is cut off while another one writes; what clients saw, and what the checker finds. */
const tried = Effect.fnUntraced(function*({ links, urls }: NatsServers.NatsServers, cluster: string, make: Store) {
  const { leader, stores: all } = yield* stores(urls, cluster, make)
  const alone = (leader + 1) % urls.length
  const { history, read, write } = asking()
  yield* write(leader, all[leader]!, 1)
  yield* read(alone, until("the store that shall be alone answers", all[alone]!.read("x")))
  links.cut((from, to) => (from === alone) !== (to === alone))
  yield* write(leader, all[leader]!, 2)
  yield* read(alone, all[alone]!.read("x"))
  links.cut(() => false)
  yield* until("the store that was alone has written", all[alone]!.write("healed", true))
  yield* read(alone, until("the store that was alone answers", all[alone]!.read("x")))
  const ok = history.filter(({ type }) => type === "ok").map(({ value }) => value)
  return { ok, found: LinKvChecker.check(history).findings.map(({ kind }) => kind) }
})

describe.skipIf(!isInstalled)("a store at a server that is cut off does not answer from what it last heard", () => {
  const [one, two] = [["x", 1], ["x", 2]]

  it.live(
    "where servers find each other at ports of this process; one that does is found",
    () =>
      Effect.gen(function*() {
        const servers = yield* NatsServers.startBy(RouteLinks.make)
        assert.deepStrictEqual(yield* tried(servers, "right", NatsKvStore.make), {
          ok: [one, one, two, two],
          found: []
        })
        const { found, ok } = yield* tried(servers, "stale", yield* staleStore)
        assert.deepStrictEqual(ok.slice(0, 4), [one, one, two, one])
        assert.deepStrictEqual(found, ["not linearizable"])
      }).pipe(Effect.scoped),
    30_000
  )

  it.live("where servers are in network namespaces", () =>
    Effect.gen(function*() {
      const servers = yield* NatsServers.startApart
      if (servers.links.way !== "between network namespaces") {
        return void process.stderr.write("\n*** SKIPPED: this system allows no network namespaces ***\n\n")
      }
      const { found, ok } = yield* tried(servers, "right", NatsKvStore.make)
      assert.deepStrictEqual({ found, ok }, { ok: [one, one, two, two], found: [] })
    }).pipe(Effect.scoped), 30_000)
})
