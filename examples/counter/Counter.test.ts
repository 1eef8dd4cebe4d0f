import * as Simulated from "gossip-girl/vitest"
import { GCounterWorkload } from "gossip-girl/workloads/CounterWorkload"
import { Counter } from "./Counter.ts"

Simulated.valid("the counter counts everything once, with 200 seeds", {
  program: Counter,
  workload: GCounterWorkload.set({ durable: true }), // a kill excuses nothing
  nodeCount: 3,
  rate: 20,
  timeLimit: 2000,
  recovery: 1500,
  latency: { mean: 20, dist: "exponential" },
  nemesis: ["partition", "kill"],
  nemesisInterval: 500,
  seeds: 200
})
