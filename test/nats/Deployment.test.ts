import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { upCommand } from "../../bin/cli/UpCommand.ts"
import * as NatsServer from "../../bin/nats/NatsServer.ts"
import * as NatsServers from "../../bin/nats/NatsServers.ts"
import { NatsBus } from "../../src/nats/NatsBus.ts"
import * as NatsDurability from "../../src/nats/NatsDurability.ts"

import { built, root } from "../bin/GossipGirl.ts"
import * as DeploymentFiles from "./DeploymentFiles.ts"
import { environment as seenAs, isInstalled, knowsSync, until, version } from "./Servers.ts"

const { compose, fly, kubernetes, password, text } = DeploymentFiles
type Process = DeploymentFiles.Process

const isServer = ({ image }: Process): boolean => image.startsWith("nats:")

/** A folder of programs that say, in place of those that an image has, how they were started. */
const programs = Effect.map(NatsServers.folder, (folder) => {
  for (const name of ["gossip-girl", "nats-server"]) {
    writeFileSync(join(folder, name), `#!/bin/sh\nprintf '%s\\0' "$NAME" ${name} "$@"\n`)
    chmodSync(join(folder, name), 0o755)
  }
  return folder
})

/** The program that an image starts when it is told this command, with its arguments, and the name in its environment. */
const startedBy = (folder: string, { command, environment }: Pick<Process, "command" | "environment">) => {
  const words = typeof command === "string" ? ["sh", "-c", command] : command
  const [file = "", ...args] = words[0]!.startsWith("-") ? ["nats-server", ...words] : words // the server's images do so
  const env = { ...environment, PATH: `${folder}:${process.env["PATH"]}` }
  const { status, stderr, stdout } = spawnSync(file, args, { encoding: "utf8", env })
  assert.strictEqual(status, 0, stderr)
  const [name, program, ...given] = stdout.split("\0").slice(0, -1)
  return { name, program, args: given }
}

/** Which node of which nodes our command line is, told these arguments. */
const nodeOf = Effect.fnUntraced(function*(args: ReadonlyArray<string>) {
  const nodes: Array<readonly [workload: string, node: string | undefined, of: string | undefined]> = []
  const command = Command.withHandler(
    upCommand,
    ({ node, of, workload }) => Effect.sync(() => void nodes.push([workload, node, of]))
  )
  assert.strictEqual(args[0], "up")
  yield* Effect.provide(Command.runWith(command, { version: "" })(args.slice(1)), NodeServices.layer)
  return nodes[0]!
})

const url = /nats:\/\/([-.\w]+)(?::(\d+))?/g
const hostsIn = (urls: string): ReadonlyArray<string> => [...urls.matchAll(url)].map(([, host]) => host!)

const checkServer = (server: Process, folder: string, hosts: ReadonlyArray<string>): void => {
  const { args, name, program } = startedBy(folder, server)
  assert.strictEqual(program, "nats-server")
  assert.deepStrictEqual([args[0], server.mounts[args[1]!] ?? server.mounts["/etc/nats"]], ["-c", "./nats.conf"])
  assert.match(name!, /^[a-z]/)
  assert.strictEqual(server.environment["PASSWORD"], `"${password}"`)
  assert.includeMembers([...hosts], [...hostsIn(server.environment["ROUTES"]!)])
}

const checkNode = Effect.fnUntraced(function*(node: Process, folder: string, hosts: ReadonlyArray<string>) {
  const { args, program } = startedBy(folder, node)
  assert.strictEqual(program, "gossip-girl")
  assert.includeMembers([...hosts], [...hostsIn(node.environment["NATS_URL"]!)])
  assert.strictEqual(node.environment["NATS_USER"], "gossip")
  assert.isDefined(node.mounts["/data"])
  return yield* nodeOf(args)
})

