import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import manifest from "../../package.json" with { type: "json" }
import * as Packed from "./Packed.ts"

/** All files in one process, which loads what they share once. */
const vitest = "vitest run --no-isolate --max-workers 1"

describe("the package, in a folder of its own", () => {
  let packed: Packed.Packed
  let project: string

  beforeAll(() => {
    packed = Packed.pack()
    project = packed.install()
    Packed.copy("examples", project)
  })
  afterAll(() => packed.remove())

  it("is small, with the site and its compiler in it", () => {
    assert.isBelow(statSync(packed.tarball).size, 5_500_000)
  })

  it("has all modules that it exports, an example of all that these export, and hides all others", async () => {
    const modules = Object.keys(manifest.exports).filter((name) => !/package.json$|vitest$|Live$/.test(name))
    const names = modules.map((name) => name.replace(/^\./, "gossip-girl"))
    const hidden = ["gossip-girl", "gossip-girl/lib/src/simulator/Trial.js", "gossip-girl/simulator/Trial"]
    const script = `
      const found = {}
      for (const name of ${JSON.stringify(names)}) found[name] = Object.keys(await import(name))
      for (const name of ${JSON.stringify(hidden)}) await import(name).then(() => { found[name] = [] }, () => {})
      console.log(JSON.stringify(found))`
    const output = await Packed.run(project, `node --input-type=module --eval '${script}'`)
    const found: Readonly<Record<string, ReadonlyArray<string>>> = JSON.parse(output)
    assert.deepStrictEqual(Object.keys(found), names)
    for (const [name, exported] of Object.entries(found)) {
      assert.isNotEmpty(exported, name)
      const example = readFileSync(join(project, name.replace("gossip-girl", "reference") + ".ts"), "utf8")
      for (const one of exported) assert.match(example, new RegExp(`\\b${one}\\b`), `an example of ${one} in ${name}`)
    }
  })

  it("compiles the examples, and the examples pass their tests", async () => {
    const { scripts } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"))
    await Packed.run(project, scripts.build)
    const output = await Packed.run(project, `${vitest} --exclude dist`, { SEEDS: "5" })
    assert.match(output, /5 passed/)
  })

  it("runs a node in Python beside nodes in TypeScript", async () => {
    const { scripts } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"))
    const output = await Packed.run(project, scripts.mixed)
    assert.match(output, /^broadcast +3 +partition .* valid$/m)
  })

  it("judges real processes by a workload of one's own", async () => {
    const { scripts } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"))
    const output = await Packed.run(project, scripts.lock)
    assert.match(output, /^lock +3 +partition .* valid$/m)
    const [counted] = /^the checker counted: acquired \d+$/m.exec(output)!
    const again = "gossip-girl analyze store/lock/latest"
    assert.include(await Packed.run(project, `${again} -w dist/lock/LockWorkload.js`), counted)
    assert.include(await Packed.run(project, `${again} 2>&1 || true`), "name its module, -w FILE.")
    const asked = "gossip-girl test --bin dist/lock/node.js -w"
    assert.match(
      await Packed.run(project, `${asked} ./none.js 2>&1 || echo $?`),
      /none.js: there is no such file.*\n2$/m
    )
    const wrong = "dist/lock/LockProtocol.js: it has no default export, which would be the workload."
    assert.include(await Packed.run(project, `${asked} dist/lock/LockProtocol.js 2>&1 || true`), wrong)
  })

  it("counts all that the checker of a workload of one's own finds, which may have settings", async () => {
    const workload = `
      import * as Finding from "gossip-girl/workloads/Finding"
      import * as Verdict from "gossip-girl/workloads/Verdict"
      import * as Workload from "gossip-girl/workloads/Workload"
      import lock from "./dist/lock/LockWorkload.js"
      const found = Finding.of("lock", "something", "strict", [0], () => Finding.example([], {}))
      const check = () => Verdict.make(found, {})
      export default Workload.configurable("lock", {}, () => ({ generator: lock.generator, check }))`
    writeFileSync(join(project, "finds.js"), workload)
    const asked = "gossip-girl test -w ./finds.js --bin dist/lock/node.js --node-count 1 --time-limit 1 --recovery 0"
    const output = await Packed.run(project, `${asked} 2>&1 || echo $?`)
    assert.match(output, /^lock is invalid:\n +something/m)
    assert.match(output, /\n1$/m)
    assert.notInclude(output, "Warning")
    assert.include(await Packed.run(project, `${asked} --rules maelstrom`), "beyond Maelstrom")
  }, 300_000)

  it("says of a program that is wrong what was found, what happened, and how to run just that once more; and what it does not find, and what would find more", async () => {
    const test = readFileSync(join(project, "lock/Lock.test.ts"), "utf8")
    writeFileSync(join(project, "lock/Wrong.test.ts"), test.replace("program: Lock }", "program: WrongLock }"))
    const misspelt = test.replace('kind: "lock: held twice"', 'kind: "lock: kept twice"')
    writeFileSync(
      join(project, "lock/NotFound.test.ts"),
      `${misspelt}\nSimulated.invalid("the lock", { ...underPartitions, program: Lock, timeLimit: 1000, seeds: 2 })\n`
    )
    const some = "-t 'one owner at a time$|the wrong lock has two|the lock$'"
    const failed = await Packed.run(project, `${vitest} lock/Wrong.test.ts lock/NotFound.test.ts ${some} 2>&1 || true`)
    assert.include(failed, 'held twice: first "worker 0", second "worker 1"')
    assert.match(failed, /process 1 asks n1 to acquire "worker 1": ok/)
    assert.match(failed, /found with seed \d+, and made smaller: this run has seed \d+/)
    const [, replay] = /Replay: (.*lock\/Wrong.*)/.exec(failed) ?? []
    assert.include(replay, "npx vitest run lock/Wrong.test.ts -t 'the lock has one owner at a time'")
    assert.include(failed, 'NotFound: "lock: kept twice" is not found, but "lock: held twice":')
    assert.match(failed, /NotFound: nothing is found in 2 runs.\n.*SEEDS=1000/)
    const again = await Packed.run(project, `${replay?.replace("npx ", "")} 2>&1 || true`)
    assert.include(again, 'held twice: first "worker 0", second "worker 1"')
  })

  it("finds its executables, its threads and itself, wherever it is installed", async () => {
    const real = await Packed.run(project, "gossip-girl challenges --only 1 --real")
    assert.match(real, /^1 echo .* valid$/m)
    const many =
      "gossip-girl simulate -w echo --time-limit 1 --seeds 2 --availability 1 --nemesis kill --nemesis-interval 0.1"
    const output = await Packed.run(project, `${many} || true`)
    assert.match(output, /^2 runs/m)
    assert.include(output, "Replay: npx gossip-girl simulate --workload echo")
  })

  /** That it builds, and that its node is valid as a real process, is shown by `.ci/run`, where a stranger does it. */
  it("makes a project whose test passes, and finds what its README says that it finds", async () => {
    await Packed.run(project, "gossip-girl new my-node") // below the project, so it finds what is installed there
    const made = join(project, "my-node")
    assert.isTrue(existsSync(join(made, `gossip-girl-${manifest.version}.tgz`)))
    const { dependencies, name } = JSON.parse(readFileSync(join(made, "package.json"), "utf8"))
    assert.strictEqual(name, "my-node")
    assert.strictEqual(dependencies["gossip-girl"], `file:gossip-girl-${manifest.version}.tgz`)
    const test = readFileSync(join(made, "test/Counter.test.ts"), "utf8")
    writeFileSync(join(made, "test/Killed.test.ts"), test.replace('["partition"]', '["partition", "kill"]'))
    const tested = await Packed.run(project, `cd my-node && ${vitest} --dir test 2>&1 || true`, { SEEDS: "5" })
    assert.match(tested, /1 failed \| 1 passed/)
    assert.match(tested, /is invalid/)
    const again = "gossip-girl new my-node 2>&1 || true"
    assert.include(await Packed.run(project, again), "my-node is there already, and not empty.")
  })
})
