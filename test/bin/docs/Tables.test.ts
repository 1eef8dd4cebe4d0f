import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Documents from "../../../bin/docs/Documents.ts"
import { generatorsIn } from "../../../bin/docs/Generators.ts"
import { table } from "../../../bin/docs/Tables.ts"
import * as Registry from "../../../src/registry/Registry.ts"
import { variables } from "../../../src/registry/Variables.ts"
import { root } from "../GossipGirl.ts"

/** A document but for what commands print, which takes a dozen runs: `node dist/docs.js --check` compares that, too. */
const withoutOutput = (text: string): string =>
  text.replaceAll(/(<!-- generated: command .*-->\n)[^]*?(?=<!-- end -->)/g, "$1\n\n\n")

describe("what is generated", () => {
  it("of the documents are current: else npm run docs", async () => {
    const generators = { ...generatorsIn(root), command: () => "" }
    for (const { current, name, text } of await Documents.generate(root, generators)) {
      assert.strictEqual(withoutOutput(text), current, name)
    }
  })

  it("are as the formatter leaves them", () => {
    assert.strictEqual(
      table(["a", "long"], [["1", "2"], ["three", ""]]),
      [
        "| a     | long |",
        "| ----- | ---- |",
        "| 1     | 2    |",
        "| three |      |"
      ].join("\n")
    )
  })

  it("name every environment variable that an executable of nodes reads", () => {
    const read = new Set<string>()
    for (const workload of Registry.workloadNames) {
      for (const program of Registry.programNames(workload)) {
        const { name } = Registry.executable(workload, program)
        const bundle = readFileSync(join(root, "dist", `${name}.js`), "utf8")
        const sources = bundle.split(/^(?=\/\/ \S+\.[jt]s$)/m).filter((source) => /^\/\/ (src|bin)\//.test(source))
        for (const [, variable] of sources.join("").matchAll(/"([A-Z]+(?:_[A-Z]+)+)"/g)) read.add(variable!)
      }
    }
    assert.deepStrictEqual(variables.map(({ name }) => name), [...read].toSorted())
  })
})
