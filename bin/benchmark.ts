/**
 * How fast it is, side by side with plain Node in the same run: `npm run bench`. Claims are ratios from one such run;
 * absolute figures are the machine's.
 * `npm run bench -- checkers` measures that alone.
 */
import "effect/schema/SchemaJITCompiler/enable"
import { checkers } from "./benchmark/Checkers.ts"
import { clusters, simulated } from "./benchmark/Clusters.ts"
import { log, longLog, startUp, startUpTogether, throughput } from "./benchmark/Nodes.ts"
import { print, type Row } from "./benchmark/Rows.ts"

const main = async (): Promise<void> => {
  const rows: Array<Row> = []
  const measures = [startUp, startUpTogether, throughput, log, longLog, simulated, clusters, checkers]
  const names = process.argv.slice(2).filter((argument) => !argument.startsWith("--"))
  for (const measure of measures) {
    if (names.length > 0 && !names.includes(measure.name)) continue
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
