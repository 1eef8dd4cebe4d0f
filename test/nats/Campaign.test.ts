import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type ChildProcess, spawn } from "node:child_process"
import * as NatsServer from "../../bin/nats/NatsServer.ts"
import * as NatsServers from "../../bin/nats/NatsServers.ts"
import { built, gossip, preload, root } from "../bin/GossipGirl.ts"
import { isInstalled, one } from "./Servers.ts"

/** A process of the command line, which ends with the scope. */
const started = (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [built, ...args], { cwd: root, env: { ...process.env, ...env } })
      const output = { stdout: "", stderr: "" }
      for (const name of ["stdout", "stderr"] as const) {
        child[name].setEncoding("utf8").on("data", (text: string) => {
          output[name] += text
        })
      }
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
      return { child, output, ended }
    }),
    ({ child, ended }) =>
      Effect.promise(() => {
        child.kill("SIGKILL")
        return ended
      })
  )

/** Waits until the process has said this on standard error. */
const said = (child: ChildProcess, what: RegExp) =>
  Effect.callback<void>((resume) => {
    let text = ""
    child.stderr?.on("data", (chunk: string) => {
      text += chunk
      if (what.test(text)) resume(Effect.void)
    })
  })

const worker = (url: string) =>
  Effect.gen(function*() {
    const { child } = yield* started(["worker", "--nats", url, "--jobs", "1"])
    yield* said(child, /makes runs/)
    return child
  })

/** Some of its runs are invalid, since the oracle's answers are lost now and then. */
const campaign = "simulate -w unique-ids --program central --time-limit 10 --loss 0.3 --availability total --seeds 40"
  .split(" ")

describe.skipIf(!isInstalled)("simulate --workers", () => {
  it.live("comes to the summary of one machine, byte for byte, though a worker and the server are killed in the midst", () =>
    Effect.gen(function*() {
      const settings = { port: yield* NatsServer.freePort, folder: yield* NatsServers.folder }
      const { ended: killed, signal, url } = yield* NatsServer.start(settings)
      const [doomed] = yield* Effect.all([worker(url), worker(url)], { concurrency: 2 })
      const { child, ended, output } = yield* started(
        [...campaign, "--workers", url],
        preload("process.stderr.isTTY = true")
      )
      yield* said(child, /: \d+ of 40 runs with 2 workers/)
      doomed.kill("SIGKILL")
      signal("SIGKILL")
      yield* killed
      yield* NatsServer.start(settings)
      assert.strictEqual(yield* Effect.promise(() => ended), 1)
      const alone = gossip(...campaign)
      assert.strictEqual(output.stdout, alone.stdout)
      assert.match(alone.stdout, /40 runs: \d+ valid, \d+ invalid/)
    }).pipe(Effect.scoped))

  it.live("says that nobody works, and ends with its command", () =>
    Effect.gen(function*() {
      const { url } = yield* one()
      const { child, ended } = yield* started([...campaign, "--workers", url])
      yield* said(child, /^No worker of this build takes seeds \(.*\); start some: gossip-girl worker\n$/)
      child.kill("SIGINT")
      assert.strictEqual(yield* Effect.promise(() => ended), 130)
    }).pipe(Effect.scoped))
})
