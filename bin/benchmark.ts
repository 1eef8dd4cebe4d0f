/**
 * How fast it is, side by side with plain Node in the same run: `npm run bench`. Claims are ratios from one such run;
 * absolute figures are the machine's.
 * `npm run bench -- checkers` measures that alone. What takes many minutes is only measured when it is named: `backlog`,
 * `restart` and `memory`, which are three real nodes under load.
 */
import "effect/schema/SchemaJITCompiler/enable"
import { parseArgs } from "node:util"
import { backlog, type Line, restart, type Settings } from "./benchmark/Backlog.ts"
import { checkers } from "./benchmark/Checkers.ts"
import { clusters, simulated } from "./benchmark/Clusters.ts"
import { raft } from "./benchmark/Logs.ts"
import { memory } from "./benchmark/Memory.ts"
import { nats } from "./benchmark/Nats.ts"
import { kafkaOnDisk, log, longLog, startUp, startUpTogether, throughput } from "./benchmark/Nodes.ts"
import { print, printTable, type Row } from "./benchmark/Rows.ts"

const ratios = {
  startUp,
  startUpTogether,
  throughput,
  log,
  kafkaOnDisk,
  longLog,
  simulated,
  raft,
  clusters,
  checkers,
  nats
}
const loads = { backlog, restart, memory }

const options = {
  json: { type: "boolean", default: false },
  operations: { type: "string", default: "1000000" },
  cut: { type: "string", default: "60" },
  repetitions: { type: "string", default: "3" },
  programs: { type: "string" },
  profile: { type: "string" }
} as const

const table = (lines: ReadonlyArray<Line>): void => {
  const digits = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
  printTable([
    ["", "", "best", "median", "goal", ""],
    ...lines.map(({ best, goal, median, name, what }) => [
      name,
      what,
      digits(best),
      digits(median),
      goal === undefined ? "" : `≤ ${goal}`,
      goal === undefined ? "" : best <= goal ? "reached" : "not reached"
    ])
  ])
}

/** Says that a measurement fails: the others go on. */
const failed = (name: string) => (error: unknown): ReadonlyArray<never> => {
  console.error(`${name} fails:`, error)
  process.exitCode = 3
  return []
}

const main = async (): Promise<void> => {
  const { positionals: names, values } = parseArgs({ allowPositionals: true, options })
  const rows: Array<Row> = []
  for (const [name, measure] of Object.entries(ratios)) {
    if (names.length > 0 && !names.includes(name)) continue
    console.error(`measuring ${name} …`)
    rows.push(...await measure().catch(failed(name)))
  }
  const settings: Settings = {
    operations: Number(values.operations),
    cut: Number(values.cut),
    repetitions: Number(values.repetitions),
    programs: values.programs?.split(","),
    profile: values.profile
  }
  const lines: Array<Line> = []
  for (const [name, measure] of Object.entries(loads)) {
    if (!names.includes(name)) continue
    console.error(`measuring ${name} …`)
    lines.push(...await measure(settings).catch(failed(name)))
  }
  if (values.json) console.log(JSON.stringify([...rows, ...lines], null, 2))
  else {
    if (rows.length > 0) print(rows)
    if (lines.length > 0) table(lines)
  }
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 3
})
