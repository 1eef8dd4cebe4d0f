/**
 * Three NATS servers on this machine that form one cluster, and the faults that can befall them.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NatsServer from "./NatsServer.ts"
import * as RouteLinks from "./RouteLinks.ts"

export interface NatsServers {
  readonly urls: ReadonlyArray<string>
  readonly kill: (server: number) => Effect.Effect<void>
  /** Starts a killed server again, with what is on its disk. */
  readonly restart: (server: number) => Effect.Effect<void, NatsServer.NotInstalled | NatsServer.Failed>
  /** From now on these links between them are cut, and no others. */
  readonly cut: (isCut: RouteLinks.IsCut) => void
}

/** A temporary folder, which is removed with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "gossip-girl-nats-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const numbers = [0, 1, 2]

/** How many servers there are. */
export const count = numbers.length

/** Three servers; each reaches the others by these links alone, if it shall be possible to cut them. */
const startWith = Effect.fnUntraced(function*(
  linksAt: (routes: ReadonlyArray<number>) => Effect.Effect<RouteLinks.RouteLinks | undefined, never, Scope.Scope>
) {
  const home = yield* folder
  const ports = yield* Effect.forEach(numbers, () => NatsServer.freePort)
  const routes = yield* Effect.forEach(numbers, () => NatsServer.freePort)
  const links = yield* linksAt(routes)
  const servers = new Map<number, NatsServer.NatsServer>()
  const scope = yield* Effect.scope
  const startOne = (i: number) =>
    Effect.suspend(() => {
      mkdirSync(join(home, `s${i}`), { recursive: true })
      return NatsServer.start({
        port: ports[i]!,
        folder: join(home, `s${i}`),
        cluster: {
          server: `s${i}`,
          port: routes[i]!,
          // Its own port is among them: it takes as many servers as there are routes for the cluster, and so knows how many are a majority.
          routes: links === undefined ? routes : numbers.map((to) => to === i ? routes[i]! : links.port(i, to)),
          isSecluded: links !== undefined
        }
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
    restart: startOne,
    cut: links?.cut ?? (() => {})
  } satisfies NatsServers as NatsServers
})

export const start = startWith(() => Effect.succeed(undefined))

/** Servers between which links can be cut. A client of one hears of no other one. */
export const startApart = startWith(RouteLinks.make)

/**
 * Kills one server and starts it again, again and again: it kills one after so many ms in the mean, and at least half of
 * that, and starts it again after as many. It kills the next one when all are well: while they elect a leader (4 to 9 s,
 * nats-server 2.9) they answer nobody, and a server that has not caught up is as good as down. When it is interrupted, it
 * starts the one that is down.
 *
 * @param well completes when the servers take what they are to keep
 */
export const torment = (servers: NatsServers, interval: number, well: Effect.Effect<void>) => {
  const pause = Effect.flatMap(Random.nextBetween(0.5 * interval, 1.5 * interval), Effect.sleep)
  return Effect.gen(function*() {
    const server = yield* Random.nextIntBetween(0, numbers.length)
    yield* Effect.andThen(well, pause)
    yield* Effect.acquireUseRelease(
      servers.kill(server),
      () => pause,
      () => Effect.orDie(servers.restart(server))
    )
  }).pipe(Effect.forever)
}
