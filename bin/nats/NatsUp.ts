/**
 * A cluster of nodes on this machine, on NATS. This finds or starts a server, starts the nodes, shows them, and ends
 * all that it has started. It starts a node that has ended again.
 */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NatsBucket from "../../src/nats/NatsBucket.ts"
import type { NatsUnavailable } from "../../src/nats/NatsBus.ts"
import * as NatsDurability from "../../src/nats/NatsDurability.ts"
import * as NatsLines from "../../src/nats/NatsLines.ts"
import * as Envelope from "../../src/schema/Envelope.ts"
import * as Lines from "../../src/simulator/processes/Lines.ts"
import * as Watchdog from "../../src/simulator/processes/Watchdog.ts"
import * as Output from "../cli/Output.ts"
import * as NatsNode from "./NatsNode.ts"
import * as NatsServer from "./NatsServer.ts"

export interface Settings {
  readonly workload: string
  readonly program: string
  readonly ids: ReadonlyArray<string>
  /** Servers that run already, if they are given. */
  readonly url: string | undefined
  readonly cluster: string
  readonly disk: string | undefined
}

/** The port of NATS. */
const port = 4222
const usualUrl = `nats://127.0.0.1:${port}`

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "gossip-girl-up-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** How long to wait before starting a node again that has ended, in ms. */
const respite = 1000

/**
 * The exit code of a node that could not start. In its first life that is final; in a later one the servers may be down
 * for a while.
 */
const cannotStart = 3

/** One life of a node, from its start to its end. */
const live = (id: string, settings: Settings, env: NodeJS.ProcessEnv, watchdog: Watchdog.Watchdog) =>
  Effect.callback<number | null>((resume) => {
    const { ids, program, workload } = settings
    const args = [process.argv[1]!, "up", workload, "--program", program, "--node", id, "--of", ids.join(",")]
    const child = spawn(process.execPath, args, {
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...env, ...watchdog.env }
    })
    const { pid } = child
    if (pid !== undefined) watchdog.guard(pid)
    const said = Lines.make((line) => void process.stderr.write(`${id}: ${line}\n`), () => 0)
    child.stderr.setEncoding("utf8").on("data", said.read)
    const exited = new Promise<number | null>((resolve) => child.once("close", resolve)).finally(() => {
      said.end()
      if (pid !== undefined) watchdog.release(pid)
    })
    void exited.then((code) => resume(Effect.succeed(code)))
    return Effect.promise(() => {
      child.kill("SIGKILL")
      return exited
    })
  })

/** How many messages have passed on the bus since the last look, and how many requests to nodes have no answer yet. */
const observer = Effect.gen(function*() {
  const clock = yield* Clock.Clock
  const waiting = new Map<string, number>()
  let messages = 0
  const onLine = (line: string): void => {
    messages++
    const message = Envelope.decode(line)
    if (Result.isFailure(message)) return
    const { body, dest, src } = message.success
    if (body["in_reply_to"] !== undefined) waiting.delete(JSON.stringify([dest, body["in_reply_to"]]))
    else if (body["msg_id"] !== undefined) {
      waiting.set(JSON.stringify([src, body["msg_id"]]), clock.currentTimeMillisUnsafe())
    }
  }
  const lines = yield* NatsLines.make
  yield* Effect.acquireRelease(Effect.sync(() => lines.overhear(onLine)), (stop) => Effect.sync(stop))
  return () => {
    const now = clock.currentTimeMillisUnsafe()
    for (const [request, since] of waiting) if (now - since > forgotten) waiting.delete(request)
    const passed = messages
    messages = 0
    return { messages: passed, waiting: waiting.size }
  }
})
/** Nobody waits any more for a request that has had no answer for so long, in ms. */
const forgotten = 5000

/** Shows every second which nodes are up and what passes on the bus, if standard error is a terminal. */
const show = Effect.fnUntraced(function*(up: ReadonlySet<string>, ids: ReadonlyArray<string>) {
  if (process.stderr.isTTY !== true) return yield* Effect.never
  const look = yield* observer
  yield* Effect.repeat(
    Effect.suspend(() => {
      const { messages, waiting } = look()
      const nodes = ids.map((id) => `${id} ${up.has(id) ? "up" : "down"}`).join(", ")
      return Output.progress(`${nodes} | ${messages} messages a second | ${waiting} requests wait for an answer`)
    }),
    Schedule.spaced("1 second")
  )
})

/** A server that runs, or one that is started here and ends with the scope, as does all that it keeps. */
const serverFor = (
  url: string | undefined,
  cluster: string,
  folder: string
): Effect.Effect<
  { readonly url: string; readonly keeps: boolean },
  NatsUnavailable | NatsServer.NotInstalled | NatsServer.Failed,
  Scope.Scope
> =>
  url !== undefined ? Effect.succeed({ url, keeps: true }) : Effect.scoped(
    Layer.build(NatsNode.busAt(usualUrl, cluster))
  ).pipe(
    Effect.as({ url: usualUrl, keeps: true }),
    Effect.catchIf(
      (error) => error._tag === "NatsUnavailable" && error.reason === "unreachable",
      () =>
        NatsServer.start({ port, folder }).pipe(
          Effect.tap(() => Output.err(`nats-server starts at ${usualUrl}; what it keeps ends with this command.\n`)),
          Effect.map(({ url }) => ({ url, keeps: false }))
        )
    ),
    Effect.catchTag("ConfigError", Effect.die)
  )

/** A node could not start at all, and has said why. */
class NeverStarts extends Data.TaggedError("NeverStarts")<{ readonly id: string }> {
  override get message(): string {
    return `${this.id} cannot start`
  }
}

const warn = (message: string | undefined) =>
  message === undefined ? Effect.void : Output.err(`gossip-girl: warning: ${message}.\n`)

export const up = Effect.fnUntraced(function*(settings: Settings) {
  const { cluster, ids, program, workload } = settings
  const folder = yield* temporary
  const { keeps, url } = yield* serverFor(settings.url, cluster, folder)
  const bus = yield* Layer.build(NatsNode.busAt(url, cluster))
  yield* Effect.provideContext(NatsBucket.open, bus)
  if (keeps) yield* Effect.provideContext(Effect.flatMap(NatsDurability.warning, warn), bus)
  const watchdog = yield* Effect.acquireRelease(Effect.sync(Watchdog.make), (dog) => Effect.sync(dog.end))
  const alive = new Set<string>()
  const env = { NATS_URL: url, NATS_CLUSTER: cluster, DISK_FOLDER: settings.disk ?? join(folder, "disks") }

  const supervise = Effect.fnUntraced(function*(id: string) {
    for (let life = 0;; life++) {
      alive.add(id)
      const code = yield* live(id, settings, env, watchdog)
      alive.delete(id)
      if (code === cannotStart && life === 0) return yield* new NeverStarts({ id })
      yield* Output.err(`${id} has ended (${code === null ? "killed" : `code ${code}`}), and is started again.\n`)
      yield* Effect.sleep(respite)
    }
  })

  yield* Output.err([
    `${ids.join(", ")} start with ${workload} (${program}) as cluster ${cluster} on ${url}; each says when it runs.`,
    `Ask them from another terminal: gossip-girl ask ${ids[0]} TYPE '{…}'; end them with Ctrl-C.`,
    ""
  ].join("\n"))
  yield* Effect.raceFirst(
    Effect.forEach(ids, supervise, { concurrency: "unbounded", discard: true }),
    Effect.provideContext(show(alive, ids), bus)
  ).pipe(Effect.ensuring(Output.endProgress))
}, Effect.scoped)
