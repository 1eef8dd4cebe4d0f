import { assert, describe, it } from "@effect/vitest"
import { Programs } from "../src/bench/Programs.ts"
import * as Simulation from "../src/bench/Simulation.ts"
import * as Wrong from "./wrong/TxnNodes.ts"

const maxSeeds = 20

const right = {
  "txn-rw-register": Programs["txn-rw-register"].programs.star,
  "txn-list-append": Programs["txn-list-append"].programs["lin-kv"]
}

describe("nodes of transactions that are wrong on purpose", { timeout: 60_000 }, () => {
  for (const { anomaly, name, options } of Wrong.nodes) {
    it(`${name}: ${anomaly}`, () => {
      const others = new Set<string>()
      for (let seed = 0; seed < maxSeeds; seed++) {
        const { history, results } = Simulation.run({ ...options, seed })
        const { evidence = [], findings } = results().workload
        const at = findings.findIndex((text) => text.startsWith(`${anomaly}: `))
        for (const text of findings) others.add(text.split(":")[0]!)
        if (at < 0) continue

        const events = evidence.flatMap(({ events, finding }) => finding === at ? events : [])
        assert.isNotEmpty(events, findings[at])
        for (const index of events) assert.match(history[index]!.f, /^(txn|final read)$/)

        const program = right[options.workload.name as keyof typeof right] // there are no others
        const { findings: alarms } = Simulation.run({ ...options, program, seed }).results()
        assert.isEmpty(alarms, `the program in use, seed ${seed}`)
        return
      }
      assert.fail(`it was not found in ${maxSeeds} runs, but ${[...others].join(", ")}`)
    })
  }
})
