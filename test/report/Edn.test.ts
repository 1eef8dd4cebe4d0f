import { assert, describe, it } from "@effect/vitest"
import { registry } from "../../src/registry/Registry.ts"
import * as Edn from "../../src/report/Edn.ts"
import * as Ending from "../../src/report/Ending.ts"
import * as Runs from "./Runs.ts"

describe("Edn", () => {
  const run = Runs.run({
    workload: registry.broadcast.workload,
    program: registry.broadcast.programs.star.program,
    nodeCount: 3,
    rate: 50,
    timeLimit: 2000
  })

  it("has the keys that scripts read", () => {
    const { figures } = run.results.workload
    const latencies = figures["stableLatencies"] as { readonly [quantile: string]: number }
    const edn = Edn.results(run)
    const quantiles = ["0", "0.5", "0.95", "0.99", "1"].map((quantile) => `${quantile} ${latencies[quantile]}`)
    for (
      const text of [
        `:stable-latencies {${quantiles.join(", ")}}`,
        `:availability {:valid? true, :ok-fraction 1.0}`,
        `:msgs-per-op ${run.results.messagesPerOperation.servers}}`,
        `:by-f {:broadcast {:valid? true`,
        "\n :valid? true}\n"
      ]
    ) assert.include(edn, text)
    assert.match(edn, /:net \{:all \{[^}]*\},\n {7}:clients \{[^}]*\},\n {7}:servers \{:send-count \d+,/)
  })

  it("is balanced, and unknown is no boolean", () => {
    const edn = Edn.results({ ...run, results: { ...run.results, validity: "unknown" } })
    assert.include(edn, "\n :valid? :unknown}\n")
    assert.strictEqual(edn.split("{").length, edn.split("}").length)
  })

  it("the last line on a console is Jepsen's", () => {
    const line = (validity: typeof run.results.validity): string =>
      Ending.line({ ...run, results: { ...run.results, validity } })
    assert.strictEqual(line("valid"), "Everything looks good! ヽ(‘ー`)ノ")
    assert.strictEqual(line("invalid"), "Analysis invalid! (ﾉಥ益ಥ）ﾉ ┻━┻")
    assert.include(line("unknown"), "no anomalies found")
  })
})
