/**
 * Campaigns and shrinking as their users meet them: the built file in a process of its own, and its workers.
 */
import { assert, describe, it } from "@effect/vitest"
import { built, gossip, interrupted, preload, shell } from "./GossipGirl.ts"

const words = (text: string): ReadonlyArray<string> => text.split(" ")

const echo = words("simulate -w echo --time-limit 5")
/** The oracle's answers are lost now and then, so some operations fail. */
const failing = words(
  "simulate -w unique-ids --program central --time-limit 10 --loss 0.3 --availability total --latency-dist uniform"
)

describe("simulate", () => {
  it("one run ends with what the checker measured and counted", () => {
    assert.match(
      gossip(...words("simulate -w broadcast --time-limit 2")).stdout,
      /^run .*\nbroadcast .* valid\n\nlatencies .*\nstable latencies .* 1: \d+.*\nthe checker counted: .*\n$/
    )
  })
})

describe("simulate --seeds", () => {
  it("a summary, and each invalid run can be replayed", () => {
    const { status, stdout } = gossip(...failing, "--seed", "10", "--seeds", "4", "--jobs", "1")
    assert.strictEqual(status, 1)
    const [, valid, invalid] = /^4 runs: (\d) valid, (\d) invalid;/.exec(stdout)!
    assert.strictEqual(Number(valid) + Number(invalid), 4)
    const reports = [...stdout.matchAll(/seed (\d+) is invalid:\n((?: {2}.*\n)+)/g)]
    assert.lengthOf(reports, Number(invalid))
    for (const [, seed, found] of reports) {
      const replay = /Replay: (.* --seed (\d+))\n/.exec(found!)!
      assert.strictEqual(replay[2], seed)
    }
    const [, , last] = reports.at(-1)!
    assert.include(shell(/Replay: (.*)/.exec(last!)![1]!).stdout, last!)
  })

  it("the same on any number of cores, byte for byte; how fast it was stands apart, on standard error", () => {
    const runs = (json: string, jobs: number) =>
      gossip(...words(`simulate -w broadcast --time-limit 2 --nemesis kill --seeds 4 --jobs ${jobs} ${json}`.trim()))
    const one = runs("--json", 1)
    assert.strictEqual(one.status, 0)
    assert.match(one.stderr, /^4 runs in [\d.]+ s with --jobs 1: \d+ simulated seconds a second\n$/)
    assert.strictEqual(runs("--json", 2).stdout, one.stdout)
    assert.strictEqual(runs("", 1).stdout, runs("", 2).stdout)
    const single = gossip(...words("simulate -w broadcast --time-limit 2 --nemesis kill --seed 3 --json"))
    const { runs: [alone] } = JSON.parse(single.stdout)
    assert.deepStrictEqual({ ...alone, title: "seed 3" }, JSON.parse(one.stdout).runs[3])
  })

  it("as JSON: a result for each, ordered by seed", () => {
    const document = JSON.parse(gossip(...echo, "--seed", "7", "--seeds", "9", "--jobs", "1", "--json").stdout)
    const seeds = document.runs.map((run: { options: { seed: number } }) => run.options.seed)
    assert.deepStrictEqual(seeds, [7, 8, 9, 10, 11, 12, 13, 14, 15])
    assert.isTrue(document.valid)
    const latencies: ReadonlyArray<number> = document.runs.map((run: { latencies: { max: number } }) =>
      run.latencies.max
    )
    assert.containSubset(document.ranges, {
      messagesPerOperation: { min: 0, median: 0, max: 0 },
      maxLatency: { min: Math.min(...latencies), max: Math.max(...latencies) }
    })
  })

  it("an interrupt ends it, in the midst of an hour of work, with a summary of what there is", async () => {
    const { code, stdout } = await interrupted(...words("simulate -w broadcast --time-limit 20 --seeds 100000"))
    assert.strictEqual(code, 130)
    assert.match(stdout, /^\d+ runs: \d+ valid; /)
  })

  /** Runs before all else in a worker, and breaks what makes the run of seed 12. */
  const sabotage = (code: string): NodeJS.ProcessEnv =>
    preload(`import { isMainThread, parentPort } from "node:worker_threads"; if (!isMainThread) { ${code} }`)

  it.each([
    [
      "that throws",
      `let seed
       parentPort.on("message", (world) => { seed = world.options.seed })
       const { stringify } = JSON
       JSON.stringify = (...args) => { if (seed === 12) throw new Error("a bug"); return stringify(...args) }`,
      /seed 12: Error: a bug\n/
    ],
    [
      "that takes its worker with it",
      `parentPort.on("message", (world) => { if (world.options.seed === 12) process.exit(7) })`,
      /seed 12: Error: the worker exited with 7\n/
    ]
  ])("a run %s: exit code 3, and the command that shows it", (_, code, says) => {
    const { status, stderr } = shell(`node ${built} ${echo.join(" ")} --seed 5 --seeds 20`, sabotage(code))
    assert.strictEqual(status, 3, stderr)
    assert.match(stderr, says)
    assert.match(stderr, /Replay: node dist\/gossip-girl\.js simulate --workload echo --time-limit 5 --seed 12\n$/)
  })
})

