/**
 * Real NATS servers on loopback, for tests. Where none is installed these tests say so, and are skipped.
 */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { spawnSync } from "node:child_process"
import { createServer, type Server, type Socket } from "node:net"
import * as NatsServer from "../../bin/nats/NatsServer.ts"
import * as NatsServers from "../../bin/nats/NatsServers.ts"
import * as NatsDurability from "../../src/nats/NatsDurability.ts"

/** Whether tests that need a server can run. */
export const isInstalled = NatsServer.executable() !== undefined
if (!isInstalled) {
  process.stderr.write("\n*** SKIPPED: no nats-server is installed, so nothing is tested on NATS ***\n\n")
}

export const version = isInstalled
  ? /v([\d.]+)/.exec(spawnSync(NatsServer.executable()!, ["--version"], { encoding: "utf8" }).stdout)![1]!
  : "0"
export const knowsSync = !NatsDurability.isOlder(version, NatsDurability.leastVersion)

/** One server of its own. */
export const one = (more = "") =>
  Effect.gen(function*() {
    return yield* NatsServer.start({ port: yield* NatsServer.freePort, folder: yield* NatsServers.folder, more })
  })

/** Waits for something that servers or nodes need time for, and dies when that is not so within a minute. */
export const until = <A, E, R>(what: string, condition: Effect.Effect<A, E, R>): Effect.Effect<A, never, R> =>
  condition.pipe(
    Effect.retry(Schedule.spaced("50 millis")),
    Effect.orDie,
    Effect.timeoutOrElse({
      duration: "60 seconds",
      orElse: () => Effect.die(new Error(`awaited for 60 s in vain: ${what}`))
    })
  )

/** The URL of something that does this with each client. */
const listening = (serve: (socket: Socket) => void) =>
  Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const server = createServer((socket) => {
        socket.on("error", () => {})
        serve(socket)
      }).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  ).pipe(Effect.map((server) => {
    const address = server.address()
    return `nats://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
  }))

/** The URL of something that accepts connections and says nothing. */
export const silent = listening(() => {})

/** The URL of something that says it is a server of this version, and of which no more is asked. */
export const ofVersion = (version: string) =>
  listening((socket) => {
    socket.on("data", (bytes) => bytes.toString().includes("PING") && socket.write("PONG\r\n"))
    socket.write(`INFO ${JSON.stringify({ server_id: "x", version, max_payload: 1 << 20, headers: true })}\r\n`)
  })

/** What the environment of a process would say. */
export const environment = (variables: Readonly<Record<string, string>>) =>
  Layer.provideMerge(ConfigProvider.layer(ConfigProvider.fromUnknown(variables)))
