/**
 * What one log for all costs, beside Raft as one writes it first: the same clients ask both, in virtual time.
 */
import { registry } from "../../src/registry/Registry.ts"
import type * as SimulatedNode from "../../src/simulator/nodes/SimulatedNode.ts"
import type * as Results from "../../src/simulator/Results.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import { PlainRaft } from "./PlainRaft.ts"
import type { Row } from "./Rows.ts"

export interface Size {
  readonly nodeCount: number
  /** Operations a second. */
  readonly rate: number
  /** In ms. */
  readonly timeLimit: number
}

const resultsOf = (program: SimulatedNode.Program, { nodeCount, rate, timeLimit }: Size): Results.Results => {
  const results = Simulation.run({
    ...Simulation.defaults,
    workload: registry["lin-kv"].workload,
    program,
    nodeCount,
    concurrency: 4 * nodeCount,
    rate,
    timeLimit
  }).results()
  if (!results.valid) throw new Error(JSON.stringify(results.findings))
  return results
}

const text = ({ latencies: { max, median }, messagesPerOperation: { servers } }: Results.Results): string =>
  `${servers.toFixed(2)} msgs/op @ ${Math.round(median)}/${Math.round(max)} ms`

/** Messages between servers for each operation. */
export const comparison = (size: Size): Row => {
  const ours = resultsOf(registry["lin-kv"].programs.raft.program, size)
  const plain = resultsOf(PlainRaft, size)
  const ratio = ours.messagesPerOperation.servers / plain.messagesPerOperation.servers
  return {
    name: `lin-kv, ${size.nodeCount} nodes, ${size.rate} operations/s`,
    ours: text(ours),
    reference: `${text(plain)}, an AppendEntries an operation and follower`,
    ratio,
    goal: "≤ 0.5 ×",
    reached: ratio <= 0.5
  }
}

export const raft = (): Promise<ReadonlyArray<Row>> =>
  Promise.resolve(
    [3, 5].flatMap((nodeCount) => [100, 1000].map((rate) => comparison({ nodeCount, rate, timeLimit: 20_000 })))
  )
