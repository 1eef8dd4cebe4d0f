import * as Effect from "effect/Effect"
import { Broadcast } from "gossip-girl/programs/Broadcast"
import { Echo } from "gossip-girl/programs/Echo"
import { Gossip } from "gossip-girl/services/Gossip"
import * as Simulated from "gossip-girl/vitest"
import { BroadcastWorkload } from "gossip-girl/workloads/BroadcastWorkload"
import { EchoWorkload } from "gossip-girl/workloads/EchoWorkload"

const program = Effect.provide(Broadcast, Gossip.layerStar)
const options: Simulated.Options = {
  program,
  workload: BroadcastWorkload,
  nodeCount: 5,
  nemesis: ["partition"],
  seeds: 100
}

Simulated.valid("no value is lost", options)
Simulated.invalid("who only echoes is found out", {
  ...options,
  workload: EchoWorkload,
  program: Echo,
  availability: 1
})
