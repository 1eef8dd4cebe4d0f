/**
 * Clusters: how much the simulated world gets done, and how near it is to real processes.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import { join } from "node:path"
import { registry } from "../../src/registry/Registry.ts"
import { Echo } from "../../src/schema/EchoProtocol.ts"
import * as Rpc from "../../src/schema/Rpc.ts"
import { Node } from "../../src/services/node/Node.ts"
import { Peers } from "../../src/services/node/Peers.ts"
import * as Limits from "../../src/simulator/Limits.ts"
import * as RealCluster from "../../src/simulator/processes/RealCluster.ts"
import type * as Results from "../../src/simulator/Results.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import { EchoWorkload } from "../../src/workloads/echo/EchoWorkload.ts"
import * as References from "./References.ts"
import { type Row, row, sideBySide } from "./Rows.ts"

const Ping = Rpc.make("ping", { request: { n: Schema.Int }, reply: { n: Schema.Int } })

const loops = 10
const traffic = { duration: 20_000, mean: 10, loss: 0.05, timeout: 200 }

/** Ten loops a node, each asking one peer after the other without end. */
const Pinger = Effect.gen(function*() {
  const peers = yield* Peers
  const loop = Random.nextIntBetween(0, peers.ids.length - 1).pipe(
    Effect.flatMap((n) => peers.ask(peers.ids[n]!, Ping, { n }, { timeout: Duration.millis(traffic.timeout) })),
    Effect.ignore,
    Effect.forever({ disableYield: true })
  )
  for (let i = 0; i < loops; i++) yield* Effect.forkScoped(loop)
  yield* Node.serve([Ping, Echo] as const, {
    ping: ({ n }) => Effect.succeed({ n }),
    echo: ({ echo }) => Effect.succeed({ echo })
  })
}).pipe(Effect.scoped)

export const simulated = async (): Promise<ReadonlyArray<Row>> => {
  const perSecond = (work: () => number): Promise<number> => {
    const before = performance.now()
    return Promise.resolve(work() / (performance.now() - before) * 1000)
  }
  const ours = (): number => {
    const simulation = Simulation.run({
      ...Simulation.defaults,
      workload: EchoWorkload,
      program: Pinger,
      nodeCount: 25,
      timeLimit: traffic.duration,
      latency: { mean: traffic.mean, dist: "exponential" },
      loss: traffic.loss
    })
    const { findings, network } = simulation.results()
    if (findings.length > 0) throw new Error(findings.join("; "))
    return network.servers.sent
  }
  const [comparison] = await sideBySide(5, () => perSecond(ours), [
    () => perSecond(() => References.world(25, loops, traffic))
  ])
  return [{
    ...row("simulated world, 25 nodes, 5 % loss", comparison!, "messages/s"),
    goal: "≥ 100,000/s",
    reached: comparison!.ours >= 100_000
  }]
}

/** Challenge 3d by real processes in real time, beside the same in the simulated world. */
export const clusters = async (): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  const options = {
    ...Simulation.defaults,
    workload: registry.broadcast.workload,
    nodeCount: 25,
    concurrency: 25,
    rate: 100,
    timeLimit: 20_000,
    latency: { mean: 100, dist: "constant" }
  } as const
  const text = (results: Results.Results): string => {
    const { max, median } = Limits.latency(results)
    return `${results.messagesPerOperation.servers.toFixed(2)} msgs/op @ ${median}/${max} ms`
  }
  for (const dissemination of ["star", "locked", "thrifty", "mesh", "pull", "acknowledged", "bounded"] as const) {
    const command = {
      file: join(import.meta.dirname, "broadcast.js"),
      args: [],
      env: { GOSSIP_DISSEMINATION: dissemination }
    }
    const { results: real } = await Effect.runPromise(RealCluster.run({ ...options, command }))
    if (!real.valid) throw new Error(real.findings.join("; "))
    const { program } = registry.broadcast.programs[dissemination]
    const simulated = Simulation.run({ ...options, program }).results()
    const ratio = real.messagesPerOperation.servers / simulated.messagesPerOperation.servers
    rows.push({
      name: `broadcast, 25 processes, ${dissemination}`,
      ours: text(real),
      reference: `${text(simulated)}, simulated`,
      ratio,
      goal: "0.9 to 1.1 ×",
      reached: ratio >= 0.9 && ratio <= 1.1
    })
  }
  return rows
}
