/**
 * Three NATS servers on loopback that are one cluster, and what may befall them.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NatsServer from "./NatsServer.ts"

type Fault = NatsServer.NotInstalled | NatsServer.Failed

export interface NatsServers {
  readonly urls: ReadonlyArray<string>
  readonly kill: (server: number) => Effect.Effect<void>
  /** Starts one that was killed again, with what it had on its disk. */
  readonly restart: (server: number) => Effect.Effect<void, Fault>
}

/** A folder that goes with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "gossip-girl-nats-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const numbers = [0, 1, 2]

export const start: Effect.Effect<NatsServers, Fault, Scope.Scope> = Effect.gen(function*() {
  const home = yield* folder
  const ports = yield* Effect.forEach(numbers, () => NatsServer.freePort)
  const routes = yield* Effect.forEach(numbers, () => NatsServer.freePort)
  const servers = new Map<number, NatsServer.NatsServer>()
  const scope = yield* Effect.scope
  const startOne = (i: number) =>
    Effect.suspend(() => {
      mkdirSync(join(home, `s${i}`), { recursive: true })
      return NatsServer.start({
        port: ports[i]!,
        folder: join(home, `s${i}`),
        cluster: { server: `s${i}`, port: routes[i]!, routes }
      })
    }).pipe(Effect.map((server) => void servers.set(i, server)), Effect.provideService(Scope.Scope, scope))
  yield* Effect.forEach(numbers, startOne, { concurrency: "unbounded" })
  return {
    urls: ports.map((port) => `nats://127.0.0.1:${port}`),
    kill: (i) =>
      Effect.suspend(() => {
        servers.get(i)?.signal("SIGKILL")
        return servers.get(i)?.ended ?? Effect.void
      }),
    restart: startOne
  }
})

/**
 * Again and again kills one of them and starts it again, each after so many ms in the mean; never two at once. Interrupted,
 * it starts what is down.
 */
export const torment = (servers: NatsServers, interval: number) => {
  const pause = Effect.flatMap(Random.nextBetween(0, 2 * interval), Effect.sleep)
  return Effect.gen(function*() {
    const server = yield* Random.nextIntBetween(0, numbers.length)
    yield* pause
    yield* Effect.acquireUseRelease(
      servers.kill(server),
      () => pause,
      () => Effect.orDie(servers.restart(server))
    )
  }).pipe(Effect.forever)
}
