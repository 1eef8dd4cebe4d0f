/**
 * Nodes on NATS beside plain clients of `@nats-io` on the same servers: an echo node beside a responder, and the store
 * of LinKv beside a bucket of the same kind, on a connection of its own, which nobody follows.
 */
import { Kvm } from "@nats-io/kv"
import { connect, type NatsConnection } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type ChildProcess, spawn } from "node:child_process"
import { join } from "node:path"
import * as JetStream from "../../src/nats/JetStream.ts"
import * as NatsBucket from "../../src/nats/NatsBucket.ts"
import { NatsBus } from "../../src/nats/NatsBus.ts"
import * as NatsKvStore from "../../src/nats/NatsKvStore.ts"
import * as NatsNode from "../nats/NatsNode.ts"
import * as NatsServer from "../nats/NatsServer.ts"
import * as NatsServers from "../nats/NatsServers.ts"
import * as References from "./References.ts"
import { atLeast, type Measure, type Row, sideBySide } from "./Rows.ts"

const repetitions = 5
const requests = 50_000
/** How many requests are under way at a time. */
const window = 500

const line = (i: number): string =>
  JSON.stringify({ src: "c1", dest: "n1", body: { type: "echo", msg_id: i, echo: `please echo ${i}` } })

/** How many requests a second the subject answers to this inbox. */
const asked = (connection: NatsConnection, subject: string, answers: string): Promise<number> =>
  new Promise((resolve) => {
    let sent = 0
    let answered = 0
    const send = (): void => connection.publish(subject, line(sent++), { reply: answers })
    const before = performance.now()
    const subscription = connection.subscribe(answers, {
      callback: () => {
        answered++
        if (sent < requests) send()
        if (answered < requests) return
        subscription.unsubscribe()
        resolve(requests / (performance.now() - before) * 1000)
      }
    })
    for (let i = 0; i < window; i++) send()
  })

/** Waits until the subject answers. */
const isThere = async (connection: NatsConnection, subject: string, answers: string): Promise<void> => {
  const inbox = connection.subscribe(answers)
  for (;;) {
    connection.publish(subject, line(0), { reply: answers })
    await connection.flush()
    if (inbox.getReceived() > 0) return inbox.unsubscribe()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const child = (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv) =>
  Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, args, { stdio: "ignore", env: { ...process.env, ...env } })),
    (child: ChildProcess) => Effect.sync(() => child.kill("SIGKILL"))
  )

const echo = Effect.gen(function*() {
  const { url } = yield* NatsServer.start({ port: yield* NatsServer.freePort, folder: yield* NatsServers.folder })
  const env = { NATS_URL: url, DISK_FOLDER: yield* NatsServers.folder }
  yield* child([join(import.meta.dirname, "gossip-girl.js"), "up", "echo", "--node", "n1", "--cluster", "bench"], env)
  yield* child(["-e", `(${References.natsResponder.toString()})(require)`], env)
  return yield* Effect.promise(async () => {
    const connection = await connect({ servers: url })
    await isThere(connection, "bench.n1", "bench.c1")
    await isThere(connection, "plain.n1", "plain.c1")
    const [comparison] = await sideBySide(repetitions, () => asked(connection, "bench.n1", "bench.c1"), [
      () => asked(connection, "plain.n1", "plain.c1")
    ])
    await connection.close()
    return [atLeast(0.7, "echo over NATS", "requests/s", comparison!)]
  })
}).pipe(Effect.scoped)

const pairs = 300
const pipelinedPairs = 3000

/** Operations a second: a write and a read of each of some keys, with so many pairs under way. */
const operations = (
  count: number,
  concurrency: number,
  pair: (key: string, value: number) => Effect.Effect<unknown, unknown>
): Measure =>
() =>
  Effect.runPromise(Effect.gen(function*() {
    const before = performance.now()
    yield* Effect.forEach(Array.from({ length: count }), (_, i) => pair(`key-${i % 100}`, i), {
      concurrency,
      discard: true
    })
    return 2 * count / (performance.now() - before) * 1000
  }))

/** The server that leads a bucket. */
const leaderOf = (bucket: string) =>
  Effect.map(JetStream.use(({ manager }) => manager.streams.info(`KV_${bucket}`)), ({ cluster }) => cluster?.leader)

/**
 * A bucket of a plain client that is as far away as the store's, since a leader that is the client's own server answers
 * in two thirds of the time: the client is connected to the same server, and the same server leads the bucket. Which
 * one does, NATS leaves to chance, so buckets are made until it is the one.
 */
const plainLike = (cluster: string) =>
  Effect.gen(function*() {
    const bus = yield* NatsBus
    const connection = yield* Effect.acquireRelease(
      Effect.promise(() => connect({ servers: bus.connection.getServer() })),
      (connection) => Effect.promise(() => connection.close())
    )
    const settings = { history: NatsBucket.history, replicas: 3 }
    const leader = yield* leaderOf(cluster)
    for (let i = 0;; i++) {
      const name = `plain-${i}`
      const bucket = yield* Effect.promise(() => new Kvm(connection).create(name, settings))
      if ((yield* leaderOf(name)) === leader) return bucket
      yield* Effect.promise(() => bucket.destroy())
    }
  })

const store = Effect.gen(function*() {
  const { urls } = yield* NatsServers.start
  const bus = yield* Layer.build(NatsNode.busAt(urls.join(","), "bench"))
  return yield* Effect.gen(function*() {
    const bucket = yield* NatsBucket.open
    const kv = yield* plainLike("bench")
    const ours = yield* NatsKvStore.make(bucket, yield* NatsBus)
    const mine = (key: string, value: number) => Effect.andThen(ours.write(key, value), ours.read(key))
    const encoder = new TextEncoder()
    const plain = (key: string, value: number) =>
      Effect.promise(async () => {
        await kv.put(key, encoder.encode(JSON.stringify(value)))
        return (await kv.get(key))?.json()
      })
    const rows: Array<Row> = []
    for (
      const [name, count, concurrency] of [["one at a time", pairs, 1], ["100 at a time", pipelinedPairs, 100]] as const
    ) {
      const [comparison] = yield* Effect.promise(() =>
        sideBySide(repetitions, operations(count, concurrency, mine), [operations(count, concurrency, plain)])
      )
      rows.push(atLeast(0.7, `LinKv on three NATS servers, ${name}`, "operations/s", comparison!))
    }
    return rows
  }).pipe(Effect.provideContext(bus))
}).pipe(Effect.scoped)

export const nats = async (): Promise<ReadonlyArray<Row>> => {
  if (NatsServer.executable() === undefined) {
    console.error("*** SKIPPED: no nats-server is installed ***")
    return []
  }
  return [...await Effect.runPromise(echo), ...await Effect.runPromise(store)]
}
