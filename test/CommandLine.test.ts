/**
 * The command line as its users meet it: the built file in a process of its own.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import manifest from "../package.json" with { type: "json" }

const root = join(import.meta.dirname, "..")
const built = "dist/gossip-girl.js"

beforeAll(() => {
  if (!existsSync(join(root, built))) spawnSync(process.execPath, ["bin/build.mjs"], { cwd: root })
}, 60_000)

const execute = (command: string, args: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync(command, args, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 })
  return { status, stdout, stderr }
}
const gossip = (...args: ReadonlyArray<string>) => execute(process.execPath, [built, ...args])
const shell = (command: string) => execute("sh", ["-c", command])

const echo = ["simulate", "-w", "echo", "--time-limit", "5"]
/** The oracle's answers are lost now and then, so some operations fail. */
const failing = [
  "simulate",
  ..."-w unique-ids --program central --time-limit 10 --loss 0.3 --availability total --latency-dist uniform".split(
    " "
  )
]

describe("help", () => {
  it("is what it says when asked nothing, or asked for help", () => {
    const { status, stderr, stdout } = gossip()
    assert.deepStrictEqual({ status, stderr }, { status: 0, stderr: "" })
    assert.include(stdout, "SUBCOMMANDS")
    assert.deepStrictEqual(gossip("--help"), { status, stdout, stderr })
    assert.notInclude(stdout, "\u001b")
  })

  for (const command of [[], ["challenges"], ["simulate"]]) {
    it(`of ${["gossip-girl", ...command].join(" ")} has examples that run as they are`, () => {
      const examples = [...gossip(...command, "--help").stdout.matchAll(/^ {2}(node .*)$/gm)].map(([, line]) => line!)
      assert.isNotEmpty(examples)
      for (const example of examples) {
        const { status, stderr, stdout } = shell(example)
        assert.isTrue(status === 0 && stdout !== "", `${example}\n${stderr}`)
      }
    })
  }

  it("version", () => {
    assert.deepStrictEqual(gossip("--version"), { status: 0, stdout: `gossip-girl v${manifest.version}\n`, stderr: "" })
  })
})

describe("wrong arguments", () => {
  const cases: ReadonlyArray<readonly [args: string, says: string]> = [
    ["chalenges", "Did you mean challenges?"],
    ["frobnicate", 'unknown command "frobnicate"'],
    ["--frobnicate", "unknown flag --frobnicate"],
    ["challenges --only 99", "--only must be one of 1, 2"],
    ["challenges --only", "--only needs a value"],
    ["challenges 1", 'unexpected argument "1"'],
    ["simulate", "--workload is missing"],
    ["simulate -w ecko", "Did you mean echo?"],
    ["simulate -w unique", "Did you mean unique-ids?"],
    ["simulate -w unique-ids --program flaky", '--program must be one of flake, random, central, not "flaky"'],
    ["simulate -w echo --nemesis kill,partiton", "Did you mean partition?"],
    ["simulate -w echo --nemesis=", "--nemesis must be one of partition"],
    ["simulate -w echo --rte 5", "Did you mean --rate?"],
    ["simulate -w echo --rate", "--rate needs a value"],
    ["simulate -w echo --rate fast", '--rate must be a number of at least 0, not "fast"'],
    ["simulate -w echo --rate 1 --rate 2", "--rate is given more than once"],
    ["simulate -w echo --rate -1", "--rate must be"],
    ["simulate -w echo --rate Infinity", "--rate must be"],
    ["simulate -w echo --node-count 0", "--node-count must be a whole number from 1"],
    ["simulate -w echo --node-count 1.5", "--node-count must be"],
    ["simulate -w echo --time-limit 0", "--time-limit must be a number above 0"],
    ["simulate -w echo --nemesis-interval 0", "--nemesis-interval must be"],
    ["simulate -w echo --concurrency 2m", "--concurrency must be"],
    ["simulate -w echo --availability most", "--availability must be total or a number from 0 to 1"],
    ["simulate -w echo --loss 1.1", "--loss must be a number from 0 to 1"],
    ["simulate -w echo --latency-dist norma", "--latency-dist must be one of constant, uniform, exponential"],
    ["simulate -w echo --topology tree5", "--topology must be one of"],
    ["simulate -w echo --scheduling lifo", "Did you mean fifo?"],
    ["simulate -w echo --seed -1", "--seed must be"],
    ["simulate -w echo --seeds 0", "--seeds must be"],
    ["simulate -w echo --seeds 2 --history x", "--history is for one run"],
    ["simulate -w echo --json --history -", "both want standard output"]
  ]

  it.each(cases)("%s", (args, says) => {
    const { status, stderr, stdout } = gossip(...args.split(" "))
    assert.deepStrictEqual({ status, stdout }, { status: 2, stdout: "" })
    assert.match(stderr, /^gossip-girl: .*\n$/)
    assert.include(stderr, says)
  })

  it("are never mixed into more than one line", () => {
    assert.match(gossip("simulate", "-w", "a\nb").stderr, /^gossip-girl: .*\n$/)
  })
})

