import { assert, describe, it } from "@effect/vitest"
import { registry } from "../../src/registry/Registry.ts"
import * as Options from "../../src/simulator/Options.ts"
import * as Shrink from "../../src/simulator/Shrink.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as Setting from "../../src/workloads/Setting.ts"
import * as Workload from "../../src/workloads/Workload.ts"

const toTexts = (options: Options.Options): Options.Texts =>
  Object.fromEntries(
    Options.toTexts(Options.Simulated, options, options.nodeCount).map(([{ flag }, text]) => [flag, text])
  )

/** A workload as a stranger writes it, with a setting of its own. */
const Stranger = Workload.configurable("stranger", {
  depth: Setting.whole(0, 100, { help: "How deep", usual: 7, simpler: Setting.towards(0) })
}, ({ depth }) => ({
  ...registry.echo.workload,
  check: (history) =>
    registry.echo.workload.check(depth < 4 ? [] : history.map((event) => ({ ...event, value: event.index })))
}))

describe("Options", () => {
  it("nothing said is as usual, but that there is a client for each node", () => {
    assert.deepStrictEqual(Options.fromTexts(Options.Trial, {}), Setting.usualOf(Options.Trial))
    assert.strictEqual(Options.fromTexts(Options.Trial, { "node-count": "7" }).concurrency, 7)
  })

  it("texts become options, and these the same texts", () => {
    const texts = {
      "node-count": "3",
      "time-limit": "1.1",
      nemesis: "kill,clock",
      latency: "20",
      "latency-dist": "uniform",
      bandwidth: "1000",
      concurrency: "2n",
      rate: "0.5",
      "only-faults": "none",
      "message-cost": "50",
      "byte-cost": "0.5",
      scheduling: "random"
    }
    const options = Options.fromTexts(Options.Simulated, texts)
    assert.containSubset(options, {
      nodeCount: 3,
      timeLimit: 1100,
      nemesis: ["kill", "clock"],
      latency: { mean: 20, dist: "uniform" },
      concurrency: 6,
      rate: 0.5,
      onlyFaults: [],
      bandwidth: 1000,
      cost: { messageMicros: 50, byteNanos: 0.5 }
    })
    assert.deepStrictEqual(toTexts(options), texts)
    assert.deepStrictEqual(toTexts(Simulation.defaults), {})
    assert.deepStrictEqual(toTexts({ ...Simulation.defaults, rules: "maelstrom" }), { rules: "maelstrom" })
  })

  it("with fewer nodes there are as many clients for each as before, where that is a whole number", () => {
    const [nodeCount] = Setting.fieldsOf(Options.Simulated)
    const clients = (concurrency: number): number =>
      Options.change(Options.Simulated, { ...Simulation.defaults, concurrency }, nodeCount!, 2).concurrency
    assert.deepStrictEqual([clients(5), clients(10), clients(7)], [2, 4, 7])
  })
})

describe("a stranger's workload", () => {
  it("has its settings read and written like any other", () => {
    const { settings } = Stranger
    assert.deepStrictEqual(Options.settingsFromTexts(settings, { depth: "5" }, 1), { depth: 5 })
    assert.deepStrictEqual(Options.settingsFromTexts(settings, {}, 1), {})
    assert.deepStrictEqual(Options.toTexts(settings, { depth: 5 }, 1).map(([{ flag }, text]) => [flag, text]), [
      ["depth", "5"]
    ])
    assert.deepStrictEqual(Options.toTexts(settings, { depth: 7 }, 1), [])
  })

  it("refuses a setting that it does not have, and a value that the setting cannot have", () => {
    const under = (settings: Workload.SettingValues) => () => Workload.withSettings(Stranger, settings)
    assert.throws(under({ width: 3 }), "stranger has no setting width")
    assert.throws(under({ depth: "x" }), 'the setting depth of stranger cannot be "x"')
    assert.throws(() => Workload.withSettings(registry.echo.workload, { depth: 3 }), "echo has no settings")
    assert.strictEqual(Workload.withSettings(registry.echo.workload, {}), registry.echo.workload)
  })

  it("is shrunk in its settings too", () => {
    const options: Simulation.Options = {
      ...Simulation.defaults,
      workload: Stranger,
      program: registry.echo.programs.echo.program,
      nodeCount: 1,
      concurrency: 1,
      timeLimit: 1000
    }
    const steps = Shrink.shrink(options)
    for (let step = steps.next();; step = steps.next()) {
      if (step.done !== true) continue
      assert.deepStrictEqual(step.value?.options.settings, { depth: 4 })
      return
    }
  })
})
