/**
 * Broadcast as challenge 3d asks for it, by real processes in real time: the bench's own network, clients and checker,
 * on the time of day. What its table says is what the simulated world says too, or something is wrong with either.
 */
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import * as Client from "../../src/bench/Client.ts"
import * as History from "../../src/bench/History.ts"
import * as Latency from "../../src/bench/Latency.ts"
import * as Load from "../../src/bench/Load.ts"
import * as Network from "../../src/bench/Network.ts"
import { Programs } from "../../src/bench/Programs.ts"
import * as Results from "../../src/bench/Results.ts"
import * as SeededRandom from "../../src/bench/SeededRandom.ts"
import type { Timeline } from "../../src/bench/Timeline.ts"
import * as Workload from "../../src/bench/Workload.ts"
import { Address, ClientId, NodeId } from "../../src/schema/Address.ts"
import { Init } from "../../src/schema/InitProtocol.ts"

/** Node's timers may fire early by a fraction of a millisecond; these do not. */
const realTime = (): Timeline => {
  const begin = performance.now()
  const now = (): number => performance.now() - begin
  return {
    now,
    after: (delay, event) => {
      const at = now() + delay
      const fire = (): void => {
        if (now() >= at) event()
        else timer = setTimeout(fire, at - now())
      }
      let timer = setTimeout(fire, delay)
      return () => clearTimeout(timer)
    }
  }
}

export interface Options {
  /** The executable of a node. */
  readonly file: string
  readonly nodeCount: number
  /** Operations a second. */
  readonly rate: number
  /** In ms. */
  readonly duration: number
  readonly latency: Latency.Latency
  readonly env: Readonly<Record<string, string>>
}

/** How long news may take to settle before the final reads, in ms. */
const recovery = 5000

export const broadcast = async (options: Options): Promise<Results.Results> => {
  const { workload } = Programs.broadcast
  const random = SeededRandom.make(0)
  const timeline = realTime()
  const latency = Latency.make(options.latency, random.fork("latency"))
  const network = Network.make({ timeline, random, latency, loss: 0, duplicates: 0 })
  const ids = Array.from({ length: options.nodeCount }, (_, i) => NodeId.make(`n${i}`))
  const findings: Array<string> = []

  const children = ids.map((id) => {
    const child = spawn(process.execPath, [options.file], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...options.env }
    })
    network.join(id, (line) => child.stdin.write(line + "\n"))
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { dest } = JSON.parse(line)
      if (!network.send(id, Address.make(dest), line)) findings.push(`${id} sent to ${dest}, which does not exist`)
    })
    return child
  })

  let clients = 0
  const newClient = () => Client.make({ id: ClientId.make(`c${clients++}`), network, timeline })
  const once = (node: NodeId, invocation: Workload.Invocation): Promise<void> =>
    new Promise((resolve) => {
      const client = newClient()
      client.ask(node, invocation, (outcome) => {
        if (outcome.type !== "ok") findings.push(`${node} did not answer ${invocation.f}: ${outcome.error}`)
        client.close()
        resolve()
      })
    })
  const init = (node: NodeId): Workload.Invocation =>
    Workload.invocation({
      f: "init",
      value: null,
      rpc: Init,
      request: { node_id: node, node_ids: ids },
      readOnly: false,
      result: () => null
    })

  try {
    await Promise.all(ids.map((node) => once(node, init(node))))
    const begun = timeline.now()
    const { history, record } = History.recorder(() => timeline.now() - begun)
    const load = Load.make({ timeline, random, nodes: ids, workers: options.nodeCount, newClient, record })
    const next = workload.generator(random.fork("operations"))
    await new Promise<void>((resolve) => load.run({ rate: options.rate, duration: options.duration, next }, resolve))
    await new Promise((resolve) => setTimeout(resolve, recovery))
    await new Promise<void>((resolve) => load.each(workload.final?.(history) ?? [], resolve))
    const verdict = workload.check(history)
    return Results.make({ history, verdict, availability: 1, network: network.statistics(), findings })
  } finally {
    for (const child of children) child.kill("SIGKILL")
  }
}
