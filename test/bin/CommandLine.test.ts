/**
 * The command line as its users meet it: the built file in a process of its own.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { challengesCommand } from "../../bin/cli/ChallengesCommand.ts"
import { serveCommand } from "../../bin/cli/ServeCommand.ts"
import { simulateCommand } from "../../bin/cli/SimulateCommand.ts"
import manifest from "../../package.json" with { type: "json" }
import { built, complaint, gossip, interrupted, interruptedAt, shell } from "./GossipGirl.ts"

const echo = ["simulate", "-w", "echo", "--time-limit", "5"]
/** The oracle's answers are lost now and then, so some operations fail. */
const failing = [
  "simulate",
  ..."-w unique-ids --program central --time-limit 10 --loss 0.3 --availability total --latency-dist uniform".split(
    " "
  )
]

/** The same command for a little work: other tests show that long runs, and many runs, are valid. */
const brief = (command: string): string =>
  command.replace(/(?<=--time-limit )\d+/, "2").replace(/--seeds \d+/, "--seeds 2 --jobs 1").replace(
    /(?<=--rate )\d+/,
    "50"
  )

describe("help", () => {
  it("is what it says when asked nothing, or asked for help", () => {
    const { status, stderr, stdout } = gossip()
    assert.deepStrictEqual({ status, stderr }, { status: 0, stderr: "" })
    assert.include(stdout, "SUBCOMMANDS")
    assert.deepStrictEqual(gossip("--help"), { status, stdout, stderr })
    assert.notInclude(stdout, "\u001b")
  })

  for (const command of [[], ["challenges"], ["simulate"]]) {
    it(`of ${["gossip-girl", ...command].join(" ")} has examples that run as they are, but for how long they take`, () => {
      const examples = [...gossip(...command, "--help").stdout.matchAll(/^ {2}(node .*)$/gm)].map(([, line]) => line!)
      assert.isNotEmpty(examples)
      for (const example of examples) {
        if (example === `node ${built} challenges`) continue // as `npm start`, which takes long
        const { status, stderr, stdout } = shell(brief(example))
        assert.isTrue(status === 0 && stdout !== "", `${example}\n${stderr}`)
      }
    })
  }

  it("version", () => {
    assert.deepStrictEqual(gossip("--version"), { status: 0, stdout: `gossip-girl v${manifest.version}\n`, stderr: "" })
  })

  it("completions that a shell takes", () => {
    assert.strictEqual(shell(`node ${built} --completions bash | bash -n`).status, 0)
  })
})

