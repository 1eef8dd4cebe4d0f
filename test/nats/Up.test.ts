import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { tmpdir } from "node:os"
import { askCommand } from "../../bin/cli/AskCommand.ts"
import { upCommand } from "../../bin/cli/UpCommand.ts"
import { complaint, gossip, root } from "../bin/GossipGirl.ts"
import { isInstalled, ofVersion, one, silent } from "./Servers.ts"

type Closed = Effect.Effect<{ readonly code: number | null; readonly stderr: string }>

interface Command {
  /** Completes when it has ended. */
  readonly closed: Closed
  /** Ends it. */
  readonly end: Closed
}

/** `gossip-girl up` with these arguments, once it has said all this; it is ended, and what it said is the answer. */
const upUntil = (said: ReadonlyArray<string>, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}) =>
  Effect.acquireRelease(
    Effect.callback<Command>((resume) => {
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
      const command = { closed: Effect.promise(() => closed), end }
      void closed.then(() => resume(Effect.succeed(command)))
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text
        if (said.every((text) => stderr.includes(text))) resume(Effect.succeed(command))
      })
    }),
    ({ end }) => end
  )

const ask = (url: string, ...args: ReadonlyArray<string>) => gossip("ask", "--nats", url, ...args)

describe.skipIf(!isInstalled)("gossip-girl up", () => {
  it.live("runs nodes that answer, keep going without their command's terminal, and end with it", () =>
    Effect.gen(function*() {
      const { url } = yield* one()
      const cluster = yield* upUntil(
        ["n1", "n2", "n3"].map((id) => `${id}: ${id} of n1, n2, n3 runs broadcast (star)`),
        ["broadcast", "--nats", url]
      )
      const sent = ask(url, "n1", "broadcast", `{"message": 7}`)
      assert.deepStrictEqual(JSON.parse(sent.stdout), { type: "broadcast_ok", in_reply_to: 1 })
      const refused = ask(url, "n2", "unheard")
      assert.strictEqual(refused.status, 1)
      assert.match(
        refused.stderr,
        /^gossip-girl: n2 unheard: error 10, unknown request: unheard; it did not take place/
      )
      const twin = gossip("up", "broadcast", "--nats", url, "--node", "n1")
      assert.strictEqual(twin.status, 3)
      assert.match(twin.stderr, /gossip-girl: another process runs as n1 of cluster gossip-girl; end it, or .*\n$/)
      const { code } = yield* cluster.end
      assert.strictEqual(code, 130)
      assert.match(ask(url, "n1", "read").stderr, /error 1, nobody listens at this address/)
    }).pipe(Effect.scoped))

  it.live("runs one node of a cluster in each of several processes", () =>
    Effect.gen(function*() {
      const { url } = yield* one()
      for (const node of ["a", "b"]) {
        yield* upUntil([`${node} of a, b runs lin-kv (proxy)`], [
          "lin-kv",
          "--program",
          "proxy",
          "--nats",
          url,
          "--node",
          node,
          "--of",
          "a,b"
        ], {
          DISK_FOLDER: tmpdir()
        })
      }
      assert.strictEqual(ask(url, "a", "write", `{"key": "x", "value": 1}`).status, 0)
      const read = ask(url, "b", "read", `{"key": "x"}`)
      assert.strictEqual(JSON.parse(read.stdout).value, 1)
    }).pipe(Effect.scoped))
})

describe("a node that reaches a server without a majority", () => {
  it.live("says what it waits for, and not that it runs", () =>
    Effect.gen(function*() {
      const url = yield* ofVersion("2.10.0")
      const node = yield* upUntil(["n1 waits for JetStream"], ["echo", "--node", "n1", "--nats", url])
      assert.strictEqual((yield* node.end).stderr, "n1 waits for JetStream of the NATS servers.\n")
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
        assert.match(stderr, /^gossip-girl: the NATS server has no JetStream; start it with it: .*\n$/)
      }
    }).pipe(Effect.scoped))
})

describe("a server that accepts connections and says nothing", () => {
  it.live("is given up in one line", () =>
    Effect.gen(function*() {
      const url = yield* silent
      const up = yield* upUntil(["no NATS server answers"], ["echo", "--nats", url])
      const { code, stderr } = yield* up.closed
      assert.strictEqual(code, 3)
      assert.match(stderr, /^gossip-girl: no NATS server answers at \S+; start one .* \(timeout\)\n$/)
    }).pipe(Effect.scoped))
})

describe("what is missing", () => {
  it("is said in one line, with what to do", () => {
    const nobody = ask("nats://127.0.0.1:1", "n1", "read")
    assert.strictEqual(nobody.status, 3)
    assert.match(nobody.stderr, /^gossip-girl: no NATS server answers at nats:\/\/127.0.0.1:1; start one .*\n$/)
    const disclosed = ask("nats://me:secret@127.0.0.1:1", "n1", "read")
    assert.match(disclosed.stderr, /^gossip-girl: a URL of NATS servers holds no credentials, .* set NATS_USER .*\n$/)
  })

  it.effect("so is what is wrong with the arguments", () =>
    Effect.gen(function*() {
      assert.include(yield* complaint(askCommand, "n1 read [1]"), "the fields must be a JSON object, not [1].")
      assert.strictEqual(yield* complaint(upCommand, "broadcast --node n1 --of n2,n3"), "--of does not name n1.")
      assert.include(yield* complaint(upCommand, "broadcast --node c1"), '"c1" is no name of a node')
      assert.include(yield* complaint(upCommand, "broadcast --program stars"), "Did you mean star?")
    }))
})