describe("settings of a workload", () => {
  it("decide what comes to pass and how it is judged, and are kept in the results and in the replay", () => {
    const command = words("simulate -w txn-rw-register --time-limit 3 --latency 100 --rate 20")
    const settings = words("--key-count 1 --max-writes-per-key 1000 --consistency-models serializable")
    const { status, stdout } = gossip(...command, ...settings, "--json")
    const { runs: [run] } = JSON.parse(stdout)
    assert.deepStrictEqual(run.options.settings, {
      keyCount: 1,
      maxWritesPerKey: 1000,
      consistencyModels: ["serializable"]
    })
    assert.deepStrictEqual([status, run.valid], [1, false])
    assert.isTrue(run.replay.endsWith(` ${settings.join(" ")} --seed 0`), run.replay)
    assert.isUndefined(JSON.parse(gossip(...command, "--json").stdout).runs[0].options.settings)
  })
})

describe("simulate --shrink", () => {
  it("from the first run that is invalid to a small one, told in words, and the command that replays it", () => {
    const shrunk = gossip(...failing, "--seed", "10", "--seeds", "4", "--shrink")
    assert.strictEqual(shrunk.status, 1)
    const [, summary, small] = /^([^]*)\nShrunk in \d+ runs:\n\n([^]*)$/.exec(shrunk.stdout)!
    assert.match(summary!, /^4 runs: /)
    const [, first] = /seed (\d+) is invalid/.exec(summary!)!
    const [, seed] = / --seed (\d+)\n/.exec(small!)!
    const from = seed === first ? "" : ` from seed ${first}`
    assert.match(small!, new RegExp(`^run .*\nseed ${seed}, shrunk${from} +1 .* INVALID\n`))
    assert.match(small!, / process 0 asks n0 to generate: fail: TemporarilyUnavailable/)
    const [, replay] = /Replay: (.*)\n/.exec(small!)!
    const again = shell(replay!)
    assert.strictEqual(again.status, 1)
    assert.include(again.stdout, "operations were not ok")
  })

  it("single operations and faults can be given by number", () => {
    const { stdout } = gossip(
      ...words("simulate -w broadcast --rate 10 --time-limit 5 --nemesis partition,kill --nemesis-interval 1"),
      ...words("--only-operations 3,7 --only-faults none --history -")
    )
    const history = stdout.trim().split("\n").map((line) => JSON.parse(line))
    assert.lengthOf(history.filter(({ type }) => type === "invoke"), 2 + 5)
    assert.isFalse(history.some(({ process }) => process === "nemesis"))
  })

  it("as JSON: one run more", () => {
    const { status, stdout } = gossip(...failing, "--seed", "10", "--shrink", "--json")
    const { runs } = JSON.parse(stdout)
    assert.strictEqual(status, 1)
    assert.lengthOf(runs, 2)
    assert.isAtMost(runs[1].operations.count, runs[0].operations.count)
    assert.isFalse(runs[1].valid)
  })

  it("a run that is valid is left alone", () => {
    const { status, stdout } = gossip(...echo, "--shrink")
    assert.deepStrictEqual({ status, stdout }, { status: 0, stdout: gossip(...echo).stdout })
  })
})
