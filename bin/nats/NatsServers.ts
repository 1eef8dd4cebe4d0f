/**
 * Three NATS servers on this machine that form one cluster, and the faults that can befall them.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Links from "./Links.ts"
import * as Namespaces from "./Namespaces.ts"
import * as NatsServer from "./NatsServer.ts"
import * as RouteLinks from "./RouteLinks.ts"

export interface NatsServers {
  readonly urls: ReadonlyArray<string>
  readonly kill: (server: number) => Effect.Effect<void>
  /** Starts a killed server again, with what is on its disk. */
  readonly restart: (server: number) => Effect.Effect<void, NatsServer.NotInstalled | NatsServer.Failed>
  readonly links: Links.Links
}

/** A temporary folder, which is removed with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "gossip-girl-nats-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const numbers = [0, 1, 2]

type LinksAt = (ports: ReadonlyArray<number>) => Effect.Effect<Links.Links, never, Scope.Scope>

/** Three servers, joined by these links; whether one of them tells others, and clients, of no others. */
const startWith = Effect.fnUntraced(function*(linksAt: LinksAt, isSecluded: boolean) {
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
        host: { address: links.address(i), on: (command) => links.on(i, command) },
        folder: join(home, `s${i}`),
        cluster: {
          server: `s${i}`,
          port: routes[i]!,
          routes: numbers.map((to) => `${links.address(to)}:${links.port(i, to)}`),
          isSecluded
        }
      })
    }).pipe(Effect.map((server) => void servers.set(i, server)), Effect.provideService(Scope.Scope, scope))
  yield* Effect.forEach(numbers, startOne, { concurrency: "unbounded" })
  return {
    urls: numbers.map((i) => servers.get(i)!.url),
    kill: (i) =>
      Effect.suspend(() => {
        servers.get(i)?.signal("SIGKILL")
        return servers.get(i)?.ended ?? Effect.void
      }),
    restart: startOne,
    links
  } satisfies NatsServers as NatsServers
})

export const start = startWith((ports) => Effect.succeed(Links.local(ports)), false)

/** Servers between which these links can be cut. A client of one hears of no other one. */
export const startBy = (linksAt: LinksAt) => startWith(linksAt, true)

/** Servers on hosts in network namespaces, where the system allows these, and else joined by ports of this process. */
export const startApart = startBy((ports) =>
  Effect.flatMap(
    Namespaces.make(ports),
    (links) => links === undefined ? RouteLinks.make(ports) : Effect.succeed(links)
  )
)

/**
 * Kills one server and starts it again, again and again: it kills one after so many ms in the mean, and at least half of
 * that, and starts it again after as many. It kills the next one when all are well: while they elect a leader (4 to 9 s,
 * nats-server 2.9) they answer nobody, and a server that has not caught up is as good as down. When it is interrupted, it
 * starts the one that is down.
 *
 * @param well completes when the servers take what they are to keep, and each has all that was kept
 * @param onFault is told of each kill and each restart, and of which server
 */
export const torment = (
  servers: NatsServers,
  interval: number,
  well: Effect.Effect<void>,
  onFault: (f: "start-kill-server" | "stop-kill-server", server: string) => void
) => {
  const told = (f: Parameters<typeof onFault>[0], server: number) => Effect.sync(() => onFault(f, `s${server}`))
  const pause = Effect.flatMap(Random.nextBetween(0.5 * interval, 1.5 * interval), Effect.sleep)
  return Effect.gen(function*() {
    const server = yield* Random.nextIntBetween(0, numbers.length)
    yield* Effect.andThen(well, pause)
    yield* Effect.acquireUseRelease(
      Effect.andThen(servers.kill(server), told("start-kill-server", server)),
      () => pause,
      () => Effect.andThen(Effect.orDie(servers.restart(server)), told("stop-kill-server", server))
    )
  }).pipe(Effect.forever)
}
