import * as Effect from "effect/Effect"
import * as Counterexample from "gossip-girl/Counterexample"
import { Echo } from "gossip-girl/programs/Echo"
import * as Simulation from "gossip-girl/simulator/Simulation"
import { EchoWorkload } from "gossip-girl/workloads/EchoWorkload"

const options: Counterexample.Options = {
  program: Echo,
  workload: EchoWorkload,
  nodeCount: 1,
  concurrency: 1,
  seeds: 10
}
const words: Counterexample.Words = { title: "echo", replay: (flags) => `npx gossip-girl simulate -w echo ${flags}` }

// The first of ten runs that is invalid, made as small as possible; undefined if all are valid.
const found = await Effect.runPromise(Counterexample.find(options, words))
console.log(found?.text)

// A run as flags, and back again.
const flags = Counterexample.toFlags({ ...Simulation.defaults, ...options, seed: 7, concurrency: 1 })
console.log(Counterexample.fromFlags(flags, options).seed)
