/**
 * A `nats-server` process of this machine, with a folder of its own for JetStream. It ends with its scope, and when this
 * process is killed.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { accessSync, constants, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { delimiter, join } from "node:path"
import * as Watchdog from "../../src/simulator/processes/Watchdog.ts"
import * as Links from "./Links.ts"

/** There is no `nats-server` on this machine. */
export class NotInstalled extends Data.TaggedError("NotInstalled") {
  override get message(): string {
    return "no nats-server is in PATH; install it (Debian, Ubuntu: apt install nats-server; macOS: brew install "
      + "nats-server; others: github.com/nats-io/nats-server/releases), or name a server that runs: --nats nats://host:4222"
  }
}

/** The server ended before it was ready. */
export class Failed extends Data.TaggedError("Failed")<{ readonly said: string }> {
  override get message(): string {
    return `nats-server does not start: ${this.said}`
  }
}

export interface Settings {
  readonly port: number
  /** The host that it is on, if that is not all of this machine. */
  readonly host?: {
    readonly address: string
    readonly on: (command: Links.Command) => Links.Command
  }
  /** Where JetStream keeps its files, and the settings are written. */
  readonly folder: string
  /** Given if the server is one of several. */
  readonly cluster?: {
    readonly server: string
    readonly port: number
    /** Where it finds all of them, itself too: by how many they are it knows how many are a majority. */
    readonly routes: ReadonlyArray<string>
    /** Whether it reaches the others by these routes alone, and tells clients of itself alone. */
    readonly isSecluded: boolean
  }
  /** Further lines of its settings. */
  readonly more?: string
}

export interface NatsServer {
  readonly url: string
  readonly signal: (name: "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGTERM") => void
  /** Completes when the server has ended. */
  readonly ended: Effect.Effect<void>
}

const isThere = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The path of the executable. Debian has it in a folder that is only in root's PATH. */
export const executable = (): string | undefined =>
  [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
    .map((directory) => join(directory, "nats-server"))
    .find(isThere)

/** A port that nobody uses now. */
export const freePort: Effect.Effect<number> = Effect.callback((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

/** A server that is told of another one tries to reach it at what that one calls its address: here nobody is. */
const seclusion = 'advertise: "127.0.0.1:1", no_advertise: true'

const routesText = (
  { isSecluded, port, routes, server }: NonNullable<Settings["cluster"]>,
  address: string
): ReadonlyArray<string> => {
  const urls = routes.map((route) => `nats-route://${route}`).join(", ")
  const more = isSecluded ? `, ${seclusion}` : ""
  return [
    `server_name: ${server}`,
    `cluster { name: local, host: ${address}, port: ${port}, routes: [${urls}]${more} }`
  ]
}

const settingsText = ({ cluster, folder, host, more = "", port }: Settings): string =>
  [
    `host: ${host?.address ?? Links.loopback}`,
    `port: ${port}`,
    `jetstream { store_dir: ${JSON.stringify(folder)} }`,
    ...cluster === undefined ? [] : routesText(cluster, host?.address ?? Links.loopback),
    more
  ].join("\n") + "\n"

/** Starts a server, and waits until it is ready. */
export const start = (settings: Settings) =>
  Effect.gen(function*() {
    const executed = executable()
    if (executed === undefined) return yield* new NotInstalled()
    const config = join(settings.folder, "nats-server.conf")
    const command = { file: executed, args: ["--config", config] }
    const { args, file } = settings.host?.on(command) ?? command
    writeFileSync(config, settingsText(settings))
    const watchdog = yield* Effect.acquireRelease(Effect.sync(Watchdog.make), ({ end }) => Effect.sync(end))
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(file, args, { detached: true, stdio: ["ignore", "ignore", "pipe"] })),
      (child) =>
        Effect.callback<void>((resume) => {
          if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
          child.once("exit", () => resume(Effect.void))
          child.kill("SIGKILL")
        })
    )
    const { pid } = child
    if (pid !== undefined) {
      watchdog.guard(pid)
      child.once("exit", () => watchdog.release(pid))
    }
    let said = ""
    yield* Effect.callback<void, Failed>((resume) => {
      child.once("error", ({ message }) => resume(Effect.fail(new Failed({ said: message }))))
      child.once("exit", () => resume(Effect.fail(new Failed({ said: said.trim().split("\n").at(-1) ?? "" }))))
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-4000)
        if (said.includes("Server is ready")) resume(Effect.void)
      })
    })
    return {
      url: `nats://${settings.host?.address ?? Links.loopback}:${settings.port}`,
      signal: (name) => void child.kill(name),
      ended: Effect.callback((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
      })
    } satisfies NatsServer as NatsServer
  })