describe("the files of examples/deployment", () => {
  for (
    const [name, read, hosts] of [
      ["compose.yaml", compose, ["nats1", "nats2", "nats3"]],
      ["kubernetes.yaml", kubernetes, ["nats-0.nats", "nats-1.nats", "nats-2.nats"]],
      ["fly.nats.toml", () => fly("fly.nats.toml"), ["gossip-nats.internal"]],
      ["fly.toml", () => fly("fly.toml"), ["gossip-nats.internal"]]
    ] as const
  ) {
    it.effect(`${name} starts what there is, on volumes of its own, at servers that are there`, () =>
      Effect.gen(function*() {
        const folder = yield* programs
        const { processes, volumes } = read()
        const servers = processes.filter(isServer)
        for (const server of servers) checkServer(server, folder, hosts)
        const nodes = yield* Effect.forEach(processes.filter((one) => !isServer(one)), (node) => {
          assert.strictEqual(node.image, "gossip-girl")
          return checkNode(node, folder, hosts)
        })
        for (const [workload, , of] of nodes) {
          assert.strictEqual(workload, "lin-kv")
          assert.strictEqual(of, nodes.map(([, node]) => node).join(","))
        }
        if (name !== "fly.nats.toml") assert.strictEqual(nodes.length, 3)
        if (!name.startsWith("fly")) assert.strictEqual(servers.length, 3)
        const mounted = processes.flatMap(({ mounts }) => Object.values(mounts))
        assert.includeMembers([...volumes], mounted)
        const data = processes.map(({ mounts }) => mounts["/data"])
        assert.strictEqual(new Set(data).size, processes.length)
      }).pipe(Effect.scoped))
  }

  it("kubernetes.yaml has the services that its sets name, which find their pods", () => {
    const { services, sets } = kubernetes()
    for (const { spec } of sets) {
      const { labels } = spec.template.metadata
      const service = services.find(({ metadata }) => metadata.name === spec.serviceName)
      assert.deepStrictEqual(service?.spec.selector, labels)
      assert.deepStrictEqual(spec.selector.matchLabels, labels)
      for (const { labelSelector } of spec.template.spec.topologySpreadConstraints) {
        assert.deepStrictEqual(labelSelector.matchLabels, labels)
      }
    }
  })
})

if (isInstalled && !knowsSync) {
  process.stderr.write(`\n*** nats-server ${version} knows no sync_interval: nats.conf is tested without it ***\n\n`)
}

/** The file nats.conf in this folder, which is what it has at /data. */
const settingsIn = (folder: string): string => {
  const file = join(folder, "nats.conf")
  const settings = text("nats.conf").replace("/data", folder)
  writeFileSync(file, knowsSync ? settings : settings.replace(", sync_interval: always", ""))
  return file
}

/** Where on loopback each port of each host is. */
const addresses = () => {
  const ports = new Map<string, Effect.Effect<number>>()
  const portOf = (host: string, port: string) => {
    const name = `${host}:${port}`
    const known = ports.get(name) ?? Effect.runSync(Effect.cached(NatsServer.freePort))
    ports.set(name, known)
    return known
  }
  const moved = Effect.fnUntraced(function*(urls: string) {
    const found = yield* Effect.forEach([...urls.matchAll(url)], ([, host, port = "4222"]) => portOf(host!, port))
    let i = 0
    return urls.replaceAll(url, () => `nats://127.0.0.1:${found[i++]}`)
  })
  return { portOf, moved }
}

/** A process that ends with the scope. */
const running = (file: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(file, args, {
        cwd: root,
        stdio: ["ignore", "ignore", "pipe"],
        env: { ...process.env, ...env }
      })
      child.stderr.setEncoding("utf8")
      return child
    }),
    (child) =>
      Effect.callback<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.once("close", () => resume(Effect.void))
        child.kill("SIGKILL")
      })
  )

