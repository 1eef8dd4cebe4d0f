/**
 * Real NATS servers on loopback, for tests. Where none is installed these tests say so, and are skipped.
 */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NatsServer from "../../bin/nats/NatsServer.ts"

/** Whether tests that need a server can run. */
export const isInstalled = NatsServer.executable() !== undefined
if (!isInstalled) {
  process.stderr.write("\n*** SKIPPED: no nats-server is installed, so nothing is tested on NATS ***\n\n")
}

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "gossip-girl-nats-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** One server of its own. */
export const one = (more = "") =>
  Effect.gen(function*() {
    return yield* NatsServer.start({ port: yield* NatsServer.freePort, folder: yield* folder, more })
  })

const member = (home: string, name: string, ports: ReadonlyArray<number>, routes: ReadonlyArray<number>) => {
  const [port, cluster] = ports
  mkdirSync(join(home, name), { recursive: true })
  return NatsServer.start({
    port: port!,
    folder: join(home, name),
    cluster: { server: name, port: cluster!, routes }
  })
}

/** Three that are one cluster. `restart` starts the one of this number again, when it was killed. */
export const three = Effect.gen(function*() {
  const home = yield* folder
  const ports = yield* Effect.forEach([0, 1, 2, 3, 4, 5], () => NatsServer.freePort)
  const routes = ports.slice(3)
  const start = (i: number) => member(home, `s${i}`, [ports[i]!, routes[i]!], routes)
  const servers = yield* Effect.forEach([0, 1, 2], start, { concurrency: 3 })
  return { servers, restart: start, urls: servers.map(({ url }) => url) }
})

/** What the environment of a process would say. */
export const environment = (variables: Readonly<Record<string, string>>) =>
  Layer.provideMerge(ConfigProvider.layer(ConfigProvider.fromUnknown(variables)))
