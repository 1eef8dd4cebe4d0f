/**
 * `gossip-girl test` as its users meet it: the built file in a process of its own, and what it leaves.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Flags from "../../bin/cli/Flags.ts"
import { testCommand } from "../../bin/cli/TestCommand.ts"
import * as Registry from "../../src/registry/Registry.ts"
import * as Run from "../../src/simulator/Run.ts"
import { built, complaint, root } from "./GossipGirl.ts"

const echoNode = "test/foreign/broadcast.mjs"

let directory = ""

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "gossip-girl-"))
})

afterAll(() => rmSync(directory, { recursive: true }))

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const start = (args: ReadonlyArray<string>, env: Record<string, string> = {}) => {
  const child = spawn(process.execPath, [built, "test", ...args], { cwd: root, env: { ...process.env, ...env } })
  const text = { stdout: "", stderr: "" }
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk
    })
  }
  const ended = new Promise<Ended>((resolve) => child.on("close", (status) => resolve({ status, ...text })))
  return { child, ended }
}
const test = (...args: ReadonlyArray<string>) => start(args).ended

/** A short run, and yet long enough for the first answer of each node, however busy the machine is. */
const short = (name: string): ReadonlyArray<string> =>
  `--node-count 2 --rate 20 --time-limit 2 --recovery 0 --store ${join(directory, name)}`.split(" ")

