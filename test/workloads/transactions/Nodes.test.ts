import { assert, describe, it } from "@effect/vitest"
import { registry } from "../../../src/registry/Registry.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import * as Told from "../../Told.ts"
import * as Wrong from "../../wrong/TxnNodes.ts"

const maxSeeds = 20

const right = {
  "txn-rw-register": registry["txn-rw-register"].programs.star.program,
  "txn-list-append": registry["txn-list-append"].programs["lin-kv"].program
}

const done = new Set<string>()

/** In the very same run the program in use is right. */
const assertRight = (options: Simulation.Options): void => {
  const program = right[options.workload.name as keyof typeof right] // there are no others
  const key = JSON.stringify({ ...options, program: undefined, workload: options.workload.name })
  if (done.has(key)) return
  done.add(key)
  assert.isEmpty(Simulation.run({ ...options, program }).results().findings, `the program in use, seed ${options.seed}`)
}

describe("nodes of transactions that are wrong on purpose", () => {
  for (const { anomaly, name, options } of Wrong.nodes) {
    it(`${name}: ${anomaly}`, () => {
      const others = new Set<string>()
      for (let seed = options.seed; seed < options.seed + maxSeeds; seed++) {
        const { history, results } = Simulation.run({ ...options, seed })
        const { evidence = [], findings } = Told.results(results()).workload
        const at = findings.findIndex((text) => text.startsWith(`${anomaly}: `))
        for (const text of findings) others.add(text.split(":")[0]!)
        if (at < 0) continue

        const events = evidence.flatMap(({ events, finding }) => finding === at ? events : [])
        assert.isNotEmpty(events, findings[at])
        for (const index of events) assert.match(history[index]!.f, /^(txn|final read)$/)

        assertRight({ ...options, seed })
        return
      }
      assert.fail(`it was not found in ${maxSeeds} runs, but ${[...others].join(", ")}`)
    })
  }
})
