/**
 * The playground without its page: lessons, programs in the editor, addresses, moments.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Struct from "effect/Struct"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Playground from "../../../bin/cli/Playground.ts"
import { simulateCommand } from "../../../bin/cli/SimulateCommand.ts"
import { type Lesson, lessons, solved } from "../../../bin/site/Lessons.ts"
import * as Recording from "../../../bin/site/Recording.ts"
import * as Scene from "../../../bin/site/Scene.ts"
import * as Setup from "../../../bin/site/Setup.ts"
import { shown } from "../../../bin/site/Shown.ts"
import * as Starts from "../../../bin/site/Starts.ts"
import * as Challenges from "../../../src/registry/Challenges.ts"
import * as Registry from "../../../src/registry/Registry.ts"
import { NodeId } from "../../../src/schema/Address.ts"
import type { Deed } from "../../../src/simulator/faults/Script.ts"
import type * as Simulation from "../../../src/simulator/Simulation.ts"
import { built, complaint } from "../GossipGirl.ts"

const textOf = ({ program, workload }: Setup.Setup): string =>
  shown(readFileSync(join(import.meta.dirname, "../../..", Starts.find(workload, program)!.file), "utf8"))

const solution = (lesson: Lesson): Setup.Setup => solved(lesson, textOf(lesson.setup))

const broadcast: Setup.Setup = { workload: "broadcast", program: "star", flags: { nemesis: "partition", seed: "3" } }

/** A client asks by hand what nobody else does. */
const asked: Setup.Setup = {
  ...broadcast,
  script: [{ deed: "ask", at: 5000, node: NodeId.make("n1"), type: "broadcast", fields: { message: "mine" } }]
}

describe("Lessons", () => {
  for (const lesson of lessons) {
    it.effect(lesson.title, () =>
      Effect.gen(function*() {
        const before = yield* Recording.make(lesson.setup)
        assert.notStrictEqual(before.validity, lesson.goal, "it is solved as it begins")
        for (const [find] of lesson.solution.edits ?? []) assert.include(textOf(lesson.setup), find)
        const after = yield* Recording.make(solution(lesson))
        assert.strictEqual(after.validity, lesson.goal, after.data.findings.join("\n"))
      }))
  }
})

describe("Programs in the editor", () => {
  for (const start of Starts.starts) {
    it.effect(`${start.workload} ${start.name} runs from its text as from its file`, () =>
      Effect.gen(function*() {
        const setup = { workload: start.workload, program: start.name, flags: { "time-limit": "3", recovery: "2" } }
        const fromFile = yield* Recording.make(setup)
        const fromText = yield* Recording.make({ ...setup, source: textOf(setup) })
        assert.deepStrictEqual(fromText.data, fromFile.data)
        if (!start.isWrong) assert.strictEqual(fromFile.validity, "valid")
      }))
  }

  it.effect("a text that is no program is told apart", () =>
    Effect.gen(function*() {
      const why = (source: string) =>
        Effect.map(Effect.flip(Recording.make({ ...broadcast, source })), ({ why }) => why)
      assert.include(yield* why("export const x = ("), "Unexpected token")
      assert.include(yield* why(`import * as X from "fs"\nX.read()`), "there is no module fs")
      assert.include(yield* why("export const x = 1"), "nothing that it exports is a program")
    }))
})

describe("Addresses", () => {
  it.effect("say all of a run, and nothing is lost on the way", () =>
    Effect.gen(function*() {
      for (const setup of [broadcast, asked, ...lessons.map(solution)]) {
        const address = `https://example.org/playground.html#${yield* Setup.toFragment(setup)}`
        assert.deepStrictEqual(yield* Setup.fromAddress(address), setup)
      }
    }))

  it.effect("that say nothing are refused", () =>
    Effect.gen(function*() {
      for (const address of ["", "#", "#abc", "#!", `#${"A".repeat(300_000)}`]) {
        assert.isTrue((yield* Effect.exit(Setup.fromAddress(address)))._tag === "Failure", address.slice(0, 20))
      }
    }))
})