/** Completes when it has said this; fails when it ends before. */
const says = (child: ChildProcess, text: string) =>
  Effect.callback<void, string>((resume) => {
    let said = ""
    child.stderr!.on("data", (chunk: string) => { // it is piped
      said += chunk
      if (said.includes(text)) resume(Effect.void)
    })
    child.once("close", () => resume(Effect.fail(said)))
  })

describe.skipIf(!isInstalled)("with a real server", () => {
  it.effect("nats.conf is valid, and tells when a variable is missing", () =>
    Effect.map(NatsServers.folder, (folder) => {
      const test = (env: NodeJS.ProcessEnv) =>
        spawnSync(NatsServer.executable()!, ["-t", "-c", settingsIn(folder)], { encoding: "utf8", env })
      const { environment } = compose().processes[0]!
      const { status, stderr } = test(environment)
      assert.strictEqual(status, 0, stderr)
      for (const name of ["NAME", "ROUTES", "PASSWORD"]) {
        assert.include(test({ ...environment, [name]: undefined }).stderr, `'${name}'`)
      }
    }).pipe(Effect.scoped))

  it.live("compose.yaml is three servers and three nodes that answer", () =>
    Effect.gen(function*() {
      const folder = yield* NatsServers.folder
      const stubs = yield* programs
      const { moved, portOf } = addresses()
      const { processes } = compose()
      const volume = ({ mounts }: Process): string => join(folder, mounts["/data"]!)
      for (const process of processes) mkdirSync(volume(process))
      const startServer = Effect.fnUntraced(function*(server: Process) {
        const [clients, routes] = [yield* portOf(server.name, "4222"), yield* portOf(server.name, "6222")]
        const { args } = startedBy(stubs, server)
        const listen = ["-a", "127.0.0.1", "-p", `${clients}`, "--cluster_listen", `nats://127.0.0.1:${routes}`]
        const child = yield* running(
          NatsServer.executable()!,
          [...args.map((arg) => arg === "/etc/nats.conf" ? settingsIn(volume(server)) : arg), ...listen],
          { ...server.environment, ROUTES: yield* moved(server.environment["ROUTES"]!) }
        )
        yield* says(child, "Server is ready")
      })
      yield* Effect.forEach(processes.filter(isServer), startServer, { concurrency: "unbounded", discard: true })

      const environmentOf = ({ environment }: Process) =>
        Effect.map(moved(environment["NATS_URL"]!), (NATS_URL) => ({ ...environment, NATS_URL }))
      const nodes = processes.filter((process) => !isServer(process))
      for (const node of nodes) {
        const env = { ...yield* environmentOf(node), DISK_FOLDER: volume(node) }
        yield* running(process.execPath, [built, ...startedBy(stubs, node).args], env)
      }
      const environment = yield* environmentOf(nodes[0]!)
      const [, command] = /exec n1 (.*)/.exec(text("compose.yaml"))! // it says how to ask
      const { args } = startedBy(stubs, { command: command!, environment })
      // Servers that start need time to hear of who listens where, so that a message may be lost. To write again does no harm.
      const answer = yield* until(
        "three nodes take a write",
        Effect.suspend(() => {
          const answer = spawnSync(process.execPath, [built, ...args], {
            cwd: root,
            encoding: "utf8",
            env: { ...process.env, ...environment }
          })
          return /nobody listens|error 11|error 0/.test(answer.stderr) ? Effect.fail("not yet") : Effect.succeed(answer)
        })
      )
      assert.strictEqual(answer.stderr, "")
      assert.strictEqual(JSON.parse(answer.stdout).type, "write_ok")
      for (const process of processes) assert.isNotEmpty(readdirSync(volume(process)))
      const bus = seenAs({ ...environment, NATS_CLUSTER: "gossip-girl" })(NatsBus.layer)
      const warning = yield* Effect.provide(NatsDurability.warning, bus)
      if (knowsSync) assert.isUndefined(warning)
    }).pipe(Effect.scoped))
})
