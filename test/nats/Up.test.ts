import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { tmpdir } from "node:os"
import { gossip, root } from "../bin/GossipGirl.ts"
import { isInstalled, one } from "./Servers.ts"

/** `gossip-girl up` with these arguments, once it has said this; it is ended, and what it said is the answer. */
const upUntil = (said: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly end: Effect.Effect<{ code: number | null; stderr: string }> }>((resume) => {
      const child = spawn(process.execPath, ["dist/gossip-girl.js", "up", ...args], {
        cwd: root,
        env: { ...process.env, TMPDIR: tmpdir(), ...env }
      })
      let stderr = ""
      const closed = new Promise<{ code: number | null; stderr: string }>((resolve) =>
        child.once("close", (code) => resolve({ code, stderr }))
      )
      const end = Effect.promise(() => {
        child.kill("SIGINT")
        return closed
      })
      void closed.then(() => resume(Effect.succeed({ end })))
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text
        if (stderr.includes(said)) resume(Effect.succeed({ end }))
      })
    }),
    ({ end }) => end
  )

const ask = (url: string, ...args: ReadonlyArray<string>) => gossip("ask", "--nats", url, ...args)

/** Nodes need a moment to be there. */
const untilAnswered = (url: string, ...args: ReadonlyArray<string>) => {
  for (;;) {
    const answer = ask(url, ...args)
    if (answer.status === 0 || !answer.stderr.includes("nobody listens")) return answer
  }
}

describe.skipIf(!isInstalled)("gossip-girl up", () => {
  it.live("runs nodes that answer, keep going without their command's terminal, and end with it", () =>
    Effect.gen(function*() {
      const { url } = yield* one()
      const cluster = yield* upUntil("run broadcast (star)", ["broadcast", "--nats", url])
      const sent = untilAnswered(url, "n1", "broadcast", `{"message": 7}`)
      assert.deepStrictEqual(JSON.parse(sent.stdout), { type: "broadcast_ok", in_reply_to: 1 })
      const refused = untilAnswered(url, "n2", "unheard")
      assert.strictEqual(refused.status, 1)
      assert.match(
        refused.stderr,
        /^gossip-girl: n2 unheard: error 10, unknown request: unheard; it did not take place/
      )
      const { code } = yield* cluster.end
      assert.strictEqual(code, 130)
      assert.match(ask(url, "n1", "read").stderr, /error 1, nobody listens at this address/)
    }).pipe(Effect.scoped))

  it.live("runs one node of a cluster in each of several processes", () =>
    Effect.gen(function*() {
      const { url } = yield* one()
      for (const node of ["a", "b"]) {
        yield* upUntil("as cluster", ["lin-kv", "--program", "proxy", "--nats", url, "--node", node, "--of", "a,b"], {
          DISK_FOLDER: tmpdir()
        })
      }
      assert.strictEqual(untilAnswered(url, "a", "write", `{"key": "x", "value": 1}`).status, 0)
      const read = untilAnswered(url, "b", "read", `{"key": "x"}`)
      assert.strictEqual(JSON.parse(read.stdout).value, 1)
    }).pipe(Effect.scoped))
})

describe.skipIf(!isInstalled)("where there is no JetStream", () => {
  it.live("up, a node and workers end with one line", () =>
    Effect.gen(function*() {
      const { url } = yield* one(
        "accounts { A { jetstream: disabled, users: [{ user: a, password: a }] } }\nno_auth_user: a"
      )
      for (const command of [["up", "echo"], ["up", "echo", "--node", "n1"], ["worker"]]) {
        const { status, stderr } = gossip(...command, "--nats", url)
        assert.strictEqual(status, 3)
        assert.match(stderr, /(^|on \S+\n)gossip-girl: the NATS server has no JetStream; start it with it: .*\n$/)
      }
    }).pipe(Effect.scoped))
})

describe("what is missing", () => {
  it("is said in one line, with what to do", () => {
    const nobody = ask("nats://127.0.0.1:1", "n1", "read")
    assert.strictEqual(nobody.status, 3)
    assert.match(nobody.stderr, /^gossip-girl: no NATS server answers at nats:\/\/127.0.0.1:1; start one .*\n$/)
    assert.strictEqual(ask("nats://127.0.0.1:1", "n1", "read", "[1]").status, 2)
    const stranger = gossip("up", "broadcast", "--node", "n1", "--of", "n2,n3")
    assert.strictEqual(stranger.stderr, "gossip-girl: --of does not name n1.\n")
    assert.match(gossip("up", "broadcast", "--node", "c1").stderr, /"c1" is no name of a node/)
    assert.match(gossip("up", "broadcast", "--program", "stars").stderr, /Did you mean star\?/)
  })
})
