import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type * as Entry from "../../src/registry/Entry.ts"
import * as Registry from "../../src/registry/Registry.ts"
import { NodeId } from "../../src/schema/Address.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import type { Event, History } from "../../src/workloads/history/History.ts"

const [n0, n1] = [NodeId.make("n0"), NodeId.make("n1")]

type Step = Pick<Event, "process" | "type" | "f" | "value"> & Pick<Partial<Event>, "node">

const history = (...steps: ReadonlyArray<Step>): History =>
  steps.map((step, index) => ({ index, time: index, ...step }))
const kill: Step = { process: "nemesis", type: "info", f: "start-kill", value: [n0] }
const operation = (
  process: number,
  node: NodeId,
  f: string,
  value: Event["value"],
  result = value
): ReadonlyArray<Step> => [
  { process, type: "invoke", f, value, node },
  { process, type: "ok", f, value: result }
]

/** What n0 alone had acknowledged is gone together with it. */
const forgotten = {
  "g-counter": history(
    ...operation(0, n0, "add", 3),
    kill,
    ...operation(0, n0, "read", null, 0),
    ...operation(1, n1, "read", null, 0)
  ),
  kafka: history(
    ...operation(0, n0, "send", { key: "k", msg: 1 }, { key: "k", msg: 1, offset: 0 }),
    kill,
    ...operation(1, n1, "send", { key: "k", msg: 2 }, { key: "k", msg: 2, offset: 1 }),
    ...operation(0, n0, "final-poll", { k: 0 }, { k: [[1, 2]] }),
    ...operation(1, n1, "final-poll", { k: 0 }, { k: [[1, 2]] })
  )
}

const root = join(import.meta.dirname, "../..")
const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

describe("Registry", () => {
  const all = Registry.workloadNames.flatMap((workload) =>
    Registry.programNames(workload).map((program) => [workload, program] as const)
  )

  it("knows each workload by its own name", () => {
    for (const name of Registry.workloadNames) assert.strictEqual(Registry.registry[name].workload.name, name)
  })

  it("every file of entries is in it, and each function that one exports gives the programs of an executable", async () => {
    const exported: Record<string, unknown> = {}
    const folder = join(root, "src/registry/entries")
    for (const file of readdirSync(folder)) {
      const { entry, ...executables }: Record<string, () => unknown> = await import(join(folder, file))
      const { workload } = entry!() as Entry.Entry // that is what it is
      assert.property(Registry.registry, workload.name, file)
      for (const [name, programs] of Object.entries(executables)) {
        exported[kebab(name)] = Object.keys(programs() as Entry.Programs).toSorted() // that is what they give
      }
    }
    const expected: Record<string, ReadonlyArray<string>> = {}
    for (const [workload, program] of all) {
      const { env, name } = Registry.executable(workload, program)
      const [chosen = program] = Object.values(env)
      assert.strictEqual(chosen, program, name)
      expected[name] = [...expected[name] ?? [], program].toSorted()
    }
    assert.deepStrictEqual(exported, expected)
  })

  it("names the executable of a program, and the environment variable that chooses it", () => {
    assert.deepStrictEqual(Registry.executable("broadcast", "star"), { name: "broadcast", env: {} })
    assert.deepStrictEqual(Registry.executable("broadcast", "mesh"), {
      name: "broadcast",
      env: { GOSSIP_DISSEMINATION: "mesh" }
    })
    assert.deepStrictEqual(Registry.executable("g-counter", "star"), {
      name: "g-counter",
      env: { GOSSIP_DISSEMINATION: "star" }
    })
    assert.deepStrictEqual(Registry.executable("kafka", "lin-kv"), { name: "kafka-lin-kv", env: {} })
  })

  it("executables of nodes have nothing of simulator, workloads and command line in them", () => {
    const names = new Set(all.map(([workload, program]) => Registry.executable(workload, program).name))
    for (const name of names) {
      const bundle = readFileSync(join(root, "dist", `${name}.js`), "utf8")
      const sources = [...bundle.matchAll(/^\/\/ ((?:src|bin)\/.*)$/gm)].map(([, path]) => path!)
      assert.include(sources, "src/services/node/Node.ts", name)
      for (const path of sources) assert.match(path, /^(src\/(schema|services|programs|registry)|bin\/live)\//, name)
      assert.lengthOf(sources.filter((path) => path.startsWith("src/registry/entries/")), 1, name)
    }
  })

  it("only what a service or a disk keeps must outlive the node that has acknowledged it", () => {
    for (const workload of ["g-counter", "kafka"] as const) {
      for (const name of Registry.programNames(workload)) {
        const isLasting = ["seq-kv", "lin-kv", "raft"].includes(name)
        const { findings } = Registry.find(workload, name)!.workload.check(forgotten[workload])
        assert.strictEqual(findings.length > 0, isLasting, `${workload} ${name}: ${findings.join("; ")}`)
      }
    }
  })

  it("that can be asked of any other", () => {
    for (const workload of ["broadcast", "g-set", "g-counter", "kafka"] as const) {
      const options = {
        ...Simulation.defaults,
        ...Registry.find(workload, "thrifty")!,
        rate: 50,
        timeLimit: 4000,
        recovery: 1000,
        nemesis: ["kill"],
        nemesisInterval: 300
      } as const
      const { history, results } = Simulation.run({ ...options, settings: { durable: true } })
      assert.deepStrictEqual(options.workload.check(history).findings, [], workload)
      assert.isFalse(results().workload.valid, workload)
    }
  })
})
