import { assert, it } from "@effect/vitest"
import type { Program } from "../../src/simulator/nodes/SimulatedNode.ts"
import type * as Simulation from "../../src/simulator/Simulation.ts"
import type * as Told from "../Told.ts"

/** What a node does wrong, and what is found, whatever else is found as well. */
export type Row = readonly [does: string, Program, finding: RegExp, options?: Partial<Simulation.Options>]

/** A test for each row, in which the finding is made with all of these seeds. */
export const eachIsFound = (
  rows: ReadonlyArray<Row>,
  seeds: ReadonlyArray<number>,
  run: (program: Program, options: Partial<Simulation.Options>) => Told.Results
): void => {
  for (const [does, program, finding, options] of rows) {
    const where = options === undefined ? "" : ` with ${Object.keys(options)[0]}`
    it(`finds a node that ${does}${where}: ${finding.source.split(":")[0]!.slice(1)}`, () => {
      for (const seed of seeds) {
        const { findings, valid } = run(program, { ...options, seed })
        assert.isFalse(valid, `seed ${seed}`)
        assert.isTrue(findings.some((text) => finding.test(text)), `seed ${seed}: ${findings.join("\n")}`)
      }
    })
  }
}
