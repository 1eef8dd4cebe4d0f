/**
 * A cluster of kafka nodes in virtual time, and one client that may ask many things at once.
 */
import { Address, NodeId } from "../../../src/schema/Address.ts"
import * as Envelope from "../../../src/schema/Envelope.ts"
import type * as Latency from "../../../src/simulator/network/Latency.ts"
import * as Latencies from "../../../src/simulator/network/Latency.ts"
import * as Network from "../../../src/simulator/network/Network.ts"
import * as SimulatedNode from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as Services from "../../../src/simulator/services/Services.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"

export interface Options {
  readonly program: SimulatedNode.Program
  readonly nodeCount: number
  readonly seed?: number
  readonly latency?: Latency.Latency
  readonly loss?: number
  readonly config?: Readonly<Record<string, string>>
}

/** What came back: nothing yet, or the body of the reply. */
export interface Answer {
  body: Readonly<Record<string, unknown>> | undefined
}

const client = Address.make("c0")

export const make = ({ config = {}, latency, loss = 0, nodeCount, program, seed = 0 }: Options) => {
  const random = SeededRandom.make(seed)
  const time = VirtualTime.make(seed % 2 === 0 ? undefined : random.fork("scheduling"))
  const network = Network.make({
    timeline: time,
    random: random.fork("faults of the network"),
    latency: Latencies.make(latency ?? { mean: 10, dist: "constant" }, random.fork("latency")),
    loss,
    duplicates: 0
  })
  Services.join(network, random.fork("services"))
  const ids = Array.from({ length: nodeCount }, (_, i) => NodeId.make(`n${i}`))
  const nodes = ids.map((id) => SimulatedNode.make({ id, time, network, random: random.fork(id), program, config }))
  const answers = new Map<number, Answer>()
  network.join(client, (line) => {
    const { body } = JSON.parse(line)
    const answer = answers.get(body.in_reply_to)
    if (answer !== undefined) answer.body = body
  })

  const ask = (node: number, type: string, fields: object): Answer => {
    const answer: Answer = { body: undefined }
    const msg_id = answers.size
    answers.set(msg_id, answer)
    network.send(
      client,
      ids[node]!,
      Envelope.encode({ src: client, dest: ids[node]!, body: { type, msg_id, ...fields } })
    )
    return answer
  }
  const boot = (node: number): Answer => {
    nodes[node]!.start()
    return ask(node, "init", { node_id: ids[node]!, node_ids: ids })
  }
  const pass = (millis: number): void => {
    let over = false
    time.after(millis, () => {
      over = true
    })
    time.run(() => over, 20_000_000)
  }
  /** What is answered at once, or within so many ms. */
  const answer = (node: number, type: string, fields: object, within = 1 / 64): Answer["body"] => {
    const asked = ask(node, type, fields)
    pass(within)
    return asked.body
  }

  return {
    ids,
    nodes,
    network,
    random,
    time,
    ask,
    boot,
    pass,
    answer,
    send: (node: number, key: string, msg: unknown): Answer => ask(node, "send", { key, msg }),
    /** What a node shows of a key, as pairs of offset and message. */
    log: (node: number, key: string, within?: number): ReadonlyArray<readonly [offset: number, msg: unknown]> => {
      const body = answer(node, "poll", { offsets: { [key]: 0 } }, within) as
        | { readonly msgs?: Readonly<Record<string, ReadonlyArray<readonly [number, unknown]>>> }
        | undefined
      return body?.msgs?.[key] ?? []
    }
  }
}

export type Cluster = ReturnType<typeof make>
