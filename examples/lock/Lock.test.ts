import * as Simulated from "gossip-girl/vitest"
import { Lock } from "./Lock.ts"
import { LockWorkload } from "./LockWorkload.ts"
import { WrongLock } from "./WrongLock.ts"

const underPartitions = {
  workload: LockWorkload,
  nodeCount: 3,
  rate: 30,
  timeLimit: 10_000,
  recovery: 0,
  latency: { mean: 10, dist: "exponential" },
  nemesis: ["partition"],
  nemesisInterval: 2000,
  availability: 0.1, // a lock that nobody gets has no two owners either
  seeds: 20
} as const

Simulated.valid("the lock has one owner at a time", { ...underPartitions, program: Lock })

Simulated.valid("the lock has one owner at a time, even if nodes are killed and paused", {
  ...underPartitions,
  program: Lock,
  nemesis: ["partition", "kill", "pause"]
})

Simulated.valid("the wrong lock has one owner at a time while the network is whole", {
  ...underPartitions,
  program: WrongLock,
  nemesis: []
})

Simulated.invalid("the wrong lock has two owners while a partition lasts", {
  ...underPartitions,
  program: WrongLock,
  kind: "lock: held twice"
})
