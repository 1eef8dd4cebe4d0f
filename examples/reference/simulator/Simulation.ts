import * as Effect from "effect/Effect"
import { Broadcast } from "gossip-girl/programs/Broadcast"
import { Gossip } from "gossip-girl/services/Gossip"
import * as Simulation from "gossip-girl/simulator/Simulation"
import { BroadcastWorkload } from "gossip-girl/workloads/BroadcastWorkload"

const options: Simulation.Options = {
  ...Simulation.defaults,
  workload: BroadcastWorkload,
  program: Effect.provide(Broadcast, Gossip.layerStar),
  nodeCount: 5,
  concurrency: 5,
  timeLimit: 10_000, // ms
  nemesis: ["partition"],
  seed: 1
}
const { history, results } = Simulation.run(options)
console.log(results().validity, history.length)

// The same, a thousand events at a time.
const simulation: Simulation.Simulation = Simulation.make(options)
while (!simulation.work(1000)) console.log(`${Math.floor(simulation.progress() * 100)} %`)