describe("challenges", () => {
  it("are all valid, in one table", () => {
    const { status, stderr, stdout } = gossip("challenges")
    assert.deepStrictEqual({ status, stderr }, { status: 0, stderr: "" })
    assert.match(stdout, /^run .*verdict\n1 echo .*valid\n2 unique-ids .*valid\n/)
    assert.notInclude(stdout, "INVALID")
    assert.notInclude(stdout, "\u001b")
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
    assert.strictEqual(history("1"), history("1"))
    assert.notStrictEqual(history("1"), history("2"))
    assert.deepStrictEqual(gossip(...failing, "--json"), gossip(...failing, "--json"))
  })

  it("an invalid run: exit code 1, what was found, and the command that finds it again", () => {
    const { status, stdout } = gossip(...failing)
    assert.strictEqual(status, 1)
    assert.match(stdout, /INVALID\n\nunique-ids is invalid:\n {2}\d+ of \d+ operations were not ok\n/)
    const replay = /Replay: (.*)/.exec(stdout)?.[1]
    assert.deepStrictEqual(shell(replay!).stdout, stdout)
  })

  it("many seeds: a summary, and each invalid one can be replayed", () => {
    const { status, stdout } = gossip(...failing, "--seed", "10", "--seeds", "4")
    assert.strictEqual(status, 1)
    const [, valid, invalid] = /^4 runs: (\d) valid, (\d) invalid;/.exec(stdout)!
    assert.strictEqual(Number(valid) + Number(invalid), 4)
    const reports = [...stdout.matchAll(/seed (\d+) is invalid:\n((?: {2}.*\n)+)/g)]
    assert.lengthOf(reports, Number(invalid))
    for (const [, seed, found] of reports) {
      const replay = /Replay: (.* --seed (\d+))\n/.exec(found!)!
      assert.strictEqual(replay[2], seed)
      assert.include(shell(replay[1]!).stdout, found!)
    }
  })

  it("many seeds as JSON: a result for each", () => {
    const document: unknown = JSON.parse(gossip(...echo, "--seed", "7", "--seeds", "3", "--json").stdout)
    assert.containSubset(document, { valid: true, runs: [7, 8, 9].map((seed) => ({ valid: true, options: { seed } })) })
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

  it("a file that cannot be written: exit code 3, before any work", () => {
    const { status, stderr, stdout } = gossip("simulate", "-w", "echo", "--history", "/nowhere/at/all")
    assert.deepStrictEqual({ status, stdout }, { status: 3, stdout: "" })
    assert.match(stderr, /^gossip-girl: the bench failed: .*\/nowhere\/at\/all.*\n$/)
  })

  it("a reader that goes away is no failure", () => {
    const { status, stderr, stdout } = shell(`(node ${built} ${echo.join(" ")} --history -; echo $? >&2) | true`)
    assert.deepStrictEqual({ status, stdout }, { status: 0, stdout: "" })
    assert.match(stderr, /valid\n0\n$/)
  })

  it("an interrupt ends it at once", async () => {
    const long = ["simulate", "-w", "unique-ids", "--rate", "1000", "--time-limit", "100000"]
    const child = spawn(process.execPath, [built, ...long], { cwd: root, stdio: "ignore" })
    const ended = new Promise<number | null>((resolve) => child.on("exit", (code) => resolve(code)))
    await new Promise((resolve) => setTimeout(resolve, 1500))
    const before = performance.now()
    child.kill("SIGINT")
    assert.strictEqual(await ended, 130)
    assert.isBelow(performance.now() - before, 2000)
  })
})