describe("wrong arguments", () => {
  const cases: ReadonlyArray<readonly [args: string, says: string]> = [
    ["chalenges", "Did you mean challenges?"],
    ["frobnicate", 'unknown command "frobnicate"'],
    ["--frobnicate", "unknown flag --frobnicate"],
    ["challenges 1", 'unexpected argument "1"'],
    ["simulate", "--workload is missing"],
    ["simulate -wecho", "unknown flag -wecho. Did you mean -w echo?"],
    ["simulate -w echo -seed 3", "unknown flag -seed. Did you mean --seed?"]
  ]

  it.each(cases)("%s: exit code 2, and one line", (args, says) => {
    const { status, stderr, stdout } = gossip(...args.split(" "))
    assert.deepStrictEqual({ status, stdout }, { status: 2, stdout: "" })
    assert.match(stderr, /^gossip-girl: .*\n$/)
    assert.include(stderr, says)
  })

  it("are never mixed into more than one line", () => {
    assert.match(gossip("simulate", "-w", "a\nb").stderr, /^gossip-girl: .*\n$/)
  })

  it.effect.each<readonly [args: string, says: string]>([
    ["--only 99", "--only must be one of 1, 2, 3, 3a, 3b, 3c, 3d, 3e, 4, 5, 5a, 5b, 5c, 6, 6a, 6b, 6c, 7, not"],
    ["--only 3D", "Did you mean 3d?"],
    ["--only", "--only needs a value"]
  ])("challenges %s", ([args, says]) =>
    Effect.gen(function*() {
      assert.include(yield* complaint(challengesCommand, args), says)
    }))

  it.effect.each<readonly [args: string, says: string]>([
    ["-w ecko", "Did you mean echo?"],
    ["-w unique", "Did you mean unique-ids?"],
    ["-w unique-ids --program flaky", '--program must be one of flake, random, central, not "flaky"'],
    ["-w echo --nemesis kill,partiton", "Did you mean partition?"],
    ["-w echo --nemesis none,kill", "--nemesis none goes with no fault."],
    ["-w echo --nemesis=", "--nemesis must be one of none, partition"],
    ["-w echo --rte 5", "Did you mean --rate?"],
    ["-w echo --rate", "--rate needs a value"],
    ["-w echo --rate fast", '--rate must be a number above 0, not "fast"'],
    ["-w echo --rate 1 --rate 2", "--rate is given more than once"],
    ["-w echo --rate -1", "--rate must be"],
    ["-w echo --rate Infinity", "--rate must be"],
    ["-w echo --node-count 0", "--node-count must be a whole number from 1"],
    ["-w echo --node-count 1.5", "--node-count must be"],
    ["-w echo --time-limit 0", "--time-limit must be a number above 0"],
    ["-w echo --nemesis-interval 0", "--nemesis-interval must be"],
    ["-w echo --concurrency 2m", "--concurrency must be"],
    ["-w echo --availability most", "--availability must be total or a number from 0 to 1"],
    ["-w echo --loss 1.1", "--loss must be a number from 0 to 1"],
    ["-w echo --latency-dist norma", "--latency-dist must be one of constant, uniform, exponential"],
    ["-w echo --topology tree5", "--topology must be one of"],
    ["-w echo --topology line", "--topology is no setting of echo, which has none."],
    ["-w g-set --key-count 3", "--key-count is no setting of g-set, which has --durable."],
    ["-w kafka --consistency-models causal", "which has --key-count, --max-writes-per-key, --durable."],
    ["-w kafka --key-count 0", "--key-count must be a whole number from 1 to 1000"],
    ["-w txn-rw-register --consistency-models casual", "Did you mean causal?"],
    ["-w echo --scheduling lifo", "Did you mean fifo?"],
    ["-w echo --seed -1", "--seed must be"],
    ["-w echo --seeds 0", "--seeds must be"],
    ["-w echo --seed 1e15 --seeds 2", "--seeds must end at seed 1000000000000000, not at 1000000000000001."],
    ["-w echo --seeds 2 --history x", "--history is for one run"],
    ["-w echo --jobs 0", "--jobs must be a whole number from 1"],
    ["-w echo --only-operations 1,x", "--only-operations must be none or whole numbers from 0"],
    ["-w echo --json --history -", "both want standard output"],
    ["-w echo --history=", "--history needs a value"],
    ["-w echo --history src", "--history src: that is a directory"],
    ["-w echo --report nowhere/at/all", "--report nowhere/at/all: there is no directory /"],
    ["-w echo --report package.json/x", "--report package.json/x: there is no directory /"],
    ["-w echo --store package.json", "--store package.json: that is no directory"],
    ["-w echo --store package.json/x/y", "/package.json is no directory"]
  ])("simulate %s", ([args, says]) =>
    Effect.gen(function*() {
      assert.include(yield* complaint(simulateCommand, args), says)
    }))

  it.effect.each<readonly [args: string, says: string]>([
    ["--store nowhere", "--store nowhere: there is no such directory"],
    ["--store package.json", "--store package.json: that is no directory"],
    ["--store=", "--store needs a value"],
    ["--port 65536", "--port must be a whole number from 0 to 65535"]
  ])("serve %s", ([args, says]) =>
    Effect.gen(function*() {
      assert.include(yield* complaint(serveCommand, args), says)
    }))

  it.effect("serve, where somebody else does", () =>
    Effect.gen(function*() {
      const server = createServer()
      yield* Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "localhost", resolve)))
      const address = server.address()
      const port = typeof address === "object" ? address?.port : 0
      const says = yield* complaint(serveCommand, `--store src --port ${port}`)
      server.close()
      assert.strictEqual(says, `port ${port} is in use; --port takes another.`)
    }))
})