describe("Scene", () => {
  it.effect("shows a moment as it was, however one has come there", () =>
    Effect.gen(function*() {
      const { data } = yield* Recording.make(broadcast)
      const moments = Scene.moments(data)
      const there = moments.map(Scene.make(data))
      const back = moments.toReversed().map(Scene.make((yield* Recording.make(broadcast)).data)).toReversed()
      assert.strictEqual(JSON.stringify(there), JSON.stringify(back))
      assert.isTrue(there.some(({ cuts }) => cuts.length > 0))
      assert.isTrue(there.some(({ flying }) => flying.some(({ isDropped }) => isDropped)))
    }))

  it.effect("shows what is done by hand", () =>
    Effect.gen(function*() {
      const lesson = lessons.find(({ title }) => title === "Who tells a newcomer?")!
      const sceneAt = Scene.make((yield* Recording.make(solution(lesson))).data)
      assert.deepStrictEqual([4999, 5001, 6001].map((time) => sceneAt(time).nodes[2]!.isKilled), [false, true, false])
    }))

  it.effect("shows what is asked by hand", () =>
    Effect.gen(function*() {
      const recording = yield* Recording.make(asked)
      const sceneAt = Scene.make(recording.data)
      assert.strictEqual(recording.validity, "valid")
      assert.strictEqual(sceneAt(5001).nodes[1]!.said, `broadcast "mine"`)
    }))

  it.effect("of what cannot be asked there is none, and the reason is told", () =>
    Effect.gen(function*() {
      const script = asked.script!.map((deed) => ({ ...deed, type: "shout" }) as Deed)
      const { why } = yield* Effect.flip(Recording.make({ ...asked, script }))
      assert.strictEqual(why, "broadcast has no operation shout; it has broadcast, read")
    }))
})

/** But for functions. */
const plain = (options: Simulation.Options) => Struct.omit(options, ["workload", "program"])
const plainOptionsOf = (setup: Setup.Setup) => Effect.map(Recording.optionsOf(setup), plain)

describe("gossip-girl simulate --from", () => {
  const simulate = (...args: ReadonlyArray<string>) =>
    spawnSync(process.execPath, [built, "simulate", ...args], { encoding: "utf8" })

  it.effect("makes the run of an address, with what is done by hand and a changed program, and tells it again", () =>
    Effect.gen(function*() {
      for (const lesson of lessons.slice(0, 2)) {
        const said = yield* Setup.toFragment(solution(lesson))
        const { status, stdout } = simulate("--from", `http://localhost:8080/playground.html#${said}`, "--json")
        assert.strictEqual(status, lesson.goal === "valid" ? 0 : 1, stdout)
        const { runs: [{ playground, replay }] } = JSON.parse(stdout)
        for (const command of [playground.command, replay]) {
          const again = yield* Setup.fromAddress(command.split(" ").at(-1))
          const { flags, ...others } = solution(lesson)
          assert.deepStrictEqual({ ...again, flags }, { ...others, flags })
          assert.deepStrictEqual(yield* plainOptionsOf(again), yield* plainOptionsOf(solution(lesson)))
        }
      }
    }))

  it.effect("other flags go before what the address says", () =>
    Effect.gen(function*() {
      const said = yield* Setup.toFragment({ ...broadcast, workload: "g-counter", program: "seq-kv" })
      const { stdout } = simulate("--from", said, "--seeds", "2", "--node-count", "2", "--json")
      const { runs } = JSON.parse(stdout)
      assert.lengthOf(runs, 2)
      assert.containSubset(runs[1].options, { nodeCount: 2, seed: 4, rate: 10, nemesis: ["partition"] })
      const wrong = (args: string) => complaint(simulateCommand, args)
      assert.include(yield* wrong(`--from ${said} -w echo`), "the address says --workload g-counter")
      assert.include(yield* wrong(`--from ${said} --topology line`), "--topology is no setting of g-counter")
      assert.include(yield* wrong("--from #nonsense"), "that is no address of the playground")
    }))
})

describe("Links", () => {
  it.effect("lead to the very run, with all its options and settings", () =>
    Effect.gen(function*() {
      const runs = [
        ...Challenges.challenges.map((challenge) => Challenges.options(challenge, 3)),
        { ...Challenges.options(Challenges.challenges[3]!, 1), settings: { topology: "line" }, onlyOperations: [1, 2] }
      ]
      for (const run of runs) {
        const { name: workload } = run.workload
        const program = Registry.programNames(workload as Registry.WorkloadName)
          .find((name) => Registry.find(workload as Registry.WorkloadName, name)?.program === run.program)!
        const setup = yield* Setup.fromAddress(Playground.fragment(Recording.setupOf({ workload, program }, run)))
        assert.deepStrictEqual(yield* plainOptionsOf(setup), plain(run), workload)
      }
    }))

  it.effect("lead to every program", () =>
    Effect.sync(() => {
      for (const workload of Registry.workloadNames) {
        const offered = Starts.starts.filter((start) => start.workload === workload && !start.isWrong)
        assert.deepStrictEqual(offered.map(({ name }) => name), Registry.programNames(workload))
      }
    }))
})
