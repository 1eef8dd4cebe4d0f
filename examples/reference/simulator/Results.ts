import { Echo } from "gossip-girl/programs/Echo"
import * as Results from "gossip-girl/simulator/Results"
import * as Simulation from "gossip-girl/simulator/Simulation"
import { EchoWorkload } from "gossip-girl/workloads/EchoWorkload"

const { history, options, results } = Simulation.run({
  ...Simulation.defaults,
  workload: EchoWorkload,
  program: Echo,
  nodeCount: 1,
  concurrency: 1
})
const first: Results.Results = results()
const { count, ok }: Results.Counts = first.operations
const { max }: Results.Latencies = first.latencies
console.log(`${ok} of ${count} ok within ${max} ms: ${first.validity}`)

// The same history judged once more, if all operations had to be ok.
const judged = { history, network: first.network, rules: options.rules, findings: [], kinds: new Set(["echo"]) }
const again = Results.of({ ...judged, availability: 1 }, EchoWorkload, false)
const same = Results.make({ ...judged, availability: 1, verdict: EchoWorkload.check(history) })
console.log(again.valid === same.valid, Results.validityOf("unknown").valid) // true, false
