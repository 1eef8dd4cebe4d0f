/**
 * Maelstrom's four services, on the network under their names. Like Maelstrom's, they are silent on requests that they do
 * not know, and read a field that is missing as null: encoders leave out what is undefined, nil or zero.
 */
import * as Result from "effect/Result"
import { type Address, ServiceId } from "../../schema/Address.ts"
import * as Envelope from "../../schema/Envelope.ts"
import { explain } from "../../schema/Explain.ts"
import { KvProtocol } from "../../schema/KvProtocol.ts"
import type * as Rpc from "../../schema/Rpc.ts"
import { TsoProtocol } from "../../schema/TsoProtocol.ts"
import * as Finding from "../../workloads/finding/Finding.ts"
import type { SeededRandom } from "../../workloads/SeededRandom.ts"
import * as Findings from "../Findings.ts"
import type { Network } from "../network/Network.ts"
import * as Eventual from "./Eventual.ts"
import * as Linearizable from "./Linearizable.ts"
import * as Sequential from "./Sequential.ts"
import type { Service } from "./Service.ts"
import * as TimestampOracle from "./TimestampOracle.ts"

/** The fields of all requests, if they are missing. */
const missing = { key: null, value: null, from: null, to: null }

/** What a service was sent and does not understand. */
interface Misunderstood {
  readonly from: Address
  readonly service: ServiceId
  readonly body: Envelope.Body
  readonly fault: string
}

const joinOne = <Request>(
  network: Network,
  name: string,
  protocol: Rpc.Protocol,
  service: Service<Request>,
  onMisunderstood: (message: Misunderstood) => void
): void => {
  const id = ServiceId.make(name)
  const types = protocol.map(({ type }) => type).join(", ")
  network.join(id, (line) => {
    const message = Envelope.decode(line)
    if (Result.isFailure(message)) return
    const { body, src } = message.success
    const misunderstood = (fault: string): void => onMisunderstood({ from: src, service: id, body, fault })
    const rpc = protocol.find(({ type }) => type === body["type"])
    if (rpc === undefined) return misunderstood(`the types of its requests are ${types}`)
    const fields = rpc.decodeRequest({ ...missing, ...body })
    if (Result.isFailure(fields)) return misunderstood(explain(fields.failure))
    // A service takes the requests of its protocol; in the list of them it is lost which one this is.
    const request = { type: rpc.type, ...(fields.success as object) } as Request
    const reply = { ...service.handle(src, request), in_reply_to: body["msg_id"] }
    network.send(id, src, Envelope.encode({ src: id, dest: src, body: reply }))
  })
}

export interface Services {
  /** Who asked them for what they do not understand: Maelstrom warns of that in its log, and has nothing against it. */
  readonly findings: () => ReadonlyArray<Finding.Finding>
}

/** `now` is the time as a history tells it, in ms. */
export const join = (
  network: Network,
  random: SeededRandom,
  seqKv: Sequential.Name = "any",
  now: () => number = () => 0
): Services => {
  const examples = new Map<string, Finding.Example>()
  let count = 0
  const onMisunderstood = ({ body, fault, from, service }: Misunderstood): void => {
    count++
    const type = typeof body["type"] === "string" ? body["type"] : "without type"
    const key = JSON.stringify([from, service, type])
    if (examples.has(key) || examples.size >= Finding.most) return
    examples.set(key, Finding.example([from], { service, type, fault, time: now() }))
  }
  const add = <Request>(name: string, protocol: Rpc.Protocol, service: Service<Request>): void =>
    joinOne(network, name, protocol, service, onMisunderstood)

  add("lin-kv", KvProtocol, Linearizable.make())
  add("seq-kv", KvProtocol, Sequential.make(random.fork("seq-kv"), seqKv))
  add("lww-kv", KvProtocol, Eventual.make(random.fork("lww-kv")))
  add("lin-tso", TsoProtocol, TimestampOracle.make())
  return {
    findings: () =>
      count === 0
        ? []
        : Findings.node.of("misunderstood by a service", [...examples.values()], (one) => one)
          .map((finding) => ({ ...finding, count }))
  }
}