describe("challenges", () => {
  it("are valid, in one table", () => {
    const { status, stderr, stdout } = gossip("challenges", "--only", "1,3b,4")
    assert.deepStrictEqual({ status, stderr }, { status: 0, stderr: "" })
    assert.match(stdout, /^run .*verdict\n1 echo .*valid\n3b broadcast .*valid\n4 /)
    assert.notInclude(stdout, "INVALID")
    assert.notInclude(stdout, "\u001b")
  })

  it("an interrupt ends them, and shows those that are finished", async () => {
    const { code, stdout } = await interruptedAt("challenge 3d", "challenges", "--only", "1,3d,3e")
    assert.strictEqual(code, 130)
    assert.match(stdout, /^run .*verdict\n1 echo .*valid\n(3d .*\n)?$/)
  })

  it("one of them", () => {
    const { status, stdout } = gossip("challenges", "--only", "1", "--seed", "3", "--json")
    assert.strictEqual(status, 0)
    const document: unknown = JSON.parse(stdout)
    assert.containSubset(document, {
      valid: true,
      runs: [{ title: "1 echo", options: { seed: 3, timeLimit: 10_000 } }]
    })
  })
})

describe("simulate", () => {
  it("the same seed gives the same output, another one another", () => {
    const history = (seed: string) => gossip(...echo, "--nemesis", "kill", "--seed", seed, "--history", "-").stdout
    const first = history("1")
    assert.strictEqual(history("1"), first)
    assert.notStrictEqual(history("2"), first)
  })

  it("no faults can be asked for by name", () => {
    assert.deepStrictEqual(gossip(...echo, "--nemesis", "none"), gossip(...echo))
  })

  it("an invalid run: exit code 1, what was found, and the command that finds it again", () => {
    const { status, stdout } = gossip(...failing)
    assert.strictEqual(status, 1)
    assert.match(
      stdout,
      /INVALID\n\nunique-ids is invalid:\n {2}\d+ of \d+ operations were not ok: \d+ times Temp.* from n/
    )
    const replay = /Replay: (.*)/.exec(stdout)?.[1]
    assert.deepStrictEqual(shell(replay!).stdout, stdout)
  })

  it("takes Maelstrom's units", () => {
    const flags = "--latency 50 --latency-dist exponential --nemesis-interval 2 --concurrency 3n --node-count 4"
    const document: unknown = JSON.parse(gossip(...echo, ...flags.split(" "), "--json").stdout)
    assert.containSubset(document, {
      runs: [{
        options: {
          timeLimit: 5000,
          latency: { mean: 50, dist: "exponential" },
          nemesisInterval: 2000,
          concurrency: 12,
          nodeCount: 4
        }
      }]
    })
  })

  it("writes the history as JSON lines, to a file or to standard output", () => {
    const directory = mkdtempSync(join(tmpdir(), "gossip-girl-"))
    try {
      const file = join(directory, "history.jsonl")
      const toFile = gossip(...echo, "--history", file)
      const history = readFileSync(file, "utf8")
      const toStdout = gossip(...echo, "--history", "-")
      assert.deepStrictEqual([toStdout.stdout, toStdout.stderr], [history, toFile.stdout])
      const events = history.trimEnd().split("\n").map((line): unknown => JSON.parse(line))
      assert.containSubset(events, [{ index: 0, type: "invoke", f: "echo" }])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it("a file that cannot be written: exit code 2, before any work", () => {
    const { status, stderr, stdout } = gossip("simulate", "-w", "echo", "--history", "/nowhere/at/all")
    assert.deepStrictEqual({ status, stdout }, { status: 2, stdout: "" })
    assert.strictEqual(
      stderr,
      "gossip-girl: --history /nowhere/at/all: there is no directory /nowhere/at.\n"
    )
  })

  it("a reader that goes away is no failure", () => {
    const { status, stderr, stdout } = shell(`(node ${built} ${echo.join(" ")} --history -; echo $? >&2) | true`)
    assert.deepStrictEqual({ status, stdout }, { status: 0, stdout: "" })
    assert.match(stderr, / valid\n[^]*\n0\n$/)
  })

  it("an interrupt ends it, in the midst of hours of work, and leaves the files of another run alone", async () => {
    const directory = mkdtempSync(join(tmpdir(), "gossip-girl-"))
    try {
      const files = ["history", "report"].map((name) => join(directory, name))
      for (const file of files) writeFileSync(file, "old")
      const command = "simulate -w unique-ids --rate 1000 --time-limit 100000".split(" ")
      const { code, stdout } = await interrupted(...command, "--history", files[0]!, "--report", files[1]!)
      assert.deepStrictEqual({ code, stdout }, { code: 130, stdout: "" })
      for (const file of files) assert.strictEqual(readFileSync(file, "utf8"), "old")
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
