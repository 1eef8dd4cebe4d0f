/**
 * How fast it is, side by side with plain Node in the same run: `npm run bench`. Claims are ratios from one such run;
 * absolute figures are the machine's.
 */
import "effect/schema/SchemaJITCompiler/enable"
import { clusters, simulated } from "./benchmark/Clusters.ts"
import { log, longLog, startUp, startUpTogether, throughput } from "./benchmark/Nodes.ts"
import { print, type Row } from "./benchmark/Rows.ts"

const main = async (): Promise<void> => {
  const rows: Array<Row> = []
  for (const measure of [startUp, startUpTogether, throughput, log, longLog, simulated, clusters]) {
    console.error(`measuring ${measure.name} …`)
    rows.push(...await measure())
  }
  if (process.argv.includes("--json")) console.log(JSON.stringify(rows, null, 2))
  else print(rows)
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 3
})