describe("gossip-girl test", { concurrent: true }, () => {
  it("a valid run: a table, exit code 0, and a folder with all that came of it", async () => {
    const { status, stderr, stdout } = await test("-w", "broadcast", "--bin", echoNode, ...short("valid"))
    assert.deepStrictEqual({ status, stderr }, { status: 0, stderr: "" })
    const [, folder] =
      /^run .*verdict\nbroadcast +2 +- .*valid\n\nlatencies in ms, .*\nstable latencies .* 1: \d+.*\nthe checker counted: .*\nMore in (.*)\.\n\n.*\n$/
        .exec(stdout)!
    assert.isTrue(stdout.endsWith("\n\nEverything looks good! ヽ(‘ー`)ノ\n"))
    assert.match(folder!, /\/valid\/broadcast\/\d{8}T\d{6}\.\d{3}Z$/)
    for (const link of ["valid/latest", "valid/broadcast/latest"]) {
      assert.strictEqual(realpathSync(join(directory, link)), realpathSync(folder!))
    }

    const read = (name: string): string => readFileSync(join(folder!, name), "utf8")
    const lines = (name: string): ReadonlyArray<unknown> =>
      read(name).trimEnd().split("\n").map((line): unknown => JSON.parse(line))
    const summary = Run.fromJson(read("results.json"))
    assert.isTrue(Result.isSuccess(summary))
    assert.containSubset(JSON.parse(read("results.json")), {
      workload: "broadcast",
      program: echoNode,
      options: { nodeCount: 2, timeLimit: 2000 },
      results: { valid: true }
    })
    assert.containSubset(lines("history.jsonl"), [{ index: 0, type: "invoke" }, { f: "read", type: "ok" }])
    assert.containSubset(lines("messages.jsonl"), [{ src: "n0", type: "init_ok", fate: "delivered" }])
    assert.deepStrictEqual(readdirSync(join(folder!, "node-logs")), ["n0.log", "n1.log"])
    assert.strictEqual(read("node-logs/n1.log"), "I am n1\n")
  })

  it("a simulated run leaves the same, by its seed, and replaces what was there", () => {
    const store = join(directory, "simulated")
    const simulate = () =>
      spawnSync(
        process.execPath,
        [built, ..."simulate -w echo --time-limit 2 --seed 7 --store".split(" "), store],
        { cwd: root, encoding: "utf8" }
      )
    for (const { status, stdout } of [simulate(), simulate()]) {
      assert.strictEqual(status, 0)
      assert.include(stdout, `\nMore in ${store}/echo/seed-7.\n`)
    }
    const names = ["history.jsonl", "messages.jsonl", "report.html", "results.edn", "results.json"]
    assert.deepStrictEqual(readdirSync(join(store, "latest")).toSorted(), names)
    assert.deepStrictEqual(readdirSync(store).toSorted(), ["echo", "latest"])
  })

  it("an invalid run: exit code 1, the node, its last lines, and the command that runs it again", async () => {
    const command = ["-w", "echo", "--bin", "test/foreign/wrong.mjs", ...short("invalid"), "--", "throws", "a b'c"]
    const { status, stdout } = await test(...command)
    assert.strictEqual(status, 1)
    assert.isTrue(stdout.endsWith("\n\nAnalysis invalid! (ﾉಥ益ಥ）ﾉ ┻━┻\n"))
    assert.match(stdout, /INVALID\n\necho is invalid:\n {2}n1 exited with code 1[^]*\n {6}Error: escaped\n/)
    const [, replay] = /Replay: node (.*)/.exec(stdout)!
    assert.match(replay!, / --bin test\/foreign\/wrong.mjs --seed 0 -- throws 'a b'\\''c'$/)
    assert.match(replay!, / --node-count 2 --time-limit 2 --recovery 0 --rate 20 /)
  })

  it("a node that answers with errors: which, how often and from whom, and where its log is", async () => {
    const command = ["-w", "g-set", "--bin", "test/foreign/wrong.mjs", ...short("errors"), "--", "fails"]
    const { status, stdout } = await test(...command)
    assert.strictEqual(status, 1)
    const error = String.raw`Crash \(13\) "kaboom KeyError \d+"`
    for (
      const says of [
        `no final read: n\\d answered its last read with ${error}\n`,
        `no add was ever ok: (once|\\d+ times) ${error}( or the like)? from n\\d`,
        `no read was ever ok: \\d+ times ${error}( or the like)? from n0, n1\n`
      ]
    ) assert.match(stdout, new RegExp(says))
    const logs = [...stdout.matchAll(/^What n\d wrote to standard error: (.*)$/gm)].map(([, path]) => path!)
    assert.lengthOf(logs, 2)
    for (const log of logs) assert.include(readFileSync(log, "utf8"), "Traceback: kaboom\n")
  })

  it("what is beyond Maelstrom is shown apart, in the report too, and counts with --rules strict", async () => {
    const command = (name: string, ...flags: ReadonlyArray<string>) =>
      test("-w", "broadcast", "--bin", echoNode, ...short(name), ...flags, "--", "stutters")
    const usual = await command("usual")
    assert.strictEqual(usual.status, 0, usual.stdout)
    assert.match(
      usual.stdout,
      /broadcast .* valid\n\nbroadcast, beyond Maelstrom \(.*--rules strict.*\):\n {2}twice in one read: /
    )
    const latest = join(directory, "usual/latest")
    assert.include(readFileSync(join(latest, "report.html"), "utf8"), "<h3>What is beyond Maelstrom</h3>")
    assert.containSubset(JSON.parse(readFileSync(join(latest, "results.json"), "utf8")), {
      options: { rules: "maelstrom" },
      results: { rules: "maelstrom", validity: "valid", findings: [{ kind: "twice in one read", rules: "strict" }] }
    })
    const strict = await command("strict", "--rules", "strict", "--json")
    assert.strictEqual(strict.status, 1)
    const { runs: [run] } = JSON.parse(strict.stdout)
    assert.containSubset(run, { validity: "invalid", findings: [{ kind: "twice in one read" }], beyondMaelstrom: [] })
    assert.include(run.replay, " --rules strict ")
  })

  it.effect("by Maelstrom's rules, what is not said is as it is there", () =>
    Effect.gen(function*() {
      const settings = (options: Record<string, string>, settings: Record<string, string> = {}) =>
        Flags.trialOptions(Registry.registry["txn-rw-register"].workload, { options, settings }, 0).pipe(
          Effect.map((options) => options.settings)
        )
      const models = (...names: ReadonlyArray<string>) => ({ consistencyModels: names })
      assert.deepStrictEqual<unknown>(yield* settings({}), models("strict-serializable"))
      assert.isUndefined(yield* settings({ rules: "strict" }))
      assert.deepStrictEqual<unknown>(
        yield* settings({}, { "consistency-models": "read-committed" }),
        models("read-committed")
      )
    }))

  it("--json is one document, --log-stderr shows what nodes say", async () => {
    const command = ["-w", "echo", "--bin", echoNode, ...short("json"), "--json", "--log-stderr", "--seed", "3"]
    const { status, stderr, stdout } = await test(...command)
    assert.strictEqual(status, 0)
    assert.sameMembers(stderr.trimEnd().split("\n"), ["n0: I am n0", "n1: I am n1"])
    assert.containSubset(JSON.parse(stdout), {
      valid: true,
      runs: [{ valid: true, options: { seed: 3, workload: "echo", program: echoNode } }]
    })
  })

  it("takes Maelstrom's flags, says which mean nothing, repeats runs, and shows messages", async () => {
    const { status, stderr, stdout } = await test(
      ..."-w echo --nodes a,b --no-ssh --username root --leave-db-running --log-net-send --log-net-recv".split(" "),
      ..."--test-count 2 --rate 20 --time-limit 1 --json --bin".split(" "),
      echoNode,
      "--store",
      join(directory, "flags")
    )
    assert.strictEqual(status, 0)
    const [idle, named, ...messages] = stderr.trimEnd().split("\n")
    assert.match(idle!, /^gossip-girl: --no-ssh, --leave-db-running, --username mean nothing here, /)
    assert.strictEqual(named, "gossip-girl: the 2 nodes are called n0, n1 here.")
    const init = (step: string): string =>
      `${step} {"src":"c0","dest":"n0","body":{"type":"init","node_id":"n0","node_ids":["n0","n1"],"msg_id":1}}`
    for (const step of ["send", "receive"]) {
      assert.strictEqual(messages.filter((line) => line === init(step)).length, 2)
    }
    const { runs } = JSON.parse(stdout) as { runs: ReadonlyArray<{ options: { seed: number; nodeCount: number } }> }
    assert.deepStrictEqual(runs.map(({ options: { nodeCount, seed } }) => [nodeCount, seed]), [[2, 0], [2, 1]])
    const edn = readFileSync(join(directory, "flags/echo/latest/results.edn"), "utf8")
    for (const says of [/^\{:stats /, /:servers \{[^}]*:msgs-per-op 0\.0/, /\n :valid\? true\}\n$/]) {
      assert.match(edn, says)
    }
  })

  it("wrong arguments: exit code 2, in one line", async () => {
    const { status, stderr, stdout } = await test("-w", "echo", "--bin", "/nowhere/at/all")
    assert.deepStrictEqual([status, stdout], [2, ""])
    assert.match(stderr, /^gossip-girl: --bin \/nowhere\/at\/all: there is no such file\..*\n$/)
  })

  it.effect("what else can be wrong with arguments, and nothing is left of it", () =>
    Effect.gen(function*() {
      const store = join(directory, "nothing")
      const file = (name: string, mode: number): string => {
        writeFileSync(join(directory, name), "#!/nowhere/at/all\n", { mode })
        return join(directory, name)
      }
      const cases: ReadonlyArray<readonly [args: string, says: string]> = [
        ["-w echo", "--bin is missing"],
        [`-w echo --bin ${directory}`, "that is a directory."],
        [`-w echo --bin ${file("plain", 0o644)}`, "not executable (chmod +x "],
        [`-w echo --bin ${file("strange", 0o755)}`, "asks for the interpreter /nowhere/at/all, which is not there."],
        [`-w echo --bin ${echoNode} --nemesis partition,clock`, "--nemesis clock is for simulate"],
        [`-w echo --bin ${echoNode} --rate 0`, "--rate must be a number above 0"],
        [`-w echo --bin ${echoNode} --nodes ,`, "--nodes names none"],
        [`-w echo --bin ${echoNode} --nodes-file /nowhere`, "--nodes-file /nowhere cannot be read"],
        [`-w echo --bin ${echoNode} --program star`, "--program goes with --nats."],
        [`-w ecko --bin ${echoNode}`, "Did you mean echo?"]
      ]
      for (const [path, says] of [["package.json", "package.json: that is no directory."], ["", "needs a value."]]) {
        assert.strictEqual(
          yield* complaint(testCommand, `-w echo --bin ${echoNode} --store=${path}`),
          `--store ${says}`
        )
      }
      for (const [args, says] of cases) assert.include(yield* complaint(testCommand, `${args} --store ${store}`), says)
      assert.deepStrictEqual(existsSync(store) ? readdirSync(join(store, "echo")) : [], [])
    }))

  it.effect("takes the command lines of fly.io's challenges as they are", () =>
    Effect.gen(function*() {
      const lines = [
        "-w echo --bin BIN --node-count 1 --time-limit 10",
        "-w unique-ids --bin BIN --time-limit 30 --rate 1000 --node-count 3 --availability total --nemesis partition",
        "-w broadcast --bin BIN --node-count 1 --time-limit 20 --rate 10",
        "-w broadcast --bin BIN --node-count 5 --time-limit 20 --rate 10",
        "-w broadcast --bin BIN --node-count 5 --time-limit 20 --rate 10 --nemesis partition",
        "-w broadcast --bin BIN --node-count 25 --time-limit 20 --rate 100 --latency 100",
        "-w g-counter --bin BIN --node-count 3 --rate 100 --time-limit 20 --nemesis partition",
        "-w kafka --bin BIN --node-count 1 --concurrency 2n --time-limit 20 --rate 1000",
        "-w kafka --bin BIN --node-count 2 --concurrency 2n --time-limit 20 --rate 1000",
        "-w txn-rw-register --bin BIN --node-count 1 --time-limit 20 --rate 1000 --concurrency 2n --consistency-models read-uncommitted --availability total",
        "-w txn-rw-register --bin BIN --node-count 2 --concurrency 2n --time-limit 20 --rate 1000 --consistency-models read-uncommitted --availability total --nemesis partition",
        "-w txn-rw-register --bin BIN --node-count 2 --concurrency 2n --time-limit 20 --rate 1000 --consistency-models read-committed --availability total --nemesis partition"
      ]
      // With everything else right, what is wrong is that there is nothing to run.
      for (const line of lines) {
        const says = yield* complaint(testCommand, line.replace("BIN", "/nowhere/maelstrom-node"))
        assert.strictEqual(says, "--bin /nowhere/maelstrom-node: there is no such file.", line)
      }
    }))

  /** Nodes that end with nothing but SIGKILL, and children of theirs; who holds a connection is alive. */
  const stubborn = async (name: string, env: Record<string, string> = {}) => {
    const path = join(directory, `${name}.sock`)
    const closed: Array<Promise<unknown>> = []
    let server: Server | undefined
    const connected = new Promise<void>((resolve) => {
      server = createServer((socket) => {
        closed.push(new Promise((resolve) => socket.on("error", () => {}).on("close", resolve)))
        socket.resume()
        if (closed.length === 3) resolve()
      }).listen(path)
    })
    const command = ["-w", "echo", "--bin", "test/foreign/wrong.mjs", "--node-count", "3", "--nemesis", "pause"]
    const { child, ended } = start([...command, "--store", join(directory, name), "--", "resists", path], env)
    await connected
    return {
      child,
      /** Waits for the end of the bench, which comes after that of all other processes. */
      end: async () => {
        const outcome = await ended
        await Promise.all(closed)
        server?.close()
        return outcome
      }
    }
  }

  const deaths: ReadonlyArray<readonly [NodeJS.Signals, number | null]> = [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", null],
    ["SIGKILL", null]
  ]
  for (const [signal, code] of deaths) {
    it(`no process outlives it after ${signal}`, async () => {
      const { child, end } = await stubborn(signal)
      child.kill(signal)
      const { status, stderr, stdout } = await end()
      assert.deepStrictEqual([status, stdout], [code, ""])
      const [name] = readdirSync(join(directory, signal, "echo"))
      const folder = join(directory, signal, "echo", name!)
      if (code === null) return assert.deepStrictEqual(readdirSync(folder), ["node-logs"])
      assert.deepStrictEqual(readdirSync(folder).toSorted(), ["history.jsonl", "messages.jsonl", "node-logs"])
      assert.include(stderr, `: the run was interrupted; what happened until then is in ${folder}; its nodes have `)
      assert.include(readFileSync(join(folder, "messages.jsonl"), "utf8"), '"type":"init"')
    })
  }

  it("no process outlives it when it fails itself: exit code 3", async () => {
    const throwing = `
      if (/gossip-girl/.test(process.argv[1])) process.on("SIGUSR2", () => { throw new Error("escaped") })`
    const { child, end } = await stubborn("defect", {
      NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(throwing)}`
    })
    child.kill("SIGUSR2")
    const { status, stderr, stdout } = await end()
    assert.deepStrictEqual([status, stdout], [3, ""])
    assert.match(stderr, /^gossip-girl: the bench failed: .*escaped/)
  })
})
