/**
 * Maelstrom's four services, on the network under their names. Like Maelstrom's, they are silent on requests that
 * they do not know; and, unlike them, on requests that lack a field.
 */
import * as Result from "effect/Result"
import { ServiceId } from "../../schema/Address.ts"
import * as Envelope from "../../schema/Envelope.ts"
import { KvProtocol } from "../../schema/KvProtocol.ts"
import type * as Rpc from "../../schema/Rpc.ts"
import { TsoProtocol } from "../../schema/TsoProtocol.ts"
import type { SeededRandom } from "../../workloads/SeededRandom.ts"
import type { Network } from "../network/Network.ts"
import * as Eventual from "./Eventual.ts"
import * as Linearizable from "./Linearizable.ts"
import * as Sequential from "./Sequential.ts"
import type { Service } from "./Service.ts"
import * as TimestampOracle from "./TimestampOracle.ts"

const joinOne = <Request>(network: Network, name: string, protocol: Rpc.Protocol, service: Service<Request>): void => {
  const id = ServiceId.make(name)
  network.join(id, (line) => {
    const message = Envelope.decode(line)
    if (Result.isFailure(message)) return
    const { body, src } = message.success
    const rpc = protocol.find(({ type }) => type === body["type"])
    const fields = rpc?.decodeRequest(body)
    if (rpc === undefined || fields === undefined || Result.isFailure(fields)) return
    // A service takes the requests of its protocol; in the list of them it is lost which one this is.
    const request = { type: rpc.type, ...(fields.success as object) } as Request
    const reply = { ...service.handle(src, request), in_reply_to: body["msg_id"] }
    network.send(id, src, Envelope.encode({ src: id, dest: src, body: reply }))
  })
}

export const join = (
  network: Network,
  random: SeededRandom,
  seqKv: Sequential.Name = "any"
): void => {
  joinOne(network, "lin-kv", KvProtocol, Linearizable.make())
  joinOne(network, "seq-kv", KvProtocol, Sequential.make(random.fork("seq-kv"), seqKv))
  joinOne(network, "lww-kv", KvProtocol, Eventual.make(random.fork("lww-kv")))
  joinOne(network, "lin-tso", TsoProtocol, TimestampOracle.make())
}
