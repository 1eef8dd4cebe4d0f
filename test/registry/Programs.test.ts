import { assert, describe, it } from "@effect/vitest"
import * as Programs from "../../src/registry/Programs.ts"
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

describe("Programs", () => {
  it("only what a service keeps must outlive the node that has acknowledged it", () => {
    for (const workload of ["g-counter", "kafka"] as const) {
      for (const name of Programs.programNames(workload)) {
        const isLasting = name === "seq-kv" || name === "lin-kv"
        const { findings } = Programs.find(workload, name)!.workload.check(forgotten[workload])
        assert.strictEqual(findings.length > 0, isLasting, `${workload} ${name}: ${findings.join("; ")}`)
      }
    }
  })

  it("that can be asked of any other", () => {
    for (const workload of ["broadcast", "g-set", "g-counter", "kafka"] as const) {
      const options = {
        ...Simulation.defaults,
        ...Programs.find(workload, "thrifty")!,
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
