import * as Simulated from "gossip-girl/vitest"
import { GCounterWorkload } from "gossip-girl/workloads/CounterWorkload"
import { Counter } from "../src/Counter.ts"

Simulated.valid("every node comes to the sum of all adds, whatever is cut", {
  program: Counter,
  workload: GCounterWorkload,
  nodeCount: 3,
  rate: 20,
  timeLimit: 10_000,
  recovery: 5000,
  latency: { mean: 20, dist: "exponential" },
  nemesis: ["partition"],
  nemesisInterval: 2000,
  seeds: 20
})
